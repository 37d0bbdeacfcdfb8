"""Do the tables of chaos fit together?"""

from pathlib import Path

from s1mpletrader.core.gate import HALT_KINDS
from tests.chaos import allowed, kinds, scenario
from tests.chaos.kinds import KINDS


def test_every_kind_of_fault_has_its_row_in_the_judges_table() -> None:
    assert set(allowed.ALLOWED) == {kind.name for kind in KINDS}


def test_the_judge_knows_only_halts_that_exist() -> None:
    rows = (*allowed.ALLOWED.values(), *allowed.KILLED.values())
    assert {reason for row in rows for reason in row.reasons} <= set(HALT_KINDS)
    assert all(row.why for row in rows)


def test_a_cycle_is_drawn_from_its_seed_and_number_alone() -> None:
    assert kinds.draw(7, 41) == kinds.draw(7, 41)
    assert kinds.draw(7, 41) != kinds.draw(8, 41)


def test_every_kind_comes_once_in_a_round() -> None:
    drawn = [kinds.draw(3, number).kind for number in range(2 * len(KINDS))]
    assert sorted(drawn[: len(KINDS)]) == sorted(drawn[len(KINDS) :]) == sorted(kinds.BY_NAME)


def test_a_third_of_the_cycles_kills_something() -> None:
    """More than the 60 kills in 210 cycles that a run must have."""
    drawn = [kinds.draw(1, number) for number in range(420)]
    share = sum(cycle.is_killed for cycle in drawn) / len(drawn)
    assert 0.3 < share < 0.4


def test_a_cycle_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cycle.json"
    cycle = kinds.draw(1, 5)
    scenario.save(cycle, path)
    assert scenario.load(path) == cycle
