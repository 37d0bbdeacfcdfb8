"""How does the engine hand groups to the journal without ever waiting for the disk?

One thread takes everything that is queued, writes it with one write and one fdatasync, and tells
the event loop once per batch. A sync in flight is the batching window: nothing is delayed on
purpose but market data, which rides along or is flushed every `flush_s`.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from s1mpletrader.errors import InternalError, S1mpleTraderError, StateWriteError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.group_queue import GroupQueue
from s1mpletrader.persistence.journal_file import Batch, JournalFile
from s1mpletrader.persistence.sync_times import SyncTimes
from s1mpletrader.ports import Clock

QUEUE_MAX = 10_000
"""Groups that wait for the disk at most."""

QUEUE_RESERVED = 2_000
"""Places of the queue for groups with records: exits, halts, answers."""

FLUSH_S = 0.25
"""Market data waits no longer than this; a power cut costs at most as much of it."""

RETRY_S = 1.0
"""Between two tries to write on a full disk (SAFETY J5)."""

CLOSE_S = 10.0
"""How long `close` waits for the last groups."""


class Position(NamedTuple):
    """A group that is durable: its number and hash."""

    number: int
    head: str


class _Waiting(NamedTuple):
    number: int
    durable: asyncio.Future[None]


class _Marked(NamedTuple):
    number: int
    position: asyncio.Future[Position]


class JsonlPersistor:
    """The journal's writer; implements `ports.JournalPersistor`.

    Called on the event loop's thread only; its thread owns `file` from `start` on and closes it.
    `on_storage(ok, detail)` says when the disk has no room and when it has room again.
    `on_failure(error)` says, once, that nothing can be written any more: the process must end
    with `error.exit_code` (74 after a failed fsync, SAFETY J6). Both are called on the loop.
    """

    def __init__(
        self,
        file: JournalFile,
        clock: Clock,
        *,
        on_storage: Callable[[bool, str], None],
        on_failure: Callable[[S1mpleTraderError], None],
        queue_max: int = QUEUE_MAX,
        queue_reserved: int = QUEUE_RESERVED,
        flush_s: float = FLUSH_S,
        retry_s: float = RETRY_S,
    ) -> None:
        self.sync_times = SyncTimes()
        self._file = file
        self._clock = clock
        self._on_storage = on_storage
        self._on_failure = on_failure
        self._flush_s = flush_s
        self._retry_s = retry_s
        self._queue = GroupQueue(size_max=queue_max, reserved=queue_reserved)
        self._next_number = file.next_number
        self._position = Position(file.durable_number, file.head)
        self._waiting: deque[_Waiting] = deque()
        self._marked: deque[_Marked] = deque()
        self._failure: S1mpleTraderError | None = None
        self._is_closing = False
        self._storage_is_ok = True
        self._refused_us = Micros(0)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Start the writer; call it on the event loop, once."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def close(self, within_s: float = CLOSE_S) -> None:
        """Write and sync what is queued, end the thread, close the files.

        Raises `StateWriteError` if that takes longer than `within_s`, or what ended the writer.
        """
        self._is_closing = True
        self._queue.close()
        try:
            await asyncio.wait_for(self._ended.wait(), within_s)
        except TimeoutError:
            missing = self._next_number - 1 - self._position.number
            raise StateWriteError(
                f"the last {missing} groups of the journal are not durable after {within_s} s",
                hint="the disk does not answer; the next start finds what it has",
            ) from None
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def append(self, group: Group) -> Awaitable[None] | None:
        """Hand a group over; see `ports.JournalPersistor`.

        Groups without records are refused first (`StateWriteError`), so that groups with records
        find room; a refused group's number is free again.
        """
        number = group.stamp.number
        loop = self._check_usable()
        if number != self._next_number:
            raise InternalError(f"group {number} was handed over, {self._next_number} is next")
        self._queue.put(group, self._clock.monotonic_us())
        self._next_number += 1
        if not group.records:
            return None
        durable: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(number, durable))
        return durable

    def mark(self) -> Awaitable[Position]:
        """Answer with number and hash of the newest group handed over, when it is durable.

        What a checkpoint of the present state stands for (SAFETY J3).
        """
        position: asyncio.Future[Position] = self._check_usable().create_future()
        if self._position.number == self._next_number - 1:
            position.set_result(self._position)
        else:
            self._marked.append(_Marked(self._next_number - 1, position))
            self._queue.urge()
        return position

    def oldest_wait_us(self) -> Micros:
        """Return the age of the oldest group that is not durable; 0 if there is none (W1)."""
        since = self._queue.oldest_since
        return Micros(0 if since is None else self._clock.monotonic_us() - since)

    def silent_us(self) -> Micros:
        """Return for how long the disk has owed an answer; "no room" is one. 0 if none (W1)."""
        since = self._queue.oldest_since
        if since is None:
            return Micros(0)
        return Micros(self._clock.monotonic_us() - max(since, self._refused_us))

    @property
    def has_room(self) -> bool:
        """Whether the disk takes what is written and room for exits is claimed ahead (J5)."""
        return self._storage_is_ok

    @property
    def takes_market_data(self) -> bool:
        """Whether market data may be handed over; if not it is left out and read later (J4)."""
        return self._queue.is_half_empty

    @property
    def durable_number(self) -> int:
        """The highest input number known to be durable."""
        return self._position.number

    @property
    def head(self) -> str:
        """The hash of group `durable_number` (SAFETY J8)."""
        return self._position.head

    def _check_usable(self) -> asyncio.AbstractEventLoop:
        if self._failure is not None:
            raise self._failure
        if self._loop is None or self._is_closing:
            raise InternalError("the journal's writer is used before its start or after its end")
        return self._loop

    def _durable(self, batch: Batch) -> None:
        last = batch.first + len(batch.heads) - 1
        self._position = Position(last, batch.heads[-1])
        while self._waiting and self._waiting[0].number <= last:
            waiting = self._waiting.popleft()
            if not waiting.durable.done():
                waiting.durable.set_result(None)
        while self._marked and self._marked[0].number <= last:
            marked = self._marked.popleft()
            if not marked.position.done():
                head = batch.heads[marked.number - batch.first]
                marked.position.set_result(Position(marked.number, head))

    def _end(self, failure: S1mpleTraderError | None) -> None:
        self._failure = failure
        self._ended.set()
        if failure is None:
            return
        pending: list[asyncio.Future[Any]] = [each.durable for each in self._waiting]
        pending += [each.position for each in self._marked]
        for future in pending:
            if not future.done():
                future.set_exception(failure)
        if not self._is_closing:
            self._on_failure(failure)

    # What follows runs on the writer's thread.

    def _run(self) -> None:
        failure: S1mpleTraderError | None = InternalError("the journal's writer ended")
        try:
            while groups := self._queue.take(self._flush_s):
                self._write(groups)
            failure = None
        except S1mpleTraderError as error:
            failure = error
        finally:
            self._file.close()
            self._tell(self._end, failure)

    def _write(self, groups: list[Group]) -> None:
        batch = self._file.encode(groups)
        while True:
            try:
                self._file.write(batch)
                break
            except StateWriteError as error:
                self._refused_us = self._clock.monotonic_us()
                self._notice(ok=False, detail=str(error))
                if self._queue.closes_within(self._retry_s):
                    raise
        before_us = self._clock.monotonic_us()
        self._file.sync()
        self.sync_times.observe(Micros(self._clock.monotonic_us() - before_us))
        self._queue.done()
        self._tell(self._durable, batch)
        if self._file.has_room:
            self._notice(ok=True, detail="there is room again")
        else:
            self._notice(ok=False, detail="little room is left, and no more can be claimed")

    def _notice(self, *, ok: bool, detail: str) -> None:
        if ok is not self._storage_is_ok:
            self._storage_is_ok = ok
            self._tell(self._on_storage, ok, detail)

    def _tell(self, what: Callable[..., object], *arguments: object) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(what, *arguments)
