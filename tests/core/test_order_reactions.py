"""Is every answer believed for what it proves, however late or often it comes?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.core.effects import Amend, AskOrder, Submit
from s1mpletrader.core.identity import OrderIdentity, client_order_id
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.looks import NotShown, OrderFound
from s1mpletrader.model.orders import Ack, Amended, OrderStatus, Reject, Unknown
from tests.core.test_reactions import foreign_trade, reasons
from tests.core.test_trader import Stage, submit_in
from tests.core.test_trader_attacks import guarded

O1, O2 = ExchangeOrderId("O1"), ExchangeOrderId("O2")


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def raised(stage: Stage) -> Submit:
    """Buy 4 under a stop, then 6 more; return the stop whose amend to 10 has no answer yet."""
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "4", "100", "O1"))
    stage.tell(inputs.Submitted(stop.order.client_id, Ack(O2)))
    assert isinstance(stage.fill(entry, "6", "100", "O1").sends[0], Amend)
    return stop


def shown(qty: str, *, executed: str = "0", closed_us: int | None = None) -> OrderFound:
    closed = None if closed_us is None else Micros(closed_us)
    return OrderFound(O2, D(qty), D(executed), D(90), closed, ())


def test_a_late_acknowledgement_ends_the_doubt(stage: Stage) -> None:
    """SAFETY D6."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    stage.tell(inputs.OrderEvent(O1, entry.order.client_id, "open"), later_s=4)
    order = stage.trader.books.orders[entry.order.client_id]
    assert (order.status, order.txid) == (OrderStatus.ACKED, O1)
    assert not reasons(stage)


def test_a_late_refusal_ends_the_doubt(stage: Stage) -> None:
    """SAFETY D6."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    stage.tell(inputs.Submitted(entry.order.client_id, Reject("EOrder:x")), later_s=4)
    assert stage.trader.books.orders[entry.order.client_id].status is OrderStatus.REJECTED
    assert not reasons(stage)


def test_a_timeout_after_the_stream_spoke_takes_nothing_back(stage: Stage) -> None:
    """SAFETY D2: positive evidence stays."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.OrderEvent(O1, entry.order.client_id, "open"))
    effects = stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    assert stage.trader.books.orders[entry.order.client_id].status is OrderStatus.ACKED
    assert not any(isinstance(each, records.WentUnknown) for each in effects.records)


