"""Does the journal keep its promises at every crash point, and would the tests notice if not?"""

import errno
from pathlib import Path

import pytest

from s1mpletrader.core import journal as codec
from s1mpletrader.durable import append_log, atomic_file
from s1mpletrader.durable.append_log import AppendLog
from s1mpletrader.durable.disk import Disk
from s1mpletrader.errors import StateCorrupt, StateWriteError, StoragePoisoned
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.segments import Place
from tests.durable.crash_disk import EMPTY, CrashDisk, Image
from tests.durable.crashes import Verdict, explore
from tests.persistence.groups import group

DIRECTORY = Path("/state/journal")
SLOW = pytest.mark.slow


def opened(disk: Disk) -> JournalFile:
    return JournalFile.open(DIRECTORY, disk, version="1", create=True, segment_size=900)


def write(journal: JournalFile, disk: CrashDisk, *sizes: int) -> None:
    """Append batches of groups, noting what is begun and what is acknowledged."""
    for size in sizes:
        first = journal.next_number
        groups = [group(number, "x" * 40) for number in range(first, first + size)]
        disk.note("begun", first + size - 1)
        journal.append(groups)
        journal.sync()
        disk.note("acked", first + size - 1)


def life(disk: CrashDisk) -> None:
    """Write ten groups in batches over several segments."""
    journal = opened(disk)
    write(journal, disk, 1, 2, 1, 3, 1, 2)
    journal.close()


def recover(disk: CrashDisk) -> int:
    """Return the last number, having read every group."""
    journal = opened(disk)
    try:
        groups = list(journal.groups())
        assert groups == [group(each, "x" * 40) for each in range(1, journal.next_number)]
        assert journal.durable_number == len(groups)
        return len(groups)
    finally:
        journal.close()


def until_broken(limit: int = 20) -> Verdict:
    return explore(life, recover, start=EMPTY, limit=limit, is_nested=False, stops_early=True)


@pytest.mark.parametrize(
    ("sizes", "limit"), [((1, 2, 1), 60), pytest.param((1, 2, 1, 3, 1, 2), 300, marks=SLOW)]
)
def test_no_crash_loses_or_invents_a_group(sizes: tuple[int, ...], limit: int) -> None:
    def batches(disk: CrashDisk) -> None:
        journal = opened(disk)
        write(journal, disk, *sizes)
        journal.close()

    verdict = explore(batches, recover, start=EMPTY, limit=limit)
    print(f"journal: {verdict.states} distinct crash states")
    assert verdict.broken == []
    assert verdict.states > 1000


@pytest.mark.slow
def test_no_crash_of_a_longer_life_loses_a_group() -> None:
    def long_life(disk: CrashDisk) -> None:
        journal = JournalFile.open(DIRECTORY, disk, version="1", create=True, segment_size=6000)
        write(journal, disk, 1, 20, 1, 30, 5, 40, 2)
        journal.close()

    verdict = explore(long_life, recover, start=EMPTY, limit=1000)
    print(f"journal, longer life: {verdict.states} distinct crash states")
    assert verdict.broken == []


def test_writing_goes_on_after_every_crash() -> None:
    """What is appended after a recovery must not be confused with what the crash left."""

    def second_life(disk: CrashDisk) -> None:
        journal = opened(disk)
        write(journal, disk, 1, 1)
        journal.close()

    first = CrashDisk()
    life(first)
    states = 0
    for at in range(0, len(first.ops), 5):
        image = first.replayed(at).visible()
        verdict = explore(
            second_life, recover, start=image, limit=20, is_nested=False, is_bounded=False
        )
        assert verdict.broken == []
        states += verdict.states
    print(f"journal, second life: {states} distinct crash states")


def test_a_full_disk_is_survived_at_every_crash_point() -> None:
    """A short write is undone, and a crash in the middle of the undoing harms nothing."""

    def full_life(disk: CrashDisk) -> None:
        journal = opened(disk)
        write(journal, disk, 1, 1)
        batch = journal.encode([group(3, "x" * 40)])
        disk.note("begun", 3)
        disk.fail_at, disk.fail_with = disk.calls + 1, errno.ENOSPC
        with pytest.raises(StateWriteError):
            journal.write(batch)
        assert disk.failed == ["pwrite"]
        journal.write(batch)
        journal.sync()
        disk.note("acked", 3)
        journal.close()

    verdict = explore(full_life, recover, start=EMPTY, limit=60)
    print(f"journal, full disk: {verdict.states} distinct crash states")
    assert verdict.broken == []


