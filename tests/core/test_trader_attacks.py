"""Which sequences of true events would hurt the account, or the engine?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.core.effects import Amend, AskBalances, Cancel, Effects, Submit
from s1mpletrader.core.rules import Rules
from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId, ExecId, Symbol
from s1mpletrader.model.looks import BalanceRow, Balances, ClosedRow, OrderFound
from s1mpletrader.model.orders import Ack, Fill, OrderRole, OrderType, Reject, Side
from tests.core.test_trader import BTC, USD, Stage, tick


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def sent(effects: Effects) -> Submit:
    submit = effects.sends[0]
    assert isinstance(submit, Submit)
    return submit


def guarded(stage: Stage) -> Submit:
    """Buy 10, let the stop rest at the exchange; return the stop."""
    entry = sent(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    stop = sent(stage.fill(entry, "10", "100", "O1"))
    stage.close(entry, "10", "O1")
    stage.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
    return stop


def btc_free(free: str) -> Balances:
    return Balances((BalanceRow(BTC, D(10), D(10) - D(free)),), "L", "L")


def test_a_trade_of_a_person_on_an_unlisted_pair_does_not_kill_the_engine(stage: Stage) -> None:
    pair, now = Symbol("NEWUSD"), Micros(stage.now)
    row = ClosedRow(
        ExchangeOrderId("F1"), None, pair, Side.BUY, OrderType.MARKET, D(1), D(1), now, now
    )
    trade = Fill(
        exec_id=ExecId("TF"),
        txid=row.txid,
        symbol=pair,
        side=Side.BUY,
        qty=D(1),
        price=D(2),
        cost=D(2),
        fee=D("0.01"),
        fee_asset=USD,
        time_us=Micros(stage.now + 1),
    )
    stage.now += 10_000_000
    stage.look(closed=(row,), trades=(trade,))
    assert row.txid in stage.trader.books.foreign


def test_balances_asked_for_before_the_stop_let_go_halt_nothing(stage: Stage) -> None:
    """The answer of a lease renewal arrives after the stop is gone and shows the coins held."""
    stop = guarded(stage)
    asked_us = Micros(stage.now)
    assert isinstance(stage.exit().sends[0], Cancel)
    stage.now += 100_000
    stage.tell(inputs.ConnectionChanged(1, "silent"))
    stage.trader.memory.is_subscribed = False  # nothing may leave just now
    stage.close(stop, "0", "O2")
    stage.tell(inputs.BalancesRead(btc_free("0"), asked_us), later_s=3)
    assert not [reason for reason, _ in stage.trader.books.halts if reason == "coins_missing"]


def test_missing_coins_are_asked_for_once_not_with_every_tick(stage: Stage) -> None:
    stop = guarded(stage)
    stage.exit()
    stage.trader.memory.is_subscribed = False
    stage.close(stop, "0", "O2")
    stage.now += 3_000_000  # late enough for a balance to show what the stop did
    stage.tell(inputs.BalancesRead(btc_free("0"), Micros(stage.now)))
    stage.trader.memory.is_subscribed = True
    stage.trader.memory.lease_asked_us = Micros(stage.now + 10**12)  # its asks are not counted
    stage.now += 6_000_000
    asks = [ask for _ in range(50) for ask in stage.tell(tick("100"), later_s=0.01).asks]
    assert sum(isinstance(ask, AskBalances) for ask in asks) == 1


def test_no_stop_is_intended_while_the_door_would_refuse_it_for_the_lease(stage: Stage) -> None:
    stop = guarded(stage)
    stage.now += 3_600_000_000  # REST is gone for an hour, the WebSocket is not
    stage.close(stop, "0", "O2")
    orders = len(stage.trader.books.orders)
    for _ in range(30):
        stage.tell(tick("100"), later_s=2)
    assert len(stage.trader.books.orders) == orders
    renewed = stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
    assert sent(renewed).role is OrderRole.STOP


def test_a_stop_that_cannot_be_raised_gets_a_second_one_beside_it(stage: Stage) -> None:
    """An exchange that refuses every amend must not leave the later fills bare for good."""
    entry = sent(stage.plan())
    stop = sent(stage.fill(entry, "4", "100", "O1"))
    effects = stage.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
    effects = stage.fill(entry, "6", "100", "O1")
    for _ in range(Rules().amend_failures_max):
        assert isinstance(effects.sends[0], Amend)
        refusal = Reject("EOrder:Invalid order")
        stage.tell(inputs.AmendAnswered(stop.order.client_id, refusal))
        stage.now += 10_100_000
        stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
        shown = OrderFound(ExchangeOrderId("O2"), D(4), D(0), D(90), None, ())
        effects = stage.tell(inputs.OrderLookedUp(ExchangeOrderId("O2"), shown))
    second = sent(effects)
    assert (second.role, second.order.qty) == (OrderRole.STOP, D(6))
    stage.tell(inputs.Submitted(second.order.client_id, Ack(ExchangeOrderId("O4"))))
    assert not stage.tell(inputs.TimerFired(), later_s=1).sends
