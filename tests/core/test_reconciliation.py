"""What does each row of SAFETY D6 say, and what does the code do about it?"""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core.order_flow import DENIED, IN_DOUBT, OrderHappening
from s1mpletrader.core.orders import Order
from s1mpletrader.core.reconciliation import (
    Count,
    Judgement,
    Negative,
    Sighting,
    is_ripe,
    judge,
    recount,
)
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import (
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    ExecId,
    LinkId,
    Symbol,
    TradeId,
)
from s1mpletrader.model.looks import ClosedRow, OpenRow, Partial, Unavailable
from s1mpletrader.model.orders import (
    Ack,
    Fill,
    NewOrder,
    OrderRole,
    OrderStatus,
    OrderType,
    Reject,
    Side,
    Unknown,
)
from tests.core.test_trader import Stage, submit_in

PAIR, ME, TXID = Symbol("BTC/USD"), ClientOrderId("c1"), ExchangeOrderId("O1")
DEADLINE, GRACE, V, SP = 100 * SECOND, 5 * SECOND, 2 * SECOND, 2 * SECOND
S = OrderStatus
DOUBTS = sorted(IN_DOUBT)
LOOK = (Micros(200 * SECOND), Micros(201 * SECOND))


def fill(name: str, qty: str = "1") -> Fill:
    return Fill(
        ExecId(name), TXID, PAIR, Side.BUY, D(qty), D(1), D(qty), D(0), Asset("USD"), Micros(0)
    )


def order(status: OrderStatus, *fills: Fill, qty: str = "3", known_us: int = 0) -> Order:
    new = NewOrder(ME, PAIR, Side.BUY, OrderType.LIMIT, D(qty), Micros(DEADLINE))
    intent = records.Intended(new, OrderRole.ENTRY, LinkId("l"), TradeId("t"), Micros(GRACE), D(0))
    fresh = Order.intended(intent, Micros(0))
    return Order(
        intent,
        status,
        fresh.intended_us,
        fresh.grace_us,
        fresh.qty,
        None,
        known_us=Micros(known_us),
        final_us=Micros(known_us),
        fills=fills,
    )


def opened(vol_exec: str) -> OpenRow:
    return OpenRow(TXID, ME, PAIR, Side.BUY, OrderType.LIMIT, D(3), D(vol_exec), Micros(0))


def closed(vol_exec: str) -> ClosedRow:
    return ClosedRow(
        TXID, ME, PAIR, Side.BUY, OrderType.LIMIT, D(3), D(vol_exec), Micros(0), Micros(0)
    )


def verdict(of: Order, sighting: Sighting, *, is_strange: bool = False) -> Judgement:
    return judge(of, sighting, is_strange=is_strange)


# What the lists show is believed at once.


@pytest.mark.parametrize("status", DOUBTS)
def test_an_order_in_doubt_that_is_open_is_adopted_and_its_trades_are_booked(
    status: OrderStatus,
) -> None:
    found = verdict(order(status), Sighting(opened("1"), fills=(fill("T1"),)))
    assert found == Judgement(adopt=True, fills=(fill("T1"),))


@pytest.mark.parametrize("status", [*DOUBTS, S.ACKED])
@pytest.mark.parametrize("executed", ["0", "2"])
def test_a_closed_order_keeps_its_executed_quantity(status: OrderStatus, executed: str) -> None:
    trades = (fill("T1"), fill("T2")) if executed == "2" else ()
    found = verdict(order(status), Sighting(closed=closed(executed), fills=trades))
    assert (found.final, found.fills, found.agrees) == (D(executed), trades, True)
    assert found.adopt is (status in IN_DOUBT)


def test_a_closed_order_whose_trades_are_not_all_shown_does_not_agree_yet() -> None:
    found = verdict(order(S.ACKED), Sighting(closed=closed("2"), fills=(fill("T1"),)))
    assert (found.final, found.agrees) == (D(2), False)


def test_an_execution_that_is_booked_is_not_booked_again() -> None:
    both = (fill("T1"), fill("T2"))
    assert verdict(order(S.ACKED, fill("T1")), Sighting(opened("2"), fills=both)).fills == both[1:]


def test_closed_beats_open_inside_one_look() -> None:
    found = verdict(order(S.CLOSED, fill("T1")), Sighting(opened("0"), closed("1")))
    assert found.negative is None
    assert found.agrees


