"""Does the event loop learn of durability, and of everything that prevents it?"""

import asyncio
import errno
from pathlib import Path

import pytest

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import (
    InternalError,
    S1mpleTraderError,
    StateEncodeError,
    StateWriteError,
    StoragePoisoned,
)
from s1mpletrader.model.base import Micros
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.journal_reader import JournalReader
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor
from tests.durable.faulty_disk import FaultyDisk
from tests.persistence.groups import group
from tests.persistence.on_loop import on_loop


class HandClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0

    def wall_us(self) -> Micros:
        return Micros(self.now)

    def monotonic_us(self) -> Micros:
        return Micros(self.now)

    def boottime_us(self) -> Micros:
        return Micros(self.now)


class Engine:
    """A persistor with what it told its owner."""

    def __init__(self, directory: Path, disk: SystemDisk, **limits: float) -> None:
        self.clock = HandClock()
        self.storage: list[tuple[bool, str]] = []
        self.failures: list[S1mpleTraderError] = []
        self.told = asyncio.Event()
        self.file = JournalFile.open(directory, disk, version="1", create=True, claim_size=4096)
        self.journal = JsonlPersistor(
            self.file,
            self.clock,
            on_storage=self._on_storage,
            on_failure=self._on_failure,
            queue_max=int(limits.get("queue_max", 100)),
            queue_reserved=int(limits.get("queue_reserved", 20)),
            flush_s=limits.get("flush_s", 60.0),
            retry_s=0.01,
        )

    def _on_storage(self, ok: bool, detail: str) -> None:
        self.storage.append((ok, detail))
        self.told.set()

    def _on_failure(self, error: S1mpleTraderError) -> None:
        self.failures.append(error)
        self.told.set()

    async def hears(self) -> None:
        await asyncio.wait_for(self.told.wait(), 5)
        self.told.clear()


def numbers(directory: Path) -> list[int]:
    return [each.stamp.number for each in JournalReader(directory, SystemDisk()).groups()]


@on_loop
async def test_a_group_with_records_answers_when_it_and_all_before_it_are_durable(
    tmp_path: Path,
) -> None:
    engine = Engine(tmp_path / "journal", SystemDisk())
    engine.journal.start()
    assert engine.journal.append(group(1)) is None
    durable = engine.journal.append(group(2, "a"))
    assert durable is not None
    await asyncio.wait_for(durable, 5)
    assert engine.journal.durable_number == 2
    assert numbers(tmp_path / "journal") == [1, 2]
    await engine.journal.close()
    assert sum(engine.journal.sync_times.counts) == 1


@on_loop
async def test_market_data_alone_is_flushed_after_a_while(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk, flush_s=0.01)
    disk.stall = "fdatasync"
    engine.journal.start()
    engine.journal.append(group(1))
    assert await asyncio.to_thread(disk.stalled.wait, 5)
    assert numbers(tmp_path / "journal") == [1]
    disk.stall = ""
    disk.release.set()
    await engine.journal.close()


@on_loop
async def test_closing_writes_what_is_queued(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "journal", SystemDisk())
    engine.journal.start()
    for number in range(1, 11):
        engine.journal.append(group(number))
    await engine.journal.close()
    assert numbers(tmp_path / "journal") == [*range(1, 11)]
    with pytest.raises(InternalError):
        engine.journal.append(group(11))


