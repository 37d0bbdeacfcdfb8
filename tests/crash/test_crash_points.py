"""Is every promise kept wherever the process dies?"""

import pytest

from tests.crash.harness import Recorder, Report, explore, live, tear
from tests.crash.scenarios import SCENARIOS
from tests.crash.verdict import violations
from tests.crash.world import Witness, World
from tests.fakes.temper import BEYOND, HASTY, HIDING, KIND, STORMY, UNKIND, Temper

TEMPERS = {
    "kind": KIND,
    "unkind": UNKIND,
    "stormy": STORMY,
    "hasty": HASTY,
    "hiding": HIDING,
    "beyond": BEYOND,
}


def outlived(name: str, seed: int, temper: Temper) -> list[str]:
    """Return the broken promises of a life that nothing interrupts."""
    world = World(SCENARIOS[name], seed, temper)
    engine, broken = live(world, Witness())
    return broken if engine is None else violations(world, engine)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("temper", TEMPERS)
def test_an_uninterrupted_life_keeps_every_promise(name: str, temper: str) -> None:
    for seed in range(2):
        assert outlived(name, seed, TEMPERS[temper]) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_sample_of_crash_points_keeps_every_promise(name: str) -> None:
    report = explore(SCENARIOS[name], 0, UNKIND, stride=120)
    print(f"{name}: {report}")
    assert report.broken == []
    assert report.states >= 3


def test_a_torn_write_leaves_the_whole_groups_before_it() -> None:
    recorder = Recorder()
    live(World(SCENARIOS["stop triggered"], 1, UNKIND), recorder)
    report = tear(recorder, stride=97)
    assert report.broken == []
    assert report.bytes_torn > 300


@pytest.mark.slow
@pytest.mark.parametrize("name", ["planned exit", "in and out at once"])
def test_every_crash_point_keeps_every_promise(name: str) -> None:
    report = explore(SCENARIOS[name], 0, UNKIND)
    print(f"{name}: {report}")
    assert report.broken == []
    assert report.states > 400


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_second_crash_during_the_recovery_keeps_every_promise(name: str) -> None:
    report = explore(SCENARIOS[name], 1, STORMY, stride=301, nested_stride=97)
    print(f"{name}: {report}")
    assert report.broken == []
    assert report.states > 4


@pytest.mark.slow
@pytest.mark.parametrize("temper", ["hiding", "beyond"])
def test_what_shows_after_everybody_gave_up_is_adopted_and_halts(temper: str) -> None:
    report = Report()
    for name, scenario in SCENARIOS.items():
        report.add(explore(scenario, 2, TEMPERS[temper], stride=900))
        for seed in range(3, 6):
            report.broken += [f"{name}, {seed}: {x}" for x in outlived(name, seed, TEMPERS[temper])]
    print(f"{temper}: {report}")
    assert report.broken == []