def test_an_acknowledgement_told_twice_is_recorded_once(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    first = stage.tell(inputs.Submitted(entry.order.client_id, Ack(O1)))
    again = stage.tell(inputs.OrderEvent(O1, entry.order.client_id, "open"))
    assert any(isinstance(each, records.Acked) for each in first.records)
    assert not again.records


def test_an_execution_told_twice_is_booked_once(stage: Stage) -> None:
    """SAFETY O5: by its exec id, whoever tells it."""
    entry = submit_in(stage.plan())
    trade = foreign_trade(stage, "O1")
    for _ in range(2):
        stage.tell(inputs.OrderEvent(O1, entry.order.client_id, "fill", fill=trade))
    found = OrderFound(O1, D(10), D(1), None, None, (trade,))
    stage.tell(inputs.OrderLookedUp(O1, found))
    assert stage.trader.books.orders[entry.order.client_id].executed == D(1)


def test_an_order_that_the_door_held_back_and_that_appears_is_a_contradiction(
    stage: Stage,
) -> None:
    entry = submit_in(stage.plan())
    stage.tell(inputs.NotSentByDoor(entry.order.client_id, "too old"))
    stage.tell(inputs.OrderEvent(O1, entry.order.client_id, "open"))
    assert stage.trader.books.orders[entry.order.client_id].status is OrderStatus.ACKED
    assert reasons(stage) == {"contradiction"}


def test_an_order_with_another_accounts_tag_is_a_strangers(stage: Stage) -> None:
    theirs = client_order_id(OrderIdentity(8, 99, 0, 1))
    stage.tell(inputs.OrderEvent(ExchangeOrderId("OX"), theirs, "open"))
    assert not reasons(stage)


def test_an_end_without_a_quantity_is_looked_up_and_believed_when_it_is_stated(
    stage: Stage,
) -> None:
    """SAFETY D6: nothing is sold before the stop's executed quantity is known."""
    stop = guarded(stage)
    stage.exit()
    effects = stage.tell(inputs.OrderEvent(O2, stop.order.client_id, "closed"), later_s=1)
    assert AskOrder(O2) in effects.asks
    assert not any(isinstance(each, Submit) for each in effects.sends)
    stage.tell(inputs.OrderLookedUp(O2, NotShown("not complete yet")))
    assert stage.trader.books.orders[stop.order.client_id].status is OrderStatus.ACKED
    sold = stage.tell(inputs.OrderLookedUp(O2, shown("10", closed_us=stage.now)))
    assert submit_in(sold).order.qty == D(10)
    assert not stage.trader.memory.ended


def test_a_final_quantity_told_twice_stays_what_it_was(stage: Stage) -> None:
    stop = guarded(stage)
    stage.exit()
    stage.close(stop, "3", "O2")
    effects = stage.close(stop, "4", "O2")
    assert stage.trader.books.orders[stop.order.client_id].final_volume == D(3)
    assert not any(isinstance(each, records.FinalVolume) for each in effects.records)


def test_a_look_up_of_an_order_that_nobody_knows_changes_nothing(stage: Stage) -> None:
    assert not stage.tell(inputs.OrderLookedUp(ExchangeOrderId("OX"), shown("1"))).records


def test_a_look_up_of_an_open_order_without_an_amend_changes_nothing(stage: Stage) -> None:
    guarded(stage)
    assert not stage.tell(inputs.OrderLookedUp(O2, shown("10"))).records


# Amends (SAFETY O8).


def test_an_amend_that_is_confirmed_covers_the_holding(stage: Stage) -> None:
    stop = raised(stage)
    stage.tell(inputs.AmendAnswered(stop.order.client_id, Amended()))
    order = stage.trader.books.orders[stop.order.client_id]
    assert (order.qty, order.amend, order.amends_failed) == (D(10), None, 0)
    again = stage.tell(inputs.AmendAnswered(stop.order.client_id, Amended()))
    assert not again.records


def test_a_refused_amend_leaves_the_stop_as_it_was_and_asks_whether_it_is_there(
    stage: Stage,
) -> None:
    stop = raised(stage)
    effects = stage.tell(inputs.AmendAnswered(stop.order.client_id, Reject("EOrder:x")))
    settled = [each for each in effects.records if isinstance(each, records.AmendSettled)]
    assert [(each.qty, each.by) for each in settled] == [(D(4), "refusal")]
    assert AskOrder(O2) in effects.asks


def test_an_amend_without_an_answer_is_settled_by_what_the_exchange_shows(stage: Stage) -> None:
    stop = raised(stage)
    stage.tell(inputs.AmendAnswered(stop.order.client_id, Unknown("timeout")))
    assert stage.trader.books.orders[stop.order.client_id].amend is not None
    stage.tell(inputs.OrderLookedUp(O2, shown("10")))
    order = stage.trader.books.orders[stop.order.client_id]
    assert (order.qty, order.amend, order.amends_failed) == (D(10), None, 0)


@pytest.mark.parametrize(("later_s", "is_settled"), [(9.9, False), (10, True)])
def test_an_amend_that_does_not_show_may_come_true_until_its_deadline_and_grace(
    stage: Stage, later_s: float, is_settled: bool
) -> None:
    stop = raised(stage)
    stage.tell(inputs.OrderLookedUp(O2, shown("4")), later_s=later_s)
    order = stage.trader.books.orders[stop.order.client_id]
    assert (order.amends_failed == 1) is is_settled


def test_an_amend_without_an_answer_is_looked_up_when_it_is_ripe(stage: Stage) -> None:
    raised(stage)
    assert AskOrder(O2) not in stage.tell(inputs.TimerFired(), later_s=9.9).asks
    assert AskOrder(O2) in stage.tell(inputs.TimerFired(), later_s=0.1).asks
