"""Is the tape whole, and what is missing?

Trade ids are consecutive per instrument. A live trade that does not follow the last one shows a
gap; it and all that come after wait until the missing trades have been read and fed as history
(ARCHITECTURE decision 6: one mechanism for start, gap and warm-up).
"""

from collections import deque
from collections.abc import Sequence

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import MarketTick
from s1mpletrader.model.market import Tick

WAITING_MAX = 200_000
"""Live trades kept while a gap is filled; more are shed, and read as history later (SAFETY J4)."""


class HistoryKeeper:
    """The order of one instrument's trades."""

    def __init__(self, symbol: Symbol, last: MarketTick | None, warm_up_us: Micros) -> None:
        self.symbol = symbol
        self._last_id = last.trade_id if last is not None else None
        self._last_us = last.time_us if last is not None else None
        self._warm_up_us = warm_up_us
        self._waiting: deque[MarketTick] = deque()
        self._shed_to = 0
        """The id of the newest trade that was shed: history must reach it."""
        self.is_filling = False
        """Whether a gap is being filled: live trades wait."""

    @property
    def last_id(self) -> int:
        """The id of the newest trade that was passed on; 0 before the first."""
        return self._last_id or 0

    @property
    def is_shedding(self) -> bool:
        """Whether live trades found no room to wait and have not been read as history yet."""
        return self.last_id < self._shed_to

    def admit(self, tick: MarketTick) -> bool:
        """Return whether a live trade may be passed on now; if not, it waits or is old.

        After a False `is_filling` says whether history must be read, from `missing_since_us`.
        """
        if self._last_id is not None and tick.trade_id <= self._last_id:
            return False
        follows = self._last_id is not None and tick.trade_id == self._last_id + 1
        if follows and not self.is_filling:
            self._pass(tick)
            return True
        self.is_filling = True
        self._keep(tick)
        return False

    def missing_since_us(self) -> Micros:
        """Return from which market time on history must be read."""
        if self._last_us is not None:
            return self._last_us
        first = self._waiting[0].time_us if self._waiting else Micros(0)
        return Micros(max(first - self._warm_up_us, 0))

    def fill(self, history: Sequence[Tick]) -> list[MarketTick]:
        """Return the trades that the history adds, in order, to be fed as history."""
        found: list[MarketTick] = []
        for each in history:
            if self._last_id is None or each.trade_id > self._last_id:
                tick = MarketTick(
                    each.symbol,
                    each.price,
                    each.qty,
                    each.side,
                    each.trade_id,
                    each.time_us,
                    history=True,
                )
                self._pass(tick)
                found.append(tick)
        return found

    def release(self, most: int) -> list[MarketTick]:
        """Return at most `most` waiting trades that now follow.

        An empty list while `is_filling` stays means that more is missing. `is_filling` ends with
        the last waiting trade, so that no live one can overtake; not before the history has
        reached what was shed.
        """
        released: list[MarketTick] = []
        while self._waiting and len(released) < most:
            tick = self._waiting[0]
            if self._last_id is not None and tick.trade_id > self._last_id + 1:
                return released
            self._waiting.popleft()
            if self._last_id is None or tick.trade_id == self._last_id + 1:
                self._pass(tick)
                released.append(tick)
        self.is_filling = bool(self._waiting) or self.is_shedding
        return released

    def _keep(self, tick: MarketTick) -> None:
        """Let a trade wait, or shed it: a burst of the market's must not end the engine."""
        if len(self._waiting) < WAITING_MAX:
            self._waiting.append(tick)
        else:
            self._shed_to = tick.trade_id

    def _pass(self, tick: MarketTick) -> None:
        self._last_id, self._last_us = tick.trade_id, tick.time_us
