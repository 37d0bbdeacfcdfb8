"""Does a short chaos run turn red for every engine that is broken on purpose?"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.chaos import kinds
from tests.chaos.campaign import Campaign
from tests.chaos.sabotages import SABOTAGES, Sabotage
from tests.chaos.scenario import Cycle

CYCLES_MAX = 12
"""Of each of its kinds: chance has to be met, too."""
SEED = 4


def drawn(sabotage: Sabotage) -> list[Cycle]:
    """Return cycles of its kinds only, without kills."""
    chosen = tuple(kinds.BY_NAME[name] for name in sabotage.kinds)
    numbers = range(CYCLES_MAX * len(chosen))
    cycles = [kinds.draw(SEED, number, chosen, kill_share=0) for number in numbers]
    return [_argued(cycle, sabotage.arguments) for cycle in cycles]


def _argued(cycle: Cycle, arguments: Mapping[str, float]) -> Cycle:
    faults = tuple(
        {**each, **{name: value for name, value in arguments.items() if name in each}}
        for each in cycle.faults
    )
    return replace(cycle, faults=faults, lasts_s=max([cycle.lasts_s, *arguments.values()]))


@pytest.mark.slow
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_broken_engine_turns_a_short_run_red(name: str, tmp_path: Path) -> None:
    sabotage = SABOTAGES[name]
    campaign = Campaign(tmp_path / "work", tmp_path / "failures", print)
    tally = campaign.run(drawn(sabotage), pairs=1, sabotage=sabotage, impatient=True)
    found = [each for each in tally.broken if any(mark in each for mark in sabotage.marks)]
    assert found, f"unnoticed: {tally.broken}"
