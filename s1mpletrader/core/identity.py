"""How are ids made so that a replay makes the same ones, and ours are known as ours?"""

import hashlib
import re
import uuid
from typing import Final

from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import ClientOrderId
from s1mpletrader.model.inputs import Stamp

_TAG, _EPOCH, _START, _REST = 32, 32, 16, 42
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
COUNTER_BITS: Final = 8
"""Orders per input: 2**8, checked."""


class OrderIdentity(Value, frozen=True):
    """What a client order id says about its maker (SAFETY O9)."""

    tag: int
    """32 bits: hash of account and operation; survives the loss of all local state."""
    epoch: int
    start_bits: int
    """16 random bits of one start: tells two copies with the same epoch apart."""
    rest: int = 0


def tag_of(account: str, operation: str) -> int:
    """Return the 32-bit tag of an operation on an account."""
    digest = hashlib.sha256(f"{account}\0{operation}".encode()).digest()
    return int.from_bytes(digest[:4])


def client_order_id(maker: OrderIdentity) -> ClientOrderId:
    """Return the dashed UUID (version 4 bits) that carries `maker`."""
    payload = maker.tag
    for value, bits in ((maker.epoch, _EPOCH), (maker.start_bits, _START), (maker.rest, _REST)):
        if value >> bits:
            text = f"{value} does not fit into {bits} bits of a client order id"
            raise ValueError(text)
        payload = payload << bits | value
    high, middle, low = payload >> 74, payload >> 62 & 0xFFF, payload & (1 << 62) - 1
    number = high << 80 | 0x4 << 76 | middle << 64 | 0b10 << 62 | low
    return ClientOrderId(str(uuid.UUID(int=number)))


def identify(client_id: str | None) -> OrderIdentity | None:
    """Return what a client order id says, or None where it cannot be one of ours."""
    if client_id is None or not _UUID.fullmatch(client_id):
        return None
    number = uuid.UUID(client_id).int
    payload = (number >> 80) << 74 | (number >> 64 & 0xFFF) << 62 | number & (1 << 62) - 1
    return OrderIdentity(
        tag=payload >> (_EPOCH + _START + _REST),
        epoch=payload >> (_START + _REST) & (1 << _EPOCH) - 1,
        start_bits=payload >> _REST & (1 << _START) - 1,
        rest=payload & (1 << _REST) - 1,
    )


class IdSource:
    """Ids of one input: a function of (run seed, input number, counter), UUIDv7-shaped."""

    def __init__(self, seed: int, stamp: Stamp, maker: OrderIdentity) -> None:
        self._seed = seed
        self._stamp = stamp
        self._maker = maker
        self._counter = 0

    def new(self) -> str:
        """Return the next id for an opportunity, threat, trade or schedule."""
        self._counter += 1
        text = f"{self._seed}:{self._stamp.number}:{self._counter}"
        dice = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10])
        millis = self._stamp.protocol_us // 1000 & (1 << 48) - 1
        number = millis << 80 | 0x7 << 76 | (dice >> 62 & 0xFFF) << 64
        return str(uuid.UUID(int=number | 0b10 << 62 | dice & (1 << 62) - 1))

    def new_order(self) -> ClientOrderId:
        """Return the next client order id: never the same twice in a journal's life (O1)."""
        self._counter += 1
        if self._counter >> COUNTER_BITS:
            text = f"input {self._stamp.number} asked for more than {1 << COUNTER_BITS} ids"
            raise ValueError(text)
        rest = self._stamp.number << COUNTER_BITS | self._counter
        maker = self._maker
        return client_order_id(OrderIdentity(maker.tag, maker.epoch, maker.start_bits, rest))
