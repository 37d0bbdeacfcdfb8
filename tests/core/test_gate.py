"""May an entry leave, and if not, why not?"""

import pytest

from s1mpletrader.core.gate import (
    ACCOUNT,
    HALT_KINDS,
    Clears,
    Halt,
    blocking,
    is_cleared_by_resume,
    is_fenced,
    scope_of_link,
    scope_of_symbol,
)
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import LinkId, Symbol

LINK, PAIR = LinkId("btc_trend"), Symbol("BTC/USD")


def halt(reason: str, scope: str) -> Halt:
    return Halt(reason, scope, "test", "because", Micros(0))


@pytest.mark.parametrize("scope", [ACCOUNT, scope_of_symbol(PAIR), scope_of_link(LINK)])
def test_a_halt_refuses_entries_within_its_scope(scope: str) -> None:
    assert blocking([halt("operator", scope)], LINK, PAIR) is not None


@pytest.mark.parametrize("scope", ["symbol:SOL/USD", "link:another"])
def test_a_halt_elsewhere_refuses_nothing_here(scope: str) -> None:
    assert blocking([halt("operator", scope)], LINK, PAIR) is None


def test_an_open_gate_has_no_reason() -> None:
    assert blocking([], LINK, PAIR) is None


def test_only_fenced_stops_exits_and_stops_too() -> None:
    assert is_fenced([halt("operator", ACCOUNT), halt("fenced", ACCOUNT)])
    assert not is_fenced([halt(reason, ACCOUNT) for reason in HALT_KINDS if reason != "fenced"])


@pytest.mark.parametrize(("reason", "clears"), HALT_KINDS.items())
@pytest.mark.parametrize("agrees", [True, False], ids=["agreed", "not agreed"])
@pytest.mark.parametrize("assigned", [True, False], ids=["assigned", "not assigned"])
def test_resume_clears_what_its_table_says(
    reason: str, clears: Clears, agrees: bool, assigned: bool
) -> None:
    """SAFETY G1: contradictions need an agreeing look, orphans `assign`, fenced never."""
    needs = {Clears.RESUME_AFTER_LOOK: agrees, Clears.ASSIGN: assigned}
    expected = needs.get(clears, clears in {Clears.RESUME, Clears.POLICY})
    found = is_cleared_by_resume(halt(reason, ACCOUNT), look_agrees=agrees, is_assigned=assigned)
    assert found is expected
