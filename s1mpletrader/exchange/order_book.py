"""What rests at the exchange, and is our copy of it still whole?

No shipped strategy looks at the book, so nothing subscribes to it; whoever does gets a copy that
is checked with every message and asked for again when one was missed.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange import request_codec
from s1mpletrader.exchange.book_codec import DEPTHS, BookUpdate, Level
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Instrument

CHECKED: Final = 10
"""Levels of each side that the checksum covers."""


class OrderBook:
    """One pair's levels, at most `depth` on each side."""

    def __init__(self, instrument: Instrument, depth: int = DEPTHS[0]) -> None:
        self._steps = Level(instrument.price_tick, instrument.qty_step)
        self._depth = depth
        self._bids: dict[Decimal, Decimal] = {}
        self._asks: dict[Decimal, Decimal] = {}

    @property
    def bids(self) -> tuple[Level, ...]:
        """What is bid, the highest first."""
        return tuple(Level(price, self._bids[price]) for price in sorted(self._bids, reverse=True))

    @property
    def asks(self) -> tuple[Level, ...]:
        """What is asked, the lowest first."""
        return tuple(Level(price, self._asks[price]) for price in sorted(self._asks))

    def apply(self, update: BookUpdate, *, is_snapshot: bool) -> None:
        """Take a message in; raises `ExchangeProtocolError` if the copy is not whole any more."""
        if is_snapshot:
            self._bids, self._asks = {}, {}
        self._bids = self._merged(self._bids, update.bids, is_bid=True)
        self._asks = self._merged(self._asks, update.asks, is_bid=False)
        found = self.checksum
        if found != update.checksum:
            text = f"the book of {update.symbol} has checksum {found}, expected {update.checksum}"
            raise ExchangeProtocolError(text)

    @property
    def checksum(self) -> int:
        """The CRC32 of the ten best asks and bids, as the exchange computes it."""
        levels = (*self.asks[:CHECKED], *self.bids[:CHECKED])
        # the exchange's own precision counts, not the digits of the message: trailing zeros travel
        # by some ways and not by others
        digits = (
            _digits(value, step)
            for level in levels
            for value, step in zip(level, self._steps, strict=True)
        )
        return zlib.crc32("".join(digits).encode())

    def _merged(
        self, levels: Mapping[Decimal, Decimal], changes: Iterable[Level], *, is_bid: bool
    ) -> dict[Decimal, Decimal]:
        found = dict(levels)
        for price, qty in changes:  # the same level may occur twice: in order
            if qty:
                found[price] = qty
            else:
                found.pop(price, None)
        kept = sorted(found, reverse=is_bid)[: self._depth]
        return {price: found[price] for price in kept}


class BookKeeper:
    """The books of some pairs on one connection; a damaged one is asked for again."""

    def __init__(self, instruments: Sequence[Instrument], depth: int = DEPTHS[0]) -> None:
        self._instruments = {each.symbol: each for each in instruments}
        self._depth = depth
        self._books: dict[Symbol, OrderBook] = {}
        self.resyncs = 0
        """How often a book was asked for again."""

    def book(self, symbol: Symbol) -> OrderBook | None:
        """Return a pair's book, None while there is no whole copy."""
        return self._books.get(symbol)

    def opened(self, req_id: int) -> tuple[str, ...]:
        """Begin on a new connection; return the frame that subscribes."""
        self._books.clear()
        return (request_codec.subscribe_books(tuple(self._instruments), self._depth, req_id),)

    def hear(self, update: BookUpdate, req_id: int, *, is_snapshot: bool) -> tuple[str, ...]:
        """Take a message in; return the frames that ask for a book anew, usually none.

        The frames use `req_id` and the one after it.
        """
        symbol = update.symbol
        instrument = self._instruments.get(symbol)
        if instrument is None or not (is_snapshot or symbol in self._books):
            return ()  # nobody asked for it, or its snapshot is on its way
        book = OrderBook(instrument, self._depth) if is_snapshot else self._books[symbol]
        try:
            book.apply(update, is_snapshot=is_snapshot)
        except ExchangeProtocolError:
            self._books.pop(symbol, None)
            self.resyncs += 1
            return (
                request_codec.unsubscribe_books((symbol,), self._depth, req_id),
                request_codec.subscribe_books((symbol,), self._depth, req_id + 1),
            )
        self._books[symbol] = book
        return ()


def _digits(value: Decimal, step: Decimal) -> str:
    places = max(0, -int(step.as_tuple().exponent))
    return f"{value:.{places}f}".replace(".", "").lstrip("0")
