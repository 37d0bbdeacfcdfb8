"""Is a holding never bare for longer than it must be (SAFETY O8)?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.core.orders import Order
from s1mpletrader.core.protection import (
    Covered,
    GiveUpStop,
    PlaceStop,
    RaiseStop,
    Step,
    Wait,
    bare_quantity,
    next_step,
)
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trades import Trade
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId
from s1mpletrader.model.orders import OrderRole, Side
from s1mpletrader.model.orders import OrderStatus as S
from s1mpletrader.model.records import AmendWanted
from tests.core.specimens import INTENDED_US, LATE_US, bought, execution, order, trade_of
from tests.core.test_trader import INSTRUMENT

TXID = ExchangeOrderId("O2")


def stop(status: S = S.ACKED, qty: str = "10", name: str = "s1", **changes: object) -> Order:
    found = TXID if status is S.ACKED else None
    return order(status, role=OrderRole.STOP, qty=qty, name=name, **{"txid": found, **changes})


def refused(count: int, status: S = S.REJECTED) -> list[Order]:
    return [stop(status, name=f"r{n}", reason="EOrder:no") for n in range(count)]


def step(
    *orders: Order,
    trade: Trade | None = None,
    price: str | None = "100",
    now_us: int = LATE_US,
    can_amend: bool = True,
) -> Step:
    return next_step(
        trade_of() if trade is None else trade,
        orders,
        INSTRUMENT,
        last_price=None if price is None else D(price),
        now_us=Micros(now_us),
        rules=Rules(),
        can_amend=can_amend,
    )


def test_a_holding_without_a_stop_gets_one_for_all_of_it() -> None:
    assert step(bought("10")) == PlaceStop(D(10), D(90))


def test_a_trade_that_accepts_to_be_bare_gets_no_stop() -> None:
    assert step(bought("10"), trade=trade_of(None)) == Covered()


def test_a_covered_holding_needs_nothing() -> None:
    assert step(bought("10"), stop()) == Covered()


def test_what_was_bought_since_is_covered_by_the_same_stop() -> None:
    assert step(bought("10"), stop(qty="4")) == RaiseStop(ClientOrderId("s1"), D(10), D(90))


def test_a_stop_that_sold_a_part_covers_the_rest_and_is_not_raised() -> None:
    sold = execution("T1", "4", txid="O2", side=Side.SELL)
    resting = order(S.ACKED, sold, role=OrderRole.STOP, txid=TXID)
    assert step(bought("10"), resting) == Covered()


@pytest.mark.parametrize(("failed", "is_raised"), [(1, True), (2, False)])
def test_a_stop_whose_amends_fail_twice_is_joined_by_a_second_one(
    failed: int, is_raised: bool
) -> None:
    found = step(bought("10"), stop(qty="4", amends_failed=failed))
    wanted = RaiseStop(ClientOrderId("s1"), D(10), D(90)) if is_raised else PlaceStop(D(6), D(90))
    assert found == wanted


def test_an_exchange_that_cannot_amend_gets_a_second_stop() -> None:
    assert step(bought("10"), stop(qty="4"), can_amend=False) == PlaceStop(D(6), D(90))


@pytest.mark.parametrize(
    "unclear",
    [
        stop(S.INTENT),
        stop(S.UNKNOWN),
        stop(final_volume=D(3)),
        stop(amend=AmendWanted(ClientOrderId("s1"), D(9), D(90), Micros(0))),
    ],
)
def test_no_second_stop_is_placed_while_the_first_is_unclear(unclear: Order) -> None:
    """Two stops for one holding could sell it twice."""
    found = step(bought("10"), unclear)
    assert isinstance(found, Wait)
    assert found.until_us is None


def test_what_is_too_small_to_carry_a_stop_is_dust() -> None:
    assert step(bought("0.00009")) == Covered(dust=D("0.00009"))
    assert step(bought("0.001")) == Covered(dust=D("0.001"))  # 0.09 in quote, 0.5 is the least


@pytest.mark.parametrize(("price", "gives_up"), [("90.01", False), ("90", True), ("89", True)])
def test_a_market_at_or_through_the_trigger_leaves_no_stop_to_be_had(
    price: str, gives_up: bool
) -> None:
    assert isinstance(step(bought("10"), price=price), GiveUpStop if gives_up else PlaceStop)


def test_without_a_price_the_stop_is_placed_all_the_same() -> None:
    assert step(bought("10"), price=None) == PlaceStop(D(10), D(90))


def test_a_refused_stop_is_tried_again_after_a_second() -> None:
    due = INTENDED_US + SECOND
    orders = (bought("10"), *refused(4))
    assert step(*orders, now_us=due - 1) == Wait("a stop was refused: EOrder:no", Micros(due))
    assert step(*orders, now_us=due) == PlaceStop(D(10), D(90))


@pytest.mark.parametrize("status", [S.REJECTED, S.NOT_PLACED])
def test_after_five_refusals_no_stop_can_be_had(status: S) -> None:
    assert step(bought("10"), *refused(5, status)) == GiveUpStop("5 placements failed: EOrder:no")


def test_what_our_own_door_held_back_is_no_refusal_of_the_exchange() -> None:
    """SAFETY O2: a missing lease must not sell a holding."""
    assert step(bought("10"), *refused(9, S.NOT_SENT)) == PlaceStop(D(10), D(90))


def test_a_stop_that_was_placed_ends_the_row_of_refusals() -> None:
    gone = stop(S.CLOSED, name="gone", final_us=LATE_US)
    assert step(bought("10"), *refused(4), gone, *refused(1)) == PlaceStop(D(10), D(90))


def test_a_stop_that_vanished_is_replaced() -> None:
    assert step(bought("10"), stop(S.CLOSED, name="gone", final_us=LATE_US)) == PlaceStop(
        D(10), D(90)
    )


@pytest.mark.parametrize(
    ("resting", "bare"), [(stop(), "0"), (stop(qty="4"), "6"), (stop(S.UNKNOWN), "10")]
)
def test_only_a_stop_that_certainly_rests_counts_as_cover(resting: Order, bare: str) -> None:
    assert bare_quantity((bought("10"), resting), INSTRUMENT) == D(bare)