def test_an_open_order_that_executed_more_than_is_booked_does_not_agree_until_equal() -> None:
    assert not verdict(order(S.ACKED), Sighting(opened("1"))).agrees
    assert verdict(order(S.ACKED), Sighting(opened("1"), fills=(fill("T1"),))).agrees


def test_the_books_may_be_ahead_of_the_open_list() -> None:
    assert verdict(order(S.ACKED, fill("T1")), Sighting(opened("0"))).agrees


@pytest.mark.parametrize("status", sorted(DENIED))
@pytest.mark.parametrize("row", [Sighting(opened("0")), Sighting(closed=closed("0"))])
def test_an_order_that_appears_after_all_is_adopted_and_does_not_agree(
    status: OrderStatus, row: Sighting
) -> None:
    found = verdict(order(status), row)
    assert found.adopt
    assert not found.agrees


# Absence, and lists that lag.


@pytest.mark.parametrize("status", DOUBTS)
def test_the_absence_of_an_order_in_doubt_suggests_that_it_was_not_placed(
    status: OrderStatus,
) -> None:
    assert verdict(order(status), Sighting()) == Judgement(negative=Negative.NOT_PLACED)


@pytest.mark.parametrize("status", DOUBTS)
def test_beside_an_unexplained_trade_absence_means_nothing(status: OrderStatus) -> None:
    assert verdict(order(status), Sighting(), is_strange=True) == Judgement()


def test_an_acked_order_that_is_nowhere_is_closed_if_all_of_it_is_booked() -> None:
    found = verdict(order(S.ACKED, fill("T1", "3")), Sighting())
    assert (found.final, found.negative, found.agrees) == (D(3), None, False)


def test_an_acked_order_that_is_nowhere_is_missing() -> None:
    found = verdict(order(S.ACKED, fill("T1")), Sighting())
    assert (found.negative, found.agrees) == (Negative.MISSING, False)


def test_a_closed_order_that_is_shown_open_is_suspicious() -> None:
    found = verdict(order(S.CLOSED, fill("T1", "3")), Sighting(opened("0")))
    assert found.negative is Negative.STILL_OPEN


@pytest.mark.parametrize("status", sorted(DENIED | {S.CLOSED}))
def test_a_final_order_in_no_list_says_nothing(status: OrderStatus) -> None:
    assert verdict(order(status), Sighting()) == Judgement()


# When absence is ripe (SAFETY D2).


@pytest.mark.parametrize("status", DOUBTS)
def test_absence_in_doubt_is_ripe_at_deadline_plus_grace_and_not_before(
    status: OrderStatus,
) -> None:
    due = DEADLINE + GRACE
    assert not is_ripe(order(status), Micros(due - 1), Micros(0), Micros(V))
    assert is_ripe(order(status), Micros(due), Micros(0), Micros(V))


def test_absence_of_an_acked_order_is_ripe_v_after_the_ack_or_the_start() -> None:
    known = order(S.ACKED, known_us=50 * SECOND)
    assert not is_ripe(known, Micros(52 * SECOND - 1), Micros(0), Micros(V))
    assert is_ripe(known, Micros(52 * SECOND), Micros(0), Micros(V))
    assert not is_ripe(known, Micros(52 * SECOND), Micros(60 * SECOND), Micros(V))


def test_a_look_that_began_before_the_order_closed_is_no_evidence_against_it() -> None:
    done = order(S.CLOSED, known_us=50 * SECOND)
    assert not is_ripe(done, Micros(50 * SECOND - 1), Micros(0), Micros(V))
    assert is_ripe(done, Micros(50 * SECOND), Micros(0), Micros(V))


# Two looks that agree (SAFETY D2).


def second_look(gap_us: int) -> tuple[Micros, Micros]:
    began = LOOK[1] + gap_us
    return Micros(began), Micros(began + 1)


def test_the_first_look_proves_nothing() -> None:
    count, is_proof = recount(None, order(S.UNKNOWN), Negative.NOT_PLACED, LOOK, Micros(SP))
    assert not is_proof
    assert count == Count(Negative.NOT_PLACED, (S.UNKNOWN, 0), LOOK[1])


def test_a_second_look_proves_it_from_the_spacing_on() -> None:
    first, _ = recount(None, order(S.UNKNOWN), Negative.NOT_PLACED, LOOK, Micros(SP))
    doubt = (order(S.UNKNOWN), Negative.NOT_PLACED)
    assert recount(first, *doubt, second_look(SP - 1), Micros(SP)) == (first, False)
    assert recount(first, *doubt, second_look(SP), Micros(SP)) == (None, True)


