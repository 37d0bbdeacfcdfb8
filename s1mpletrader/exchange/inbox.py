"""What waits to be numbered, and what is left out when too much does?

One bounded queue in front of the one consumer (ARCHITECTURE, the way of a tick). Market data has
its own bound and is dropped where it comes in, to be read later as history; everything else has
reserved room and is never dropped (SAFETY J4).
"""

import asyncio
from collections import deque

from s1mpletrader.errors import InternalError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import GapNoticed, Input, MarketTick
from s1mpletrader.ports import Clock


class Inbox:
    """A queue with one consumer; fed by every service that has something to tell."""

    def __init__(
        self, clock: Clock, *, market_max: int = 50_000, reserved_max: int = 10_000
    ) -> None:
        self._clock = clock
        self._market_max = market_max
        self._reserved_max = reserved_max
        self._waiting: deque[Input] = deque()
        self._market: dict[Symbol, deque[Micros]] = {}
        self._market_count = 0
        self._overflowing: set[Symbol] = set()
        self._dropped = 0
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """Market inputs that were left out since the start."""
        return self._dropped

    def put(self, item: Input) -> None:
        """Add an input; raises `InternalError` when the reserved room is used up.

        That means the consumer is stuck: sources that can wait use `room` first.
        """
        if isinstance(item, MarketTick):
            self._put_market(item)
            return
        if len(self._waiting) - self._market_count >= self._reserved_max:
            raise InternalError(f"{self._reserved_max} inputs wait and the consumer takes none")
        self._append(item)

    async def get(self) -> Input | None:
        """Return the oldest input, waiting for one; None after `close` when all are taken."""
        while not self._waiting:
            if self._closed:
                return None
            self._filled.clear()
            await self._filled.wait()
        item = self._waiting.popleft()
        if isinstance(item, MarketTick):
            self._take_market(item.symbol)
        if self.has_room:
            self._drained.set()
        return item

    @property
    def has_room(self) -> bool:
        """Whether at least half of the reserved room is free."""
        return len(self._waiting) - self._market_count <= self._reserved_max // 2

    async def room(self) -> None:
        """Wait until there is room for a frame of order events: they are never dropped."""
        while not self.has_room and not self._closed:
            self._drained.clear()
            await self._drained.wait()

    def oldest_market_us(self, symbol: Symbol) -> Micros:
        """Return how long the oldest waiting data of `symbol` has been here; 0: none (O2)."""
        arrivals = self._market.get(symbol)
        if not arrivals:
            return Micros(0)
        return Micros(max(0, self._clock.monotonic_us() - arrivals[0]))

    def close(self) -> None:
        """End the queue: what waits can still be taken."""
        self._closed = True
        self._filled.set()
        self._drained.set()

    def _put_market(self, tick: MarketTick) -> None:
        symbol = tick.symbol
        if symbol in self._overflowing:
            # half must be free again, or a full inbox would report a gap for every second tick
            if self._market_count > self._market_max // 2:
                self._dropped += 1
                return
            self._overflowing.discard(symbol)
        elif self._market_count >= self._market_max:
            self._overflowing.add(symbol)
            self._dropped += 1
            self.put(GapNoticed("inbox", f"{symbol} from trade {tick.trade_id}"))
            return
        self._market.setdefault(symbol, deque()).append(self._clock.monotonic_us())
        self._market_count += 1
        self._append(tick)

    def _take_market(self, symbol: Symbol) -> None:
        self._market[symbol].popleft()
        self._market_count -= 1

    def _append(self, item: Input) -> None:
        self._waiting.append(item)
        self._filled.set()
