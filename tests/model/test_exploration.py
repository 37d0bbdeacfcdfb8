"""Do the engine's own decisions keep the order rules in every reachable state (SAFETY D, F, O)?

The whole set is `python -m tests.model.run`; here are the scenarios and sabotages that are quick.
"""

import pytest

from tests.model.explore import Result, explore
from tests.model.run import find
from tests.model.sabotages import SABOTAGES, Sabotage
from tests.model.scenarios import FENCES, SETUPS, scenario

QUICK = ("S5e",)
SLOW = ("S5d", "S7b", "S8a", "S8b")
CAUGHT_QUICKLY = frozenset(
    {
        "R1: partial read taken for a complete one",
        "one look, no lag, order T, C, O (wrong verdicts only)",
        "R3 dropped",
        '"unknown order" on cancel = NOT_PLACED',
        "CLOSED before all fills are booked",
        "journal after send",
        "unexplained trade attributed by guess",
        "unexplained trade attributed by guess, two links",
        "unexplained trade: alert on one look",
        "no epoch",
    }
)
CAUGHT_SLOWLY = frozenset(
    {
        "no R2 (single look)",
        "R3 without V",
        "R4 dropped (stale ledger)",
        "CLOSED on cancel ack",
        "resend on UNKNOWN",
        "close-all sells the free balance",
        "link sells the free balance",
        "lease, but the newcomer does not wait",
        "lease, the newcomer waits L only",
    }
)


def assert_holds(found: Result) -> None:
    """Assert that everything was explored, nothing is broken and nothing is stuck."""
    print(f"{found.states:,} states, {found.transitions:,} transitions")
    assert not found.violations, found.violations
    assert found.is_complete
    assert not found.stuck, found.stuck_trace


def assert_is_caught(sabotage: Sabotage) -> None:
    """Assert that breaking the rule leads to a broken property."""
    _, found = find(sabotage, states_max=400_000)
    assert found.violations, f"{sabotage.name} went unnoticed in {found.states:,} states"


def named(names: frozenset[str]) -> list[Sabotage]:
    return [each for each in SABOTAGES if each.name in names]


@pytest.mark.parametrize("name", QUICK)
def test_every_reachable_state_keeps_the_order_rules(name: str) -> None:
    assert_holds(explore(scenario(name)()))


@pytest.mark.long
@pytest.mark.parametrize("name", SLOW)
def test_every_reachable_state_of_a_larger_world_keeps_them_too(name: str) -> None:
    assert_holds(explore(scenario(name)()))


@pytest.mark.parametrize("sabotage", named(CAUGHT_QUICKLY), ids=lambda each: each.name)
def test_a_broken_rule_is_noticed(sabotage: Sabotage) -> None:
    assert_is_caught(sabotage)


@pytest.mark.long
@pytest.mark.parametrize("sabotage", named(CAUGHT_SLOWLY), ids=lambda each: each.name)
def test_a_broken_rule_is_noticed_after_a_longer_search(sabotage: Sabotage) -> None:
    assert_is_caught(sabotage)


def test_the_tables_name_every_scenario_and_sabotage_once() -> None:
    names = [each.split()[0] for each in (*SETUPS, *FENCES)]
    assert len(set(names)) == len(names) == 22
    assert len({each.name for each in SABOTAGES}) == len(SABOTAGES)
    assert {*CAUGHT_QUICKLY, *CAUGHT_SLOWLY} <= {each.name for each in SABOTAGES}
    for sabotage in SABOTAGES:
        assert set(sabotage.scenarios.split()) <= set(names)