@pytest.mark.parametrize(
    ("changed", "negative"),
    [
        (order(S.ACKED), Negative.NOT_PLACED),
        (order(S.UNKNOWN, fill("T1")), Negative.NOT_PLACED),
        (order(S.UNKNOWN), Negative.MISSING),
    ],
    ids=["another status", "another fill", "another verdict"],
)
def test_a_change_of_the_order_or_the_verdict_begins_the_count_anew(
    changed: Order, negative: Negative
) -> None:
    first, _ = recount(None, order(S.UNKNOWN), Negative.NOT_PLACED, LOOK, Micros(SP))
    later = second_look(10 * SP)
    count, is_proof = recount(first, changed, negative, later, Micros(SP))
    assert not is_proof
    assert count is not None
    assert count.ended_us == later[1]


def test_being_found_sets_the_count_to_zero() -> None:
    first, _ = recount(None, order(S.UNKNOWN), Negative.NOT_PLACED, LOOK, Micros(SP))
    assert recount(first, order(S.UNKNOWN), None, second_look(SP), Micros(SP)) == (None, False)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, Negative.NOT_PLACED]), st.integers(0, 3 * SP), st.integers(1, SP)
        ),
        max_size=8,
    )
)
def test_proof_always_has_two_suggestions_sp_apart_with_nothing_between(
    looks: list[tuple[Negative | None, int, int]],
) -> None:
    count, at, run_began = None, 0, None
    for negative, gap, length in looks:
        began, at = at + gap, at + gap + length
        window = (Micros(began), Micros(at))
        count, is_proof = recount(count, order(S.UNKNOWN), negative, window, Micros(SP))
        if is_proof:
            assert run_began is not None
            assert began - run_began >= SP
            run_began = None
        elif negative is None:
            run_began = None
        elif run_began is None:
            run_began = at


# The same through the whole trader.


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def unanswered_entry(stage: Stage) -> ClientOrderId:
    me = submit_in(stage.plan()).order.client_id
    stage.tell(inputs.Submitted(me, Unknown("no answer")))
    return me


def test_an_order_absent_from_two_ripe_looks_was_not_placed_and_frees_its_money(
    stage: Stage,
) -> None:
    me = unanswered_entry(stage)
    books = stage.trader.books
    stage.now += 9 * SECOND
    stage.look()
    assert books.orders[me].is_in_doubt
    stage.now += 1 * SECOND
    stage.look()
    assert books.orders[me].is_in_doubt
    stage.now += 2 * SECOND
    stage.look()
    assert books.orders[me].status is S.NOT_PLACED
    assert books.reserved(LinkId("btc_trend"), Asset("USD")) == 0
    again = submit_in(stage.plan())  # the strategy may decide anew: another intent, another id
    assert again.order.client_id != me


@pytest.mark.parametrize("look", [Partial("page 2"), Unavailable("reset")])
def test_a_look_that_failed_draws_no_verdict(stage: Stage, look: Partial | Unavailable) -> None:
    me = unanswered_entry(stage)
    for _ in range(3):
        stage.now += 60 * SECOND
        stage.tell(inputs.LookTaken(look))
    assert stage.trader.books.orders[me].status is S.UNKNOWN


def test_a_late_ack_ends_the_doubt(stage: Stage) -> None:
    me = unanswered_entry(stage)
    stage.tell(inputs.Submitted(me, Ack(TXID)))
    assert stage.trader.books.orders[me].status is S.ACKED


def test_a_late_reject_ends_the_doubt(stage: Stage) -> None:
    me = unanswered_entry(stage)
    stage.tell(inputs.Submitted(me, Reject("EOrder:Insufficient funds")))
    assert stage.trader.books.orders[me].status is S.REJECTED


def test_an_ack_after_the_verdict_wins_and_halts(stage: Stage) -> None:
    me = unanswered_entry(stage)
    for _ in range(2):
        stage.now += 12 * SECOND
        stage.look()
    assert stage.trader.books.orders[me].status is S.NOT_PLACED
    stage.tell(inputs.Submitted(me, Ack(TXID)))
    assert stage.trader.books.orders[me].status is S.ACKED
    assert ("contradiction", "account") in stage.trader.books.halts


def test_every_happening_that_is_news_sets_the_moment_it_was_known() -> None:
    moved = order(S.UNKNOWN).moved(OrderHappening.ACKED, Micros(7))
    assert (moved.known_us, moved.final_us) == (7, 0)
    assert moved.moved(OrderHappening.FINISHED, Micros(9)).final_us == 9