@on_loop
async def test_what_arrives_during_a_sync_shares_the_next_one(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    disk.stall = "fdatasync"
    engine.journal.start()
    answers = [engine.journal.append(group(1, "a"))]
    await asyncio.to_thread(disk.stalled.wait, 5)
    answers += [engine.journal.append(group(number, "a")) for number in range(2, 12)]
    disk.stall = ""
    disk.release.set()
    for answer in answers:
        assert answer is not None
        await asyncio.wait_for(answer, 5)
    assert sum(engine.journal.sync_times.counts) == 2
    await engine.journal.close()


@on_loop
async def test_the_age_of_the_oldest_write_grows_while_the_disk_stalls(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    disk.stall = "fdatasync"
    engine.journal.start()
    assert engine.journal.oldest_wait_us() == 0
    engine.clock.now = 1_000
    answer = engine.journal.append(group(1, "a"))
    await asyncio.to_thread(disk.stalled.wait, 5)
    engine.clock.now = 2_500_000
    engine.journal.append(group(2))
    assert engine.journal.oldest_wait_us() == 2_499_000
    disk.release.set()
    assert answer is not None
    await asyncio.wait_for(answer, 5)
    engine.clock.now = 2_600_000
    assert engine.journal.oldest_wait_us() == 100_000
    disk.stall = ""
    await engine.journal.close()


@on_loop
async def test_a_full_queue_refuses_market_data_first(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk, queue_max=10, queue_reserved=4)
    disk.stall = "fdatasync"
    engine.journal.start()
    engine.journal.append(group(1, "a"))
    await asyncio.to_thread(disk.stalled.wait, 5)
    for number in range(2, 7):
        engine.journal.append(group(number))
    with pytest.raises(StateWriteError, match="6 groups wait"):
        engine.journal.append(group(7))
    for number in range(7, 11):
        engine.journal.append(group(number, "exit"))
    with pytest.raises(StateWriteError, match="10 groups wait"):
        engine.journal.append(group(11, "one more"))
    disk.stall = ""
    disk.release.set()
    await engine.journal.close()
    assert numbers(tmp_path / "journal") == [*range(1, 11)]


@on_loop
async def test_a_full_disk_is_waited_for_with_the_same_bytes(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    engine.journal.start()
    disk.fail = {"pwrite": errno.ENOSPC}
    answer = engine.journal.append(group(1, "a"))
    assert answer is not None
    await engine.hears()
    assert engine.storage[0][0] is False
    assert engine.journal.durable_number == 0
    disk.fail = {}
    await asyncio.wait_for(answer, 5)
    await engine.hears()
    assert [ok for ok, _ in engine.storage] == [False, True]
    assert numbers(tmp_path / "journal") == [1]
    await engine.journal.close()
    assert engine.failures == []


@on_loop
async def test_little_room_is_told_while_groups_still_become_durable(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    engine.journal.start()
    disk.fail = {"claim": errno.ENOSPC}
    answer = engine.journal.append(group(1, "a"))
    assert answer is not None
    await asyncio.wait_for(answer, 5)
    await engine.hears()
    assert [ok for ok, _ in engine.storage] == [False]
    await engine.journal.close()


@on_loop
async def test_closing_on_a_full_disk_says_that_groups_are_missing(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    engine.journal.start()
    disk.fail = {"pwrite": errno.ENOSPC}
    answer = engine.journal.append(group(1, "a"))
    with pytest.raises(StateWriteError, match="cannot write"):
        await engine.journal.close()
    assert answer is not None
    with pytest.raises(StateWriteError):
        await answer


@on_loop
async def test_a_disk_that_does_not_answer_does_not_hold_the_stop(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    disk.stall = "fdatasync"
    engine.journal.start()
    engine.journal.append(group(1))
    engine.journal.append(group(2))
    with pytest.raises(StateWriteError, match="the last 2 groups"):
        await engine.journal.close(within_s=0.01)
    disk.stall = ""
    disk.release.set()
    await engine.journal.close()


@on_loop
async def test_a_failed_sync_ends_it_for_good(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    engine.journal.start()
    disk.fail = {"fdatasync": errno.EIO}
    answer = engine.journal.append(group(1, "a"))
    mark = engine.journal.mark()
    assert answer is not None
    with pytest.raises(StoragePoisoned):
        await asyncio.wait_for(answer, 5)
    with pytest.raises(StoragePoisoned):
        await asyncio.wait_for(mark, 5)
    disk.fail = {}
    assert [each.exit_code for each in engine.failures] == [74]
    with pytest.raises(StoragePoisoned):
        engine.journal.append(group(2, "a"))
    with pytest.raises(StoragePoisoned):
        engine.journal.mark()
    with pytest.raises(StoragePoisoned):
        await engine.journal.close()
    assert engine.journal.durable_number == 0


@on_loop
async def test_a_group_that_cannot_be_encoded_ends_it_and_promises_nothing(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "journal", SystemDisk())
    engine.journal.start()
    answer = engine.journal.append(group(1, "\ud800"))
    assert answer is not None
    with pytest.raises(StateEncodeError):
        await asyncio.wait_for(answer, 5)
    assert [each.exit_code for each in engine.failures] == [70]


@on_loop
async def test_numbers_are_dense_and_a_refused_number_is_free(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "journal", SystemDisk())
    with pytest.raises(InternalError, match="before its start"):
        engine.journal.append(group(1))
    engine.journal.start()
    with pytest.raises(InternalError, match="1 is next"):
        engine.journal.append(group(2))
    engine.journal.append(group(1))
    await engine.journal.close()


@on_loop
async def test_a_mark_names_the_group_handed_over_last(tmp_path: Path) -> None:
    disk = FaultyDisk()
    engine = Engine(tmp_path / "journal", disk)
    disk.stall = "fdatasync"
    engine.journal.start()
    assert await engine.journal.mark() == (0, "0" * 32)
    engine.journal.append(group(1, "a"))
    await asyncio.to_thread(disk.stalled.wait, 5)
    engine.journal.append(group(2, "a"))
    mark = engine.journal.mark()
    engine.journal.append(group(3, "a"))
    disk.stall = ""
    disk.release.set()
    number, head = await asyncio.wait_for(mark, 5)
    assert number == 2
    await engine.journal.close()
    after = JournalReader(tmp_path / "journal", disk).groups(3, after_head=head)
    assert [each.stamp.number for each in after] == [3]
    assert engine.journal.durable_number == 3


@on_loop
async def test_an_answer_that_nobody_waits_for_harms_nothing(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "journal", SystemDisk())
    engine.journal.start()
    for answer in (engine.journal.append(group(1, "a")), engine.journal.mark()):
        assert isinstance(answer, asyncio.Future)
        answer.cancel()
    await engine.journal.close()
    assert engine.journal.durable_number == 1
