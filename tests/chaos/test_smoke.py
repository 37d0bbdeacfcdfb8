"""Does a short chaos run keep every promise?"""

from pathlib import Path

import pytest

from tests.chaos import kinds, report
from tests.chaos.campaign import Campaign

CYCLES = 10


@pytest.mark.slow
def test_ten_faults_break_no_promise(tmp_path: Path) -> None:
    cycles = [kinds.draw(20_261_121, number) for number in range(CYCLES)]
    tally = Campaign(tmp_path / "work", tmp_path / "failures", print).run(cycles, pairs=2)
    assert not tally.broken, "\n".join((*report.table(tally), *tally.broken))
    assert sum(row.cycles for row in tally.rows.values()) == CYCLES
