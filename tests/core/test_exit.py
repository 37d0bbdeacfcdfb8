"""Is a trade closed step by step, so that nothing is sold twice (SAFETY O10)?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.core.exit import CancelFirst, Flat, Sell, Step, next_step
from s1mpletrader.core.orders import Order
from s1mpletrader.core.protection import Wait
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.orders import OrderRole, Side
from s1mpletrader.model.orders import OrderStatus as S
from tests.core.specimens import INTENDED_US, LATE_US, bought, execution, order
from tests.core.test_trader import INSTRUMENT

EXIT, STOP = OrderRole.EXIT, OrderRole.STOP


def step(
    *orders: Order, free: str | None = None, price: str | None = "100", now_us: int = LATE_US
) -> Step:
    return next_step(
        orders,
        INSTRUMENT,
        free=None if free is None else D(free),
        last_price=None if price is None else D(price),
        now_us=Micros(now_us),
        rules=Rules(),
    )


def refused_sells(count: int) -> list[Order]:
    return [
        order(S.REJECTED, role=EXIT, name=f"e{n}", reason="EOrder:Unknown") for n in range(count)
    ]


def test_what_is_held_is_sold_at_once_when_nothing_else_is_live() -> None:
    assert step(bought("10")) == Sell(D(10))


@pytest.mark.parametrize("status", [S.INTENT, S.UNKNOWN])
@pytest.mark.parametrize("role", [STOP, EXIT, OrderRole.ENTRY])
def test_nothing_is_sold_or_cancelled_while_an_order_of_the_trade_is_in_doubt(
    status: S, role: OrderRole
) -> None:
    """Not even if another one could be cancelled meanwhile."""
    resting = order(S.ACKED, role=STOP, name="resting")
    doubtful = order(status, role=role, name="doubtful")
    assert step(bought("10"), resting, doubtful) == Wait(f"{role} doubtful is {status}")


def test_a_resting_stop_is_cancelled_before_anything_is_sold() -> None:
    assert step(bought("10"), order(S.ACKED, role=STOP, name="s")) == CancelFirst(
        order(S.ACKED, name="s").client_id
    )


@pytest.mark.parametrize(("after_us", "is_due"), [(SECOND - 1, False), (SECOND, True)])
def test_a_cancel_without_an_effect_is_repeated_every_second(after_us: int, is_due: bool) -> None:
    """SAFETY O5: only the order's own end is its end."""
    stop = order(S.ACKED, role=STOP, cancelled_us=LATE_US)
    found = step(bought("10"), stop, now_us=LATE_US + after_us)
    assert isinstance(found, CancelFirst if is_due else Wait)
    if isinstance(found, Wait):
        assert found.until_us == LATE_US + SECOND


@pytest.mark.parametrize(("after_us", "is_due"), [(SECOND - 1, False), (SECOND, True)])
def test_a_market_sell_gets_a_second_to_end_by_itself(after_us: int, is_due: bool) -> None:
    sell = order(S.ACKED, role=EXIT, known_us=LATE_US)
    found = step(bought("10"), sell, now_us=LATE_US + after_us)
    assert isinstance(found, CancelFirst if is_due else Wait)


def test_what_the_stop_sold_is_not_sold_again() -> None:
    part = execution("T1", "4", txid="O2", side=Side.SELL)
    assert step(bought("10"), order(S.CLOSED, part, role=STOP, name="s")) == Sell(D(6))


@pytest.mark.parametrize(("free", "sold"), [("4", "4"), ("10", "10"), ("11", "10")])
def test_what_is_free_only_ever_lowers_the_quantity(free: str, sold: str) -> None:
    assert step(bought("10"), free=free) == Sell(D(sold))


@pytest.mark.parametrize("free", ["0", "-1", "0.00009"])
def test_coins_that_are_not_free_are_waited_for_and_never_oversold(free: str) -> None:
    found = step(bought("10"), free=free)
    assert isinstance(found, Wait)
    assert found.until_us == LATE_US + SECOND


@pytest.mark.parametrize(
    ("held", "price", "is_flat"),
    [("0.00009", "100000", True), ("0.0001", "100000", False), ("0.004", "124", True)],
)
def test_what_is_below_the_exchanges_minimums_is_dust(held: str, price: str, is_flat: bool) -> None:
    assert isinstance(step(bought(held), price=price), Flat if is_flat else Sell)


def test_without_a_price_the_minimum_cost_hinders_no_exit() -> None:
    assert step(bought("0.0001"), price=None) == Sell(D("0.0001"))


def test_a_refused_sell_is_repeated_after_a_second_and_says_how_often_it_failed() -> None:
    assert step(bought("10"), *refused_sells(2)) == Sell(D(10), 2)
    early = step(bought("10"), *refused_sells(2), now_us=INTENDED_US + SECOND - 1)
    assert early == Wait("selling failed: EOrder:Unknown", Micros(INTENDED_US + SECOND))


@pytest.mark.parametrize(("failures", "pause_s"), [(5, 1), (6, 30)])
def test_after_more_than_five_failures_a_sell_is_repeated_every_thirty_seconds_for_ever(
    failures: int, pause_s: int
) -> None:
    """SAFETY O8."""
    due = INTENDED_US + pause_s * SECOND
    orders = (bought("10"), *refused_sells(failures))
    assert isinstance(step(*orders, now_us=due - 1), Wait)
    assert step(*orders, now_us=due) == Sell(D(10), failures)


def test_a_sell_that_worked_ends_the_row_of_failures() -> None:
    part = execution("T1", "4", txid="O3", side=Side.SELL)
    done = order(S.CLOSED, part, role=EXIT, name="done")
    assert step(bought("10"), *refused_sells(3), done) == Sell(D(6))
