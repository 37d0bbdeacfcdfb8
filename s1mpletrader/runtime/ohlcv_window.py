"""Which bars had closed at a moment?"""

from collections import deque
from collections.abc import Sequence

from s1mpletrader.errors import PluginError
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.market import Bar


class OhlcvWindow:
    """A ring of closed bars: it ends at the present, so no worker can see the future."""

    def __init__(self, bars_max: int) -> None:
        self._bars: deque[Bar] = deque(maxlen=bars_max)

    def add(self, bar: Bar) -> None:
        """Take a bar that has just closed; the oldest leaves when the ring is full."""
        self._bars.append(bar)

    def get_window(self, timestamp: Micros, lookback: int) -> Sequence[Bar]:
        """Return the last `lookback` bars closed at `timestamp`, or as many as there are yet."""
        if not 0 <= lookback <= (self._bars.maxlen or 0):
            text = f"a window of {lookback} bars was asked for, {self._bars.maxlen} are kept"
            raise PluginError(text, hint="raise warm_up in the worker's manifest")
        closed = [bar for bar in self._bars if bar.begin_us + bar.interval_s * SECOND <= timestamp]
        return tuple(closed[len(closed) - min(lookback, len(closed)) :])

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Everything in the ring, oldest first."""
        return tuple(self._bars)

    def restore(self, bars: Sequence[Bar]) -> None:
        """Hold exactly these bars, oldest first."""
        self._bars.clear()
        self._bars.extend(bars)
