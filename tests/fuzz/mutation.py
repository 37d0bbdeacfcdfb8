"""How is a good message damaged, again the same way from the same seed?"""

import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from s1mpletrader.errors import ExchangeProtocolError

NASTY: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**63,
    10**40,
    1e308,
    -0.0,
    "NaN",
    "Infinity",
    "1e999999",
    "-1E-999999",
    "-0",
    "",
    "\x00",
    "é\ud800",
    "9" * 5_000,
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2026-05-05T10:00:00",
    [],
    {},
    [[]],
    [None],
    {"": {}},
)
DEEP = 50_000
RARELY = 2_000
"""One input in so many is deep or long."""


class Outcome(NamedTuple):
    """How many inputs were understood, and how many refused with the one typed error."""

    read: int
    refused: int


def fuzz_with(
    parse: Callable[[bytes], object], corpus: tuple[bytes, ...], seed: int, count: int
) -> Outcome:
    """Parse `count` damaged messages; anything but `ExchangeProtocolError` ends the run.

    The failing input is told with the seed and number that make it again.
    """
    dice = random.Random(seed)  # noqa: S311 - weather
    refused = 0
    for number in range(count):
        data = mutated(dice.choice(corpus), dice)
        try:
            parse(data)
        except ExchangeProtocolError:
            refused += 1
        except Exception as error:
            text = f"input {number} of seed {seed}, {data[:500]!r}, is not handled"
            raise AssertionError(text) from error
    return Outcome(count - refused, refused)


def mutated(message: bytes, dice: random.Random) -> bytes:
    """Return the message damaged in one to three ways, now and then not at all."""
    if dice.randrange(RARELY) == 0:
        return dice.choice((_deep, _long))(message, dice)
    for _ in range(dice.randrange(4)):
        message = dice.choice((_cut, _repeat, _flip, _insert, _spoil, _spoil))(message, dice)
    return message


def _cut(message: bytes, dice: random.Random) -> bytes:
    begin = dice.randrange(len(message) + 1)
    return message[:begin] + message[begin + dice.randrange(1, 40) :]


def _repeat(message: bytes, dice: random.Random) -> bytes:
    begin = dice.randrange(len(message) + 1)
    end = min(len(message), begin + dice.randrange(1, 200))
    return message[:end] + message[begin:]


def _flip(message: bytes, dice: random.Random) -> bytes:
    if not message:
        return b"\x00"
    place = dice.randrange(len(message))
    return message[:place] + bytes([dice.randrange(256)]) + message[place + 1 :]


def _insert(message: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(message) + 1)
    piece = dice.choice((b"-", b"0" * 400, b"e9", b"[", b"}", b'"', b"\\u0000", b"\xff", b"null"))
    return message[:place] + piece + message[place:]


def _spoil(message: bytes, dice: random.Random) -> bytes:
    """Replace one value somewhere by a nasty one."""
    try:
        value = json.loads(message)
    except (ValueError, RecursionError):
        return _flip(message, dice)
    return json.dumps(_spoiled(value, dice), ensure_ascii=dice.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )


def _spoiled(value: Any, dice: random.Random) -> Any:
    if isinstance(value, dict) and value and dice.random() < 0.8:
        key = dice.choice(list(value))
        way = dice.random()
        if way < 0.1:
            return {k: v for k, v in value.items() if k != key}
        if way < 0.2:
            return value | {dice.choice(("", "é", key + key)): value[key]}
        return value | {key: _spoiled(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        if dice.random() < 0.1:
            return value * dice.randrange(2, 50)
        return [*value[:place], _spoiled(value[place], dice), *value[place + 1 :]]
    return dice.choice(NASTY)


def _deep(message: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(message) + 1)
    return message[:place] + dice.choice((b"[", b'{"data":')) * DEEP + message[place:]


def _long(message: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(message) + 1)
    return message[:place] + dice.choice((b"1", b"a", b"[],", b" ")) * (4 * DEEP) + message[place:]
