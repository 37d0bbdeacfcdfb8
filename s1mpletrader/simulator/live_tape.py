"""Which trades did another exchange's public feed make, as if they were a tape?

Grows by `Heard` commands, numbers trades anew from 1 without a gap, and forgets the oldest.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator.pairs import PAIRS, Pair
from s1mpletrader.simulator.tape import Tape, Track

KEPT_MAX = 200_000
"""Trades of a pair that are remembered; twice as many before the oldest half is forgotten."""
SHA256 = "feed"
"""Stands where the hash of a tape's file would stand."""


class LiveTrack(Track):
    """The trades of one pair as they were heard."""

    def __init__(self, pair: Pair, kept_max: int = KEPT_MAX) -> None:
        super().__init__(pair, ())
        self._ticks: list[Tick] = []
        self._forgotten = 0
        self._kept_max = kept_max

    def __len__(self) -> int:
        return self._forgotten + len(self._ticks)

    def time_us(self, trade_id: int) -> Micros:
        """Return the market time of a trade; of a forgotten one, that of the oldest known."""
        return self.tick(trade_id).time_us

    def tick(self, trade_id: int) -> Tick:
        """Return a trade by its number here; for a forgotten one, the oldest known."""
        return self._ticks[max(0, trade_id - 1 - self._forgotten)]

    def append(self, tick: Tick) -> None:
        """Add the next trade under the next number; market time never runs backwards."""
        latest = self._ticks[-1].time_us if self._ticks else tick.time_us
        numbered = replace(tick, trade_id=len(self) + 1, time_us=max(latest, tick.time_us))
        self._ticks.append(numbered)
        if len(self._ticks) > 2 * self._kept_max:
            del self._ticks[: -self._kept_max]
            self._forgotten = numbered.trade_id - self._kept_max


class LiveTape(Tape):
    """All pairs' trades as they were heard; it never ends."""

    ends = False

    def __init__(self) -> None:
        self._live = {symbol: LiveTrack(pair) for symbol, pair in PAIRS.items()}
        super().__init__(self._live, SHA256)
        self.feed_ids: dict[Symbol, int] = {}
        """The feed's own number of the last trade of each pair: what is not newer is known."""

    def take(self, ticks: Iterable[Tick]) -> list[Tick]:
        """Add what is new; returns it as it is numbered here."""
        new: list[Tick] = []
        for tick in ticks:
            if tick.trade_id > self.feed_ids.get(tick.symbol, 0):
                self.feed_ids[tick.symbol] = tick.trade_id
                track = self._live[tick.symbol]
                track.append(tick)
                new.append(track.tick(len(track)))
        return new
