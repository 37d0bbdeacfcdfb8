"""Does the journal keep its promises at every crash point?"""

from pathlib import Path

from s1mpletrader.persistence.journal_file import JournalFile
from tests.durable.crash_disk import EMPTY, CrashDisk
from tests.durable.crashes import explore
from tests.persistence.groups import group

DIRECTORY = Path("/state/journal")


def life(disk: CrashDisk) -> None:
    """Write ten groups in batches over three segments."""
    journal = JournalFile.open(DIRECTORY, disk, version="1", create=True, segment_size=900)
    number = 0
    for size in (1, 2, 1, 3, 1, 2):
        groups = [group(number + each, "x" * 40) for each in range(1, size + 1)]
        number += size
        disk.note("begun", number)
        journal.append(groups)
        journal.sync()
        disk.note("acked", number)
    journal.close()


def recover(disk: CrashDisk) -> int:
    """Return the last number, having read every group, and written one more."""
    journal = JournalFile.open(DIRECTORY, disk, version="1", create=True, segment_size=900)
    try:
        numbers = [each.stamp.number for each in journal.groups()]
        assert numbers == list(range(1, journal.next_number))
        assert journal.durable_number == journal.next_number - 1
        return len(numbers)
    finally:
        journal.close()


def test_no_crash_loses_or_invents_a_group() -> None:
    verdict = explore(life, recover, start=EMPTY)
    print(f"journal: {verdict.states} distinct crash states")
    assert verdict.broken == []
    assert verdict.states > 1000
