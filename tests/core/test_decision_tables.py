"""Is every row of the tables of stop and exit reached, and needed?"""

from collections.abc import Sequence
from typing import Any

import pytest

from s1mpletrader.core import exit as exit_machine
from s1mpletrader.core import protection
from s1mpletrader.core.orders import Order
from s1mpletrader.model.orders import OrderRole
from s1mpletrader.model.orders import OrderStatus as S
from tests.core import test_exit, test_protection
from tests.core.specimens import INTENDED_US, bought, order, trade_of
from tests.core.test_protection import refused, stop

JUST_NOW = INTENDED_US + 1

GUARDED: dict[str, tuple[Sequence[Order], dict[str, Any]]] = {
    "no stop is wanted": ([bought("10")], {"trade": trade_of(None)}),
    "a stop is in doubt, ending or being amended": ([bought("10"), stop(S.UNKNOWN)], {}),
    "a resting stop covers a part and can be raised": ([bought("10"), stop(qty="4")], {}),
    "nothing is bare, or too little to carry a stop": ([bought("10"), stop()], {}),
    "the market is at or through the trigger": ([bought("10")], {"price": "90"}),
    "too many placements in a row were refused": ([bought("10"), *refused(5)], {}),
    "a placement failed just now": ([bought("10"), *refused(1)], {"now_us": JUST_NOW}),
    "something is bare": ([bought("10")], {}),
}


def sells(count: int) -> list[Order]:
    return [
        order(S.REJECTED, role=OrderRole.EXIT, name=f"x{n}", reason="EOrder:no")
        for n in range(count)
    ]


LEFT: dict[str, tuple[Sequence[Order], dict[str, Any]]] = {
    "an order of the trade is in doubt or not final": ([bought("10"), stop(S.UNKNOWN)], {}),
    "nothing is held that the exchange would take": ([bought("0.00009")], {}),
    "a sell failed just now": ([bought("10"), *sells(1)], {"now_us": JUST_NOW}),
    "what is held is not free": ([bought("10")], {"free": "0"}),
    "something can be sold": ([bought("10")], {}),
}


def test_every_row_has_its_example() -> None:
    assert [row.when for row in protection.TABLE] == list(GUARDED)
    assert [row.when for row in exit_machine.TABLE] == list(LEFT)


@pytest.mark.parametrize("when", GUARDED)
def test_a_stop_is_decided_by_the_row_that_says_so(
    when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, changes = GUARDED[when]
    step = test_protection.step(*orders, **changes)
    (row,) = (each for each in protection.TABLE if each.when == when)
    assert type(step).__name__ == row.leads_to
    rest = tuple(each for each in protection.TABLE if each is not row)
    monkeypatch.setattr(protection, "TABLE", rest)
    assert _or_none(test_protection.step, *orders, **changes) != step, f"{when} is not needed"


@pytest.mark.parametrize("when", LEFT)
def test_an_exit_is_decided_by_the_row_that_says_so(
    when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders, changes = LEFT[when]
    step = test_exit.step(*orders, **changes)
    (row,) = (each for each in exit_machine.TABLE if each.when == when)
    assert type(step).__name__ in row.leads_to
    rest = tuple(each for each in exit_machine.TABLE if each is not row)
    monkeypatch.setattr(exit_machine, "TABLE", rest)
    assert _or_none(test_exit.step, *orders, **changes) != step, f"{when} is not needed"


def _or_none(step: Any, *orders: Order, **changes: Any) -> object:
    try:
        return step(*orders, **changes)
    except StopIteration:
        return None
