"""Does the n-th failing system call, once or for good, ever cost what was acknowledged?"""

from s1mpletrader.errors import StateWriteError, StoragePoisoned
from s1mpletrader.persistence.journal_file import JournalFile
from tests.durable.crash_disk import CrashDisk
from tests.durable.faults import sweep
from tests.persistence import (
    test_checkpoint_store,
    test_epoch_file,
    test_journal_crashes,
    test_json_persistor,
)
from tests.persistence.groups import group


def test_the_journal_survives_every_failing_call() -> None:
    verdict = sweep(test_journal_crashes.life, test_journal_crashes.recover)
    print(f"journal: {verdict.states} states after a failed call")
    assert verdict.broken == []


def test_the_state_survives_every_failing_call() -> None:
    verdict = sweep(test_json_persistor.life, test_json_persistor.recover)
    print(f"state: {verdict.states} states after a failed call")
    assert verdict.broken == []


def test_the_checkpoint_survives_every_failing_call() -> None:
    verdict = sweep(test_checkpoint_store.life, test_checkpoint_store.recover)
    print(f"checkpoint: {verdict.states} states after a failed call")
    assert verdict.broken == []


def test_the_epoch_survives_every_failing_call() -> None:
    verdict = sweep(test_epoch_file.life, test_epoch_file.draw_again, is_bounded=False)
    assert verdict.broken == []


def test_a_write_that_found_no_room_is_tried_again_with_the_same_bytes() -> None:
    """Whatever call has no room, trying the same batch again loses and doubles nothing."""
    at = 0
    while True:
        at += 1
        disk = CrashDisk()
        journal = test_journal_crashes.opened(disk)
        first = disk.calls
        disk.fail_at, disk.fail_with = first + at, 28
        try:
            _persist(journal, disk)
        except StoragePoisoned:
            assert disk.failed != ["pwrite"]
        else:
            assert test_journal_crashes.recover(CrashDisk(disk.visible())) == 6
        finally:
            journal.close()
        if not disk.failed:
            break
    assert at > 10


def _persist(journal: JournalFile, disk: CrashDisk) -> None:
    for size in (1, 2, 3):
        groups = [
            group(number, "x" * 40)
            for number in range(journal.next_number, journal.next_number + size)
        ]
        batch = journal.encode(groups)
        try:
            journal.write(batch)
        except StateWriteError:
            before = disk.visible()
            assert journal.head != batch.heads[-1]
            journal.write(batch)
            assert before.files.keys() == disk.visible().files.keys()
        journal.sync()