def test_sabotage_no_sync_of_the_directory_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_file, "sync_directory", lambda *_: None)
    monkeypatch.setattr(append_log, "sync_directory", lambda *_: None)
    assert until_broken().broken


def test_sabotage_no_sync_of_the_data_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AppendLog, "sync", lambda _self: None)
    assert until_broken().broken


def test_sabotage_opening_without_a_sync_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_log, "make_readable", lambda *_: None)
    monkeypatch.setattr(append_log, "sync_directory", lambda *_: None)
    broken = until_broken().broken
    assert broken


def test_sabotage_keeping_a_torn_group_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JournalFile, "_cut", lambda _self, _place: None)
    disk = CrashDisk()
    life(disk)
    caught = 0
    for at in range(len(disk.ops)):
        op = disk.ops[at]
        if op.kind != "write" or op.offset == 0:
            continue
        torn = disk.replayed(at)
        torn._do(op._replace(data=op.data[:-9]))
        journal = opened(torn)
        write(journal, torn, 1)
        journal.close()
        try:
            caught += recover(CrashDisk(torn.visible())) != journal.next_number - 1
        except (StateCorrupt, AssertionError):
            caught += 1
    assert caught > 0


def test_sabotage_believing_every_mark_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the chained hash, zeroed and stale blocks inside a group are taken for data."""
    real = codec.chain

    def believe(previous: str, body: bytes) -> str:
        return real(previous, body) if b'"segment"' in body else "f" * 32

    def large_life(disk: CrashDisk) -> None:
        journal = JournalFile.open(DIRECTORY, disk, version="1", create=True)
        write(journal, disk, 100)
        journal.close()

    assert not explore(large_life, recover, start=EMPTY, is_nested=False).broken
    monkeypatch.setattr(codec, "chain", believe)
    assert explore(large_life, recover, start=EMPTY, is_nested=False, stops_early=True).broken


def test_sabotage_creating_a_segment_in_place_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the temporary file, a crash leaves a segment without a header."""

    def in_place(path: Path, data: bytes, disk: Disk) -> None:
        log = AppendLog.open(path, disk)
        log.append(data)
        log.sync()
        log.close()

    monkeypatch.setattr("s1mpletrader.persistence.journal_file.write_atomic", in_place)
    assert until_broken().broken


def test_what_a_failed_sync_left_in_the_cache_is_not_believed() -> None:
    disk = CrashDisk()
    journal = opened(disk)
    write(journal, disk, 1)
    disk.note("begun", 2)
    journal.append([group(2, "x" * 40)])
    disk.fail_at = disk.calls + 1
    with pytest.raises(StoragePoisoned, match="fdatasync"):
        journal.sync()
    with pytest.raises(StoragePoisoned, match="fdatasync"):
        journal.sync()
    with pytest.raises(StoragePoisoned, match="fdatasync"):
        journal.append([group(3)])
    journal.close()
    assert recover(disk) == 1
    assert disk.visible().files[DIRECTORY / "journal-00000001.jsonl"].count(b"\n") == 3


def test_sabotage_trying_a_sync_again_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = CrashDisk.fdatasync

    def again(disk: CrashDisk, fd: int) -> None:
        try:
            real(disk, fd)
        except OSError:
            real(disk, fd)

    monkeypatch.setattr(CrashDisk, "fdatasync", again)
    disk = CrashDisk()
    journal = opened(disk)
    write(journal, disk, 1)
    disk.fail_at = disk.calls + 2
    write(journal, disk, 1)
    journal.close()
    assert disk.failed == ["fdatasync"]
    assert recover(disk) < journal.durable_number


def test_a_journal_of_which_nothing_was_durable_is_an_empty_one() -> None:
    disk = CrashDisk(
        Image(
            {DIRECTORY / "journal-00000001.jsonl.tmp": b""},
            frozenset(
                {
                    Path("/state"),
                    DIRECTORY,
                }
            ),
        )
    )
    assert recover(disk) == 0
    assert list(disk.visible().files) == [DIRECTORY / "journal-00000001.jsonl"]


def test_the_place_of_the_first_group_is_behind_the_header() -> None:
    line = codec.encode_header(segment=1, first=1, previous=codec.GENESIS, version="1")
    assert Place(len(line), 1, codec.decode_header(line).h).offset == len(line)
