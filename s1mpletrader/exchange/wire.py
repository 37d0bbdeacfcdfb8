"""How do bytes of the exchange become values without losing a digit?"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, Generic, TypeVar
from uuid import UUID

import msgspec

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId

BYTES_MAX: Final = 8 * 2**20
"""A frame or a body larger than this is not read."""
ROWS_MAX: Final = 100_000
"""Rows in one message; the exchange's own pages hold at most 1,000."""

_EXPONENT_MAX: Final = 30
LEAST: Final = Decimal(1).scaleb(-_EXPONENT_MAX)
MOST: Final = Decimal(1).scaleb(_EXPONENT_MAX)
"""What one can calculate with lies between these."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_MAX_US: Final = 4_102_444_800 * SECOND
"""The year 2100; a later time is not one."""

_MANY: Final = (list, dict)


class Wire(msgspec.Struct, gc=False):
    """A part of a message. Unknown fields are allowed: the exchange adds some at will."""


Part = TypeVar("Part")


class Reader(Generic[Part]):
    """Decodes one kind of message; anything unreadable is an `ExchangeProtocolError`."""

    def __init__(self, kind: type[Part], what: str) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._what = what

    def read(self, data: bytes | str | msgspec.Raw) -> Part:
        """Return the decoded message."""
        size = len(memoryview(data)) if isinstance(data, msgspec.Raw) else len(data)
        if size > BYTES_MAX:
            raise ExchangeProtocolError(f"{self._what} is larger than {BYTES_MAX} bytes")
        try:
            value = self._decoder.decode(data)
        # msgspec reports deep nesting as RecursionError and lone surrogates as UnicodeError
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            raise ExchangeProtocolError(f"unreadable {self._what}: {error}") from error
        if isinstance(value, _MANY) and len(value) > ROWS_MAX:
            raise ExchangeProtocolError(f"{self._what} has more than {ROWS_MAX} rows")
        return value


def exact(value: Decimal) -> Decimal:
    """Return `value` if it is a number one can calculate with (no NaN, no 1E+1000000)."""
    if value.is_finite() and -_EXPONENT_MAX <= value.adjusted() <= _EXPONENT_MAX:
        return value
    raise ExchangeProtocolError(f"not an amount: {str(value)[:40]}")


def from_seconds(value: Decimal) -> Micros:
    """Return the moment that REST states in seconds with a fraction."""
    micros = int(exact(value) * SECOND)
    if not 0 <= micros <= _TIME_MAX_US:
        raise ExchangeProtocolError(f"not a time: {str(value)[:40]}")
    return Micros(micros)


def from_datetime(value: datetime) -> Micros:
    """Return the moment that a WebSocket message states."""
    if value.tzinfo is None:
        raise ExchangeProtocolError(f"a time without zone: {value}")
    since = value - EPOCH  # whole numbers: a division of two timedeltas takes four times as long
    return Micros((since.days * 86_400 + since.seconds) * SECOND + since.microseconds)


def client_id(text: str | None) -> ClientOrderId | None:
    """Return a client order id in our spelling; the exchange may drop dashes and change case."""
    if not text:
        return None
    try:
        return ClientOrderId(str(UUID(text)))
    except ValueError:
        return ClientOrderId(text)


def to_rfc3339(moment_us: Micros) -> str:
    """Return a moment as the exchange wants it, milliseconds, rounded down."""
    text = (EPOCH + timedelta(microseconds=moment_us)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def number(value: Decimal) -> msgspec.Raw:
    """Return an amount as a JSON number with exactly its digits, never with an exponent."""
    return msgspec.Raw(format(value, "f").encode())
