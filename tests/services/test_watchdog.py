"""Is the watchdog fed exactly while the engine lives and the disk answers?

The real watchdog, consumer and journal; a disk that is full or hangs; a clock moved by hand.
"""

import asyncio
import errno
import threading
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast
from unittest.mock import patch

import msgspec

from s1mpletrader.core.gate import ACCOUNT
from s1mpletrader.core.health import WRITER_AGE_MAX_US
from s1mpletrader.errors import S1mpleTraderError
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.orders import Ack, OrderRole
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor
from s1mpletrader.ports import JournalPersistor
from s1mpletrader.services.desk import Desk
from s1mpletrader.services.watchdog import Watchdog
from tests.core.test_trader import Stage, submit_in
from tests.durable.faulty_disk import FaultyDisk
from tests.exchange.world import HandClock
from tests.persistence.on_loop import on_loop
from tests.services.test_desk import desk_of
from tests.services.test_operation_service import Silent

WATCHDOG_S = 30
"""WatchdogSec of the unit."""
LONG_S = 3 * WATCHDOG_S
MAX_S = WRITER_AGE_MAX_US // SECOND


class Manager(Silent):
    """A service manager that counts its meals."""

    def __init__(self) -> None:
        self.pings = 0

    def watchdog(self) -> None:
        self.pings += 1


class FullDisk(FaultyDisk):
    """A disk that says when it has refused."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = threading.Event()

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write, or fail and say so."""
        try:
            return super().pwrite(fd, data, offset)
        except OSError:
            self.refused.set()
            raise


class FromOne:
    """A journal that begins with the desk's first group, whatever its number."""

    def __init__(self, journal: JsonlPersistor) -> None:
        self._journal = journal
        self._count = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)

    def append(self, group: Group) -> Awaitable[None] | None:
        """Append it under the next number."""
        self._count += 1
        stamp = msgspec.structs.replace(group.stamp, number=self._count)
        return self._journal.append(Group(stamp, group.input, group.records))


class Alive:
    """An engine that holds 10 behind a stop, second by second."""

    def __init__(self, state: Path) -> None:
        self.disk, self.clock, self.manager = FullDisk(), HandClock(), Manager()
        self.inbox = Inbox(self.clock)
        self.journal = JsonlPersistor(
            JournalFile.open(state / "journal", self.disk, version="1", create=True),
            self.clock,
            on_storage=lambda ok, detail: self.inbox.put(inputs.StorageNotice(ok, detail)),
            on_failure=self._fail,
            flush_s=0.001,
            retry_s=0.001,
        )
        self.stage = guarded()
        self._probe: inputs.Input | None = None
        journal = cast("JournalPersistor", FromOne(self.journal))
        self.desk: Desk = desk_of(self.stage.trader, journal)
        self.watchdog = Watchdog(
            self.desk, self.inbox, journal, self.clock, self.manager, every_us=Micros(1)
        )

    def _fail(self, error: S1mpleTraderError) -> None:
        raise error

    async def second(self) -> int:
        """Let a probe come round and a second pass; return how often the watchdog was fed."""
        before = self.manager.pings
        if self._probe is not None:
            self.desk.handle(self._probe)
        if "pwrite" in self.disk.fail and not self.disk.stall:
            self.disk.refused.clear()
            assert self.disk.refused.wait(5)  # holds the loop up: no probe may overtake
        self.clock.monotonic += SECOND
        while True:
            event = await self.inbox.get()
            assert event is not None
            if isinstance(event, inputs.TimerFired):
                self._probe = event
                return self.manager.pings - before
            self.desk.handle(event)

    def flush(self) -> None:
        """Wait until the disk has all, without letting a probe overtake."""
        while self.journal.silent_us():
            time.sleep(0.001)

    async def heal(self) -> None:
        """Let the disk have room and answer, and wait until entries may leave."""
        self.disk.stall, self.disk.fail = "", {}
        self.disk.release.set()
        while self.is_halted:
            await self.second()

    @property
    def is_halted(self) -> bool:
        """Whether entries wait for the disk."""
        return ("storage", ACCOUNT) in self.stage.trader.books.halts

    def check_stop(self) -> None:
        """Check that the stop rests at the exchange and nobody wanted anything of it."""
        (stop,) = self.stage.trader.books.live_orders()
        assert stop.role is OrderRole.STOP
        assert (stop.is_open_quantity_known, stop.cancelled_us) == (True, 0)


def guarded() -> Stage:
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "10", "100", "O1"))
    stage.close(entry, "10", "O1")
    stage.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
    return stage


@asynccontextmanager
async def alive(state: Path) -> AsyncIterator[Alive]:
    found = Alive(state)
    found.journal.start()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(found.watchdog.run())
        await found.second()
        yield found
        await found.heal()
        task.cancel()
    await found.journal.close()


@on_loop
async def test_a_disk_that_is_full_for_long_is_waited_for_alive(tmp_path: Path) -> None:
    """SAFETY J5 and W1: entries stop, the stop rests, nobody is killed; then all is durable."""
    async with alive(tmp_path) as engine:
        engine.disk.fail = {"pwrite": errno.ENOSPC}
        fed = [await engine.second() for _ in range(LONG_S)]
        assert 0 not in fed
        assert engine.is_halted
        assert engine.journal.oldest_wait_us() > MAX_S * SECOND
        engine.check_stop()
        await engine.heal()
    assert engine.journal.durable_number == engine.desk.handled


@on_loop
async def test_a_disk_that_hangs_starves_the_watchdog(tmp_path: Path) -> None:
    """SAFETY W1: a writer without an answer is killed, whatever else still runs."""
    async with alive(tmp_path) as engine:
        engine.disk.stall = "pwrite"
        fed = [await engine.second() for _ in range(MAX_S + 5)]
        assert engine.is_halted
        assert 0 not in fed[: MAX_S - 5]
        assert fed[-2:] == [0, 0]


@on_loop
async def test_a_full_disk_that_begins_to_hang_starves_the_watchdog(tmp_path: Path) -> None:
    async with alive(tmp_path) as engine:
        engine.disk.fail = {"pwrite": errno.ENOSPC}
        assert all([await engine.second() for _ in range(LONG_S)])
        engine.disk.stall = "pwrite"
        assert engine.disk.stalled.wait(5)
        fed = [await engine.second() for _ in range(MAX_S + 5)]
        assert fed[-2:] == [0, 0]


@on_loop
async def test_a_watchdog_that_takes_a_full_disk_for_a_hang_is_noticed(tmp_path: Path) -> None:
    """The sabotage: the age of the oldest group, not of the disk's last answer."""
    with patch.object(JsonlPersistor, "silent_us", JsonlPersistor.oldest_wait_us):
        async with alive(tmp_path) as engine:
            engine.disk.fail = {"pwrite": errno.ENOSPC}
            fed = [await engine.second() for _ in range(LONG_S)]
            assert 0 in fed


@on_loop
async def test_short_room_keeps_entries_out_though_groups_become_durable(tmp_path: Path) -> None:
    """SAFETY J5: entries stop first; what is left is for exits and halts."""
    async with alive(tmp_path) as engine:
        engine.disk.fail = {"pwrite": errno.ENOSPC}
        for _ in range(5):
            await engine.second()
        engine.disk.fail = {"claim": errno.ENOSPC}
        for _ in range(5):
            engine.flush()
            await engine.second()
        assert engine.is_halted
