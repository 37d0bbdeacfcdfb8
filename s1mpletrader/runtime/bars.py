"""Which bars have just closed?

A bar closes when a trade of a later interval arrives: no clock decides, so a replay closes the same
bars. Closed bars never change: a trade that is older than the open bar is left out.
"""

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import MarketTick
from s1mpletrader.model.market import Bar

FLAT_BARS_MAX = 1_000
"""The longest silence that is filled bar by bar; of a longer one only the last bars are made."""


class BarBuilder:
    """Makes the bars of one symbol and interval."""

    __slots__ = ("_interval_s", "_interval_us", "_symbol", "open_bar")

    def __init__(self, symbol: Symbol, interval_s: int) -> None:
        self._symbol = symbol
        self._interval_s = interval_s
        self._interval_us = interval_s * SECOND
        self.open_bar: Bar | None = None
        """The bar under way; all that the builder remembers, so setting it restores it."""

    def makes(self, bar: Bar) -> bool:
        """Return whether `bar` is of this builder's symbol and interval."""
        return (bar.symbol, bar.interval_s) == (self._symbol, self._interval_s)

    def add(self, tick: MarketTick) -> tuple[Bar, ...]:
        """Take one trade; return the bars it closes, oldest first."""
        begin_us = Micros(tick.time_us - tick.time_us % self._interval_us)
        current = self.open_bar
        if current is None or begin_us > current.begin_us:
            self.open_bar = self._first(tick, begin_us)
            return () if current is None else (current, *self._flat(current, begin_us))
        if begin_us == current.begin_us:
            self.open_bar = _extended(current, tick)
        return ()

    def _first(self, tick: MarketTick, begin_us: Micros) -> Bar:
        price = tick.price
        return Bar(
            self._symbol, begin_us, self._interval_s, price, price, price, price, tick.qty, 1
        )

    def _flat(self, last: Bar, upto_us: Micros) -> list[Bar]:
        close = last.close
        first_us = max(
            last.begin_us + self._interval_us, upto_us - FLAT_BARS_MAX * self._interval_us
        )
        zero = last.volume - last.volume
        return [
            Bar(self._symbol, Micros(at), self._interval_s, close, close, close, close, zero, 0)
            for at in range(first_us, upto_us, self._interval_us)
        ]


def _extended(bar: Bar, tick: MarketTick) -> Bar:
    price = tick.price
    return Bar(
        bar.symbol,
        bar.begin_us,
        bar.interval_s,
        bar.open,
        max(bar.high, price),
        min(bar.low, price),
        price,
        bar.volume + tick.qty,
        bar.trades + 1,
    )
