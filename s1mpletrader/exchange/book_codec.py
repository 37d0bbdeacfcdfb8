"""What does a message of the book channel say?"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, NamedTuple

import msgspec

from s1mpletrader.exchange.wire import Reader, Wire, exact, from_datetime
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Symbol

DEPTHS: Final = (10, 25, 100, 500, 1_000)
"""The depths that can be subscribed to."""
_CHECKSUM_MAX: Final = 2**32 - 1
_Rows = msgspec.Meta(max_length=4 * DEPTHS[-1])


class Level(NamedTuple):
    """A price and what rests there; 0: nothing."""

    price: Decimal
    qty: Decimal


class BookUpdate(Value, frozen=True):
    """One pair's levels, and the checksum of the ten best on each side after them."""

    symbol: Symbol
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    checksum: int
    time_us: Micros | None


class _Level(Wire):
    price: Decimal
    qty: Decimal


class _Book(Wire):
    symbol: str
    checksum: Annotated[int, msgspec.Meta(ge=0, le=_CHECKSUM_MAX)]
    bids: Annotated[list[_Level], _Rows] = msgspec.field(default_factory=list)
    asks: Annotated[list[_Level], _Rows] = msgspec.field(default_factory=list)
    timestamp: datetime | None = None


_BOOKS: Final = Reader(list[_Book], "book")


def read_books(data: msgspec.Raw) -> tuple[BookUpdate, ...]:
    """Return the books that a message brings; raises `ExchangeProtocolError`."""
    return tuple(
        BookUpdate(
            symbol=Symbol(row.symbol),
            bids=_levels(row.bids),
            asks=_levels(row.asks),
            checksum=row.checksum,
            time_us=from_datetime(row.timestamp) if row.timestamp else None,
        )
        for row in _BOOKS.read(data)
    )


def _levels(rows: list[_Level]) -> tuple[Level, ...]:
    return tuple(Level(exact(row.price), exact(row.qty)) for row in rows)
