"""Is a checkpoint only ever a cache of what the journal holds?"""

from pathlib import Path

import pytest

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import InternalError, StateCorrupt, StateRollback
from s1mpletrader.persistence.checkpoint_store import Checkpoint, CheckpointStore
from s1mpletrader.persistence.journal_file import JournalFile
from tests.durable.crash_disk import EMPTY, CrashDisk
from tests.durable.crashes import explore
from tests.persistence.groups import group

STATE = Path("/state")


def checkpoint(number: int, body: bytes = b"\x00any\nbytes") -> Checkpoint:
    return Checkpoint(number, f"{number:032x}", body)


def saved(directory: Path, *numbers: int) -> CheckpointStore:
    store = CheckpointStore(directory, SystemDisk())
    store.load(first_number=1, last_number=0)
    for number in numbers:
        store.save(checkpoint(number), durable_number=number)
    return store


def test_the_newest_checkpoint_is_loaded(tmp_path: Path) -> None:
    saved(tmp_path, 5, 9)
    store = CheckpointStore(tmp_path, SystemDisk())
    assert store.load(first_number=1, last_number=9) == checkpoint(9)
    assert store.notes == ()


def test_a_checkpoint_never_runs_ahead_of_the_journal(tmp_path: Path) -> None:
    store = saved(tmp_path, 5)
    with pytest.raises(InternalError, match="checkpoint of group 7 while only 6 is durable"):
        store.save(checkpoint(7), durable_number=6)
    with pytest.raises(StateRollback, match="stands for group 5, the journal ends at 4") as refused:
        CheckpointStore(tmp_path, SystemDisk()).load(first_number=1, last_number=4)
    assert refused.value.exit_code == 65


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path: Path) -> None:
    saved(tmp_path, 5, 9)
    (tmp_path / "checkpoint").write_bytes(b"rubbish")
    store = CheckpointStore(tmp_path, SystemDisk())
    assert store.load(first_number=6, last_number=9) == checkpoint(5)
    assert len(store.notes) == 1


def test_without_any_checkpoint_the_whole_journal_is_folded(tmp_path: Path) -> None:
    saved(tmp_path, 5, 9)
    for each in tmp_path.iterdir():
        each.write_bytes(b"rubbish")
    store = CheckpointStore(tmp_path, SystemDisk())
    assert store.load(first_number=1, last_number=9) is None
    assert "was put aside" in store.notes[0]
    store.save(checkpoint(9), durable_number=9)
    assert CheckpointStore(tmp_path, SystemDisk()).load(
        first_number=1, last_number=9
    ) == checkpoint(9)


def test_a_journal_that_does_not_reach_back_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateCorrupt, match="begins at group 2, no checkpoint"):
        CheckpointStore(tmp_path, SystemDisk()).load(first_number=2, last_number=9)
    saved(tmp_path, 5)
    with pytest.raises(StateCorrupt, match="begins at group 7"):
        CheckpointStore(tmp_path, SystemDisk()).load(first_number=7, last_number=9)
    (tmp_path / "checkpoint").write_bytes(b"rubbish")
    with pytest.raises(StateCorrupt, match="no valid generation"):
        CheckpointStore(tmp_path, SystemDisk()).load(first_number=6, last_number=9)


def life(disk: CrashDisk) -> None:
    """Write groups and take checkpoints of them."""
    journal = JournalFile.open(STATE / "journal", disk, version="1", create=True)
    store = CheckpointStore(STATE, disk)
    store.load(first_number=1, last_number=0)
    for number in range(1, 7):
        disk.note("begun", number)
        journal.append([group(number)])
        if number % 2 == 0:
            journal.sync()
            disk.note("acked", number)
            body = b"sum %d" % sum(range(number + 1))
            taken = Checkpoint(number, journal.head, body)
            store.save(taken, durable_number=journal.durable_number)
    journal.close()


def recover(disk: CrashDisk) -> int:
    """Return the last number, having folded from the checkpoint."""
    journal = JournalFile.open(STATE / "journal", disk, version="1", create=True)
    try:
        last = journal.next_number - 1
        found = CheckpointStore(STATE, disk).load(
            first_number=journal.first_number, last_number=last
        )
        total = int(found.body.split()[1]) if found else 0
        first, head = (found.number + 1, found.head) if found else (1, None)
        for each in journal.groups(first, after_head=head):
            total += each.stamp.number
        assert total == sum(range(last + 1))
        return last
    finally:
        journal.close()


def test_no_crash_makes_the_fold_differ() -> None:
    verdict = explore(life, recover, start=EMPTY, limit=20)
    print(f"checkpoint: {verdict.states} distinct crash states")
    assert verdict.broken == []
    assert verdict.states > 500


def test_sabotage_a_checkpoint_ahead_of_the_journal_is_caught() -> None:
    def hasty_life(disk: CrashDisk) -> None:
        journal = JournalFile.open(STATE / "journal", disk, version="1", create=True)
        store = CheckpointStore(STATE, disk)
        store.load(first_number=1, last_number=0)
        disk.note("begun", 1)
        journal.append([group(1)])
        store.save(Checkpoint(1, journal.head, b"sum 1"), durable_number=1)
        journal.sync()
        disk.note("acked", 1)
        journal.close()

    broken = explore(hasty_life, recover, start=EMPTY, is_nested=False, stops_early=True).broken
    assert "StateRollback" in broken[0]
