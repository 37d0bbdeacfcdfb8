"""Does every order happening move every status as the table says, or nothing at all?"""

from itertools import product

import pytest

from s1mpletrader.core.order_flow import (
    DENIED,
    IN_DOUBT,
    LIVE,
    TRANSITIONS,
    OrderHappening,
    advance,
)
from s1mpletrader.errors import IllegalTransition
from s1mpletrader.model.orders import OrderStatus

PAIRS = list(product(OrderStatus, OrderHappening))


@pytest.mark.parametrize(("status", "happening"), PAIRS)
def test_a_pair_moves_as_the_table_says_or_raises(
    status: OrderStatus, happening: OrderHappening
) -> None:
    if (status, happening) in TRANSITIONS:
        assert advance(status, happening) is TRANSITIONS[status, happening]
    else:
        with pytest.raises(IllegalTransition, match=f"{status} cannot become {happening}"):
            advance(status, happening)


def test_positive_evidence_overrules_every_status_that_says_the_order_does_not_exist() -> None:
    for status in DENIED:
        assert advance(status, OrderHappening.ACKED) is OrderStatus.ACKED
        assert advance(status, OrderHappening.FILLED) is OrderStatus.ACKED


def test_nothing_but_the_exchange_ends_a_closed_order() -> None:
    after = {TRANSITIONS.get((OrderStatus.CLOSED, each)) for each in OrderHappening}
    assert after == {OrderStatus.CLOSED, None}


def test_only_an_intent_that_never_left_can_be_called_not_sent() -> None:
    starts = {status for status, happening in TRANSITIONS if happening is OrderHappening.NOT_SENT}
    assert starts == {OrderStatus.INTENT}


def test_every_status_is_reached_and_final_or_live() -> None:
    reached = {OrderStatus.INTENT, *TRANSITIONS.values()}
    assert reached == set(OrderStatus)
    assert IN_DOUBT < LIVE
    assert LIVE | DENIED | {OrderStatus.CLOSED} == set(OrderStatus)
