"""Does a real process that is killed lose anything it had been promised?"""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.persistence.journal_file import JournalFile
from tests.persistence.groups import group

WRITER = """
import sys
from pathlib import Path
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.persistence.journal_file import JournalFile
from tests.persistence.groups import group

journal = JournalFile.open(
    Path(sys.argv[1]), SystemDisk(), version="1", create=True, segment_size=20_000
)
while True:
    first = journal.next_number
    journal.append([group(number, "x" * 50) for number in range(first, first + 5)])
    journal.sync()
    print(journal.durable_number, flush=True)
"""


@pytest.mark.slow
def test_a_killed_writer_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    found = 0
    for attempt in range(20):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "journal")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        acked = int(writer.stdout.readline())
        time.sleep(0.003 * attempt)
        writer.kill()
        acked = max([acked, *(int(each) for each in writer.stdout if each.endswith("\n"))])
        writer.wait()
        writer.stdout.close()
        journal = JournalFile.open(tmp_path / "journal", SystemDisk(), version="1")
        found = journal.next_number - 1
        assert acked <= found <= acked + 5
        assert list(journal.groups()) == [group(each, "x" * 50) for each in range(1, found + 1)]
        journal.close()
    print(f"journal: 20 kills, {found} groups")
