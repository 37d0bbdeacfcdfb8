"""How do requests, the tape and the disk meet in one order?

One writer: it takes what is waiting, applies it, makes the accepted commands durable with one
flush, and only then tells anybody. Questions are answered at the same point, so that nobody sees
what a crash could take back.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from s1mpletrader.model.base import Micros
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator.clock import MarketClock, WallClock
from s1mpletrader.simulator.commands import Command, Elapse, Heard, Play
from s1mpletrader.simulator.event_log import EventLog
from s1mpletrader.simulator.refusal import UNAVAILABLE, Refused
from s1mpletrader.simulator.values import Event
from s1mpletrader.simulator.venue import Outcome, Venue

JOBS_MAX = 10_000
"""Requests that may wait; more are refused as unavailable."""
BATCH_MAX = 256
TRADES_PER_BATCH_MAX = 200
WAIT_MAX_S = 0.25
"""How late an expiry may be noticed."""
WAIT_MIN_S = 0.01
SPEED_MAX = 1_000_000.0

T = TypeVar("T")
Listener = Callable[[Sequence[Event]], None]


@dataclass(slots=True)
class _Order:
    """A command to apply: built with its moment when its turn comes."""

    make: Callable[[Micros], Command]
    answer: asyncio.Future[Outcome]
    outcome: Outcome | None = None
    refused: Refused | None = None


@dataclass(slots=True)
class _Question:
    """Something to look at when everything before it is durable and told."""

    look: Callable[[], Any]
    answer: asyncio.Future[Any]


class Exchange:
    """The one writer. `run` must be running for anybody to be answered."""

    def __init__(
        self, venue: Venue, log: EventLog, clock: WallClock, market_clock: MarketClock
    ) -> None:
        self.venue = venue
        self.clock = clock
        self.market_clock = market_clock
        self.listeners: list[Listener] = []
        self._log = log
        self._jobs: asyncio.Queue[_Order | _Question] = asyncio.Queue(JOBS_MAX)

    def now_us(self) -> Micros:
        """Return the protocol time; never before anything that has happened."""
        return Micros(max(self.clock.wall_us(), self.venue.at_us))

    async def perform(self, make: Callable[[Micros], Command]) -> Outcome:
        """Apply the command that `make` builds; durable and told on return. Raises `Refused`."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._put(_Order(make, answer))
        return await answer

    async def ask(self, look: Callable[[], T]) -> T:
        """Return what `look` sees once everything before it is durable and told."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(_Question(look, answer))
        return await answer

    async def step(self, trades: int) -> Outcome:
        """Play `trades` trades now and set the market clock to the last of them."""
        outcome = await self.perform(lambda at_us: Play(at_us, trades))
        self._follow()
        return outcome

    async def hear(self, ticks: Sequence[Tick]) -> None:
        """Play trades of a feed; a paused market misses them."""
        if self.market_clock.running:
            await self.perform(lambda at_us: Heard(at_us, tuple(ticks)))

    async def run(self) -> None:
        """Serve until cancelled; an error of the disk ends the process unanswered."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "event-log") as pool:
            while True:
                jobs = await self._next_jobs()
                commands, events = self._apply(jobs)
                if commands:
                    await loop.run_in_executor(pool, self._log.append, commands)
                self._tell(jobs, events)

    def _put(self, job: _Order | _Question) -> None:
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            raise Refused(UNAVAILABLE) from None

    async def _next_jobs(self) -> list[_Order | _Question]:
        jobs: list[_Order | _Question] = []
        try:
            async with asyncio.timeout(self._wait_s()):
                jobs.append(await self._jobs.get())
        except TimeoutError:
            return jobs
        while len(jobs) < BATCH_MAX and not self._jobs.empty():
            jobs.append(self._jobs.get_nowait())
        return jobs

    def _wait_s(self) -> float:
        next_us = self.venue.next_trade_us()
        if next_us is None:
            return WAIT_MAX_S
        wait = self.market_clock.wait_s(next_us, self.clock.monotonic_us())
        return WAIT_MAX_S if wait is None else min(WAIT_MAX_S, max(WAIT_MIN_S, wait))

    def _apply(self, jobs: Sequence[_Order | _Question]) -> tuple[list[Command], list[Event]]:
        commands: list[Command] = []
        events: list[Event] = []
        if self.venue.has_due(self._next_us()):
            self._apply_one(Elapse(self._next_us()), commands, events)
        trades = self._trades_due()
        if trades:
            self._apply_one(Play(self._next_us(), trades), commands, events)
            if trades == TRADES_PER_BATCH_MAX:
                self._follow()
        for job in jobs:
            if isinstance(job, _Order):
                try:
                    command = job.make(self._next_us())
                    job.outcome = self._apply_one(command, commands, events)
                except Refused as refused:
                    job.refused = refused
        return commands, events

    def _apply_one(self, command: Command, commands: list[Command], events: list[Event]) -> Outcome:
        outcome = self.venue.apply(command)
        commands.append(command)
        events.extend(outcome.events)
        return outcome

    def _tell(self, jobs: Sequence[_Order | _Question], events: Sequence[Event]) -> None:
        if events:
            for listener in self.listeners:
                listener(events)
        for job in jobs:
            if job.answer.done():
                continue
            if isinstance(job, _Question):
                try:
                    job.answer.set_result(job.look())
                except Refused as refused:
                    job.answer.set_exception(refused)
            elif job.outcome is not None:
                job.answer.set_result(job.outcome)
            elif job.refused is not None:
                job.answer.set_exception(job.refused)

    def _next_us(self) -> Micros:
        """Return the moment of the next command; each has its own microsecond."""
        return Micros(max(self.clock.wall_us(), self.venue.at_us + 1))

    def _trades_due(self) -> int:
        market_us = self.market_clock.now(self.clock.monotonic_us())
        if not self.market_clock.running:
            return 0
        upto = self.venue.tape.upto(market_us)
        due = sum(max(0, count - self.venue.played[symbol]) for symbol, count in upto.items())
        return min(due, TRADES_PER_BATCH_MAX)

    def _follow(self) -> None:
        """Set the market clock to the tape, wherever that is."""
        self.market_clock = self.market_clock.at(self.venue.market_us(), self.clock.monotonic_us())
