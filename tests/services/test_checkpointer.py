"""Does a checkpoint ever cost more than a slower start?"""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trader import Trader
from s1mpletrader.errors import StoragePoisoned
from s1mpletrader.model import inputs
from s1mpletrader.persistence.checkpoint_store import CheckpointStore
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor, Position
from s1mpletrader.ports import StatePersistor
from s1mpletrader.services import checkpointer as module
from s1mpletrader.services.checkpointer import Checkpointer, WorkerMemory
from s1mpletrader.services.desk import Desk
from tests.durable.faulty_disk import FaultyDisk
from tests.persistence.on_loop import on_loop
from tests.services.test_desk import desk_of


class Durable:
    """A journal whose groups are all on disk."""

    def mark(self) -> Awaitable[Position]:
        """Answer at once."""
        position: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        position.set_result(Position(1, "0" * 32))
        return position


PATIENCE_S = 20.0
JOURNAL = cast("JsonlPersistor", Durable())


def checkpointer_on(state: Path, disk: FaultyDisk) -> tuple[Checkpointer, Desk, CheckpointStore]:
    store = CheckpointStore(state, disk)
    store.load(first_number=1, last_number=0)
    memory = WorkerMemory(lambda _link, _worker: cast("StatePersistor", None))
    thread = ThreadPoolExecutor(1)
    desk = desk_of(Trader(Rules(), tag=7))
    desk.handle(inputs.TimerFired())
    return Checkpointer(store, memory, thread, every_s=0), desk, store


async def run_until(writing: Checkpointer, desk: Desk, is_done: Callable[[], bool]) -> None:
    """Let the loop of the checkpointer come round with something to write until `is_done`."""
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(PATIENCE_S):
        task = tasks.create_task(writing.run(desk, JOURNAL))
        while not is_done() and not task.done():
            desk.handle(inputs.TimerFired())
            await asyncio.sleep(0.01)
        task.cancel()
    # what the disk's thread was doing when the loop ended is over, too
    await asyncio.get_running_loop().run_in_executor(writing._thread, lambda: None)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.001)


@on_loop
async def test_a_full_disk_costs_a_checkpoint_and_not_the_engine(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = FaultyDisk()
    writing, desk, store = checkpointer_on(tmp_path, disk)
    disk.fail["pwrite"] = errno.ENOSPC
    await run_until(writing, desk, lambda: "checkpoint" in caplog.text)
    assert store.load(first_number=1, last_number=1) is None
    disk.fail.clear()
    await run_until(writing, desk, (tmp_path / "checkpoint").exists)


@on_loop
async def test_a_failed_sync_of_a_checkpoint_is_final(tmp_path: Path) -> None:
    disk = FaultyDisk()
    writing, desk, _ = checkpointer_on(tmp_path, disk)
    disk.fail["fsync"] = disk.fail["fdatasync"] = errno.EIO
    with pytest.raises(ExceptionGroup) as ended:
        await run_until(writing, desk, lambda: False)
    assert ended.group_contains(StoragePoisoned)
