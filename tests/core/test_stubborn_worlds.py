"""What if the same bad thing happens again and again, or right after the gate was shut?"""

from decimal import Decimal as D

import msgspec
import pytest

from s1mpletrader.core.effects import Cancel, Submit
from s1mpletrader.core.identity import OrderIdentity, client_order_id
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ExchangeOrderId, LinkId, OpportunityId, ThreatId, TradeId
from s1mpletrader.model.looks import BalanceRow, Balances, LedgerRow
from s1mpletrader.model.orders import Ack, OrderRole, Side
from s1mpletrader.model.signals import RoutedTradePlan, TradingHalted
from tests.core.test_reactions import command, complete, reasons, stranger, turn_of
from tests.core.test_trader import LINK, PAIR, USD, Stage, submit_in
from tests.core.test_trader_attacks import guarded


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def die_at_once(stage: Stage, submit: Submit, number: int) -> tuple[object, ...]:
    txid = f"D{number}"
    stage.tell(inputs.Submitted(submit.order.client_id, Ack(ExchangeOrderId(txid))))
    return stage.close(submit, "0", txid).sends


def test_a_stop_that_rested_and_vanished_is_placed_again_at_once(stage: Stage) -> None:
    stop = guarded(stage)
    stage.now += 3_600 * SECOND
    stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
    again = submit_in(stage.close(stop, "0", "O2"))
    assert (again.role, again.order.qty) == (OrderRole.STOP, D(10))


def test_stops_that_die_at_once_are_placed_with_pauses_and_given_up_after_five(
    stage: Stage,
) -> None:
    """SAFETY O8."""
    stop = guarded(stage)
    assert not stage.close(stop, "0", "O2").sends
    for number in range(4):
        stop = submit_in(stage.tell(inputs.TimerFired(), later_s=1.1))
        assert stop.role is OrderRole.STOP
        sends = die_at_once(stage, stop, number)
    assert [each.role for each in sends if isinstance(each, Submit)] == [OrderRole.EXIT]
    assert "unprotected" in reasons(stage)


def test_a_market_sell_that_sells_nothing_is_repeated_with_pauses(stage: Stage) -> None:
    stop = guarded(stage)
    stage.exit()
    sell = submit_in(stage.close(stop, "0", "O2"))
    assert not die_at_once(stage, sell, 1)
    again = submit_in(stage.tell(inputs.TimerFired(), later_s=1.1))
    assert (again.role, again.order.qty) == (OrderRole.EXIT, D(10))


def test_a_halt_by_policy_cancels_resting_entries(stage: Stage) -> None:
    """SAFETY O7."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    turn = turn_of(stage, inputs.TimerFired())
    stage.trader.follow(turn, LINK, halts=(TradingHalted(ThreatId("th"), "drawdown"),))
    (cancel,) = stage.trader.settle(turn).sends
    assert isinstance(cancel, Cancel)
    assert cancel.client_id == entry.order.client_id


def test_a_threat_to_one_link_leaves_the_entries_of_others(stage: Stage) -> None:
    stage.plan()
    turn = turn_of(stage, inputs.TimerFired())
    stage.trader.follow(turn, LinkId("other"), halts=(TradingHalted(ThreatId("th"), "drawdown"),))
    assert not stage.trader.settle(turn).sends


def test_only_a_look_that_began_after_a_contradiction_lets_it_be_resumed(stage: Stage) -> None:
    """SAFETY G1: an older agreement is no answer to a newer halt."""
    entry = submit_in(stage.plan())
    stage.close(entry, "0", "O1")
    row = msgspec.structs.replace(stranger(entry.order.client_id, "O1"), side=Side.BUY, qty=D(10))
    for _ in range(2):
        stage.now += 5 * SECOND
        stage.tell(inputs.LookTaken(complete(stage, open=(row,))))
    stage.now += 1
    stage.tell(command("resume"))
    assert reasons(stage) == {"contradiction"}
    stage.now += 5 * SECOND
    stage.look()
    stage.tell(command("resume"))
    assert not reasons(stage)


def test_withdrawals_beyond_what_belongs_to_no_link_halt_the_account(stage: Stage) -> None:
    """SAFETY D10."""
    stage.now += 5 * SECOND
    entry = LedgerRow("LW", USD, D(-15_000), D(0), "withdrawal", Micros(stage.now))
    balances = Balances((BalanceRow(USD, D(5_000), D(0)),), "L", "L", (entry,))
    stage.tell(inputs.LookTaken(complete(stage, balances=balances)))
    assert ("unallocated", "account") in stage.trader.books.halts


def test_a_fenced_engine_sends_and_asks_nothing_any_more(stage: Stage) -> None:
    """SAFETY F3: not even a cancel, which could take the newer copy's stop away."""
    guarded(stage)
    stage.tell(command("halt", "close_positions"))
    newer = client_order_id(OrderIdentity(7, 6, 0, 1))
    event = inputs.OrderEvent(ExchangeOrderId("ON"), newer, "open")
    effects = stage.tell(event, later_s=30)
    assert "fenced" in reasons(stage)
    assert (effects.sends, effects.asks) == ((), ())
    assert effects.records


def test_an_entry_on_an_orphaned_account_is_refused(stage: Stage) -> None:
    lost = client_order_id(OrderIdentity(7, 4, 0, 1))
    stage.tell(inputs.OrderEvent(ExchangeOrderId("OL"), lost, "open"))
    turn = turn_of(stage, inputs.TimerFired())
    plan = RoutedTradePlan(TradeId("t"), OpportunityId("o"), LINK, PAIR, D(1), D(100), D(90))
    stage.trader.follow(turn, LINK, plans=(plan,))
    assert not turn.effects.sends
