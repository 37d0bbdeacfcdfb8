"""What did the harness find, and does it stay found?

Each test is the shortest life, or the shortest conversation, that failed before its fix.
"""

from decimal import Decimal as D

from s1mpletrader.core.effects import AskBalances, AskLook, AskOrder, Cancel, Effects, Submit
from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.looks import BalanceRow, Balances, OpenRow, OrderFound
from s1mpletrader.model.orders import Ack, Reject, Unknown
from tests.core.test_trader import BTC, Stage, submit_in
from tests.crash.test_crash_points import outlived
from tests.fakes.temper import HIDING


class Holder(Stage):
    """A trader that holds 10 behind a stop and is told to sell."""

    def sell(self) -> Submit:
        """Enter, guard, and exit up to the sell."""
        self.start()
        entry = submit_in(self.plan())
        stop = submit_in(self.fill(entry, "10", "100", "O1"))
        self.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
        self.close(entry, "10", "O1")
        self.exit()
        return submit_in(self.close(stop, "0", "O2"))

    def refuse(self, sell: Submit, *, later_s: float) -> Effects:
        """Refuse a sell for want of coins."""
        refusal = Reject("EOrder:Insufficient funds")
        return self.tell(inputs.Submitted(sell.order.client_id, refusal), later_s=later_s)

    def read(self, free: str) -> Effects:
        """Let a balance read arrive."""
        row = BalanceRow(BTC, D(free), D(0))
        return self.tell(inputs.BalancesRead(Balances((row,), "L", "L")), later_s=0.2)


def test_an_order_that_shows_after_everybody_gave_up_is_found_again() -> None:
    for seed in (0, 2, 4):
        assert outlived("planned exit", seed, HIDING) == []


def test_nothing_is_sold_again_while_the_balances_say_that_it_was_sold() -> None:
    for seed in (3, 5, 8, 11):
        assert outlived("planned exit", seed, HIDING) == []


def test_a_refused_sell_is_repeated_with_what_is_free() -> None:
    stage = Holder()
    again = submit_in(stage.refuse(stage.sell(), later_s=2.5))
    stage.read("7")
    once_more = submit_in(stage.refuse(again, later_s=1.5))
    assert once_more.order.qty == D(7)


def test_an_order_whose_cancel_is_repeated_is_looked_up_all_the_same() -> None:
    stage = Holder()
    sell = stage.sell()
    stage.tell(inputs.Submitted(sell.order.client_id, Ack(ExchangeOrderId("O3"))))
    for _ in range(3):
        effects = stage.tell(inputs.TimerFired(), later_s=1)
        assert isinstance(effects.sends[0], Cancel)
    assert AskOrder(ExchangeOrderId("O3")) in effects.asks


def test_an_end_without_a_quantity_is_looked_up_until_it_is_stated() -> None:
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan())
    txid = ExchangeOrderId("O1")
    ended = inputs.OrderEvent(txid, entry.order.client_id, "closed")
    assert AskOrder(txid) in stage.tell(ended).asks
    stale = OrderFound(txid, D(10), D(0), None, None, ())
    assert not stage.tell(inputs.OrderLookedUp(txid, stale)).asks
    assert AskOrder(txid) in stage.tell(inputs.TimerFired(), later_s=1).asks
    stated = OrderFound(txid, D(10), D(0), None, Micros(stage.now), ())
    stage.tell(inputs.OrderLookedUp(txid, stated))
    assert not stage.tell(inputs.TimerFired(), later_s=1).asks
    assert not stage.trader.memory.ended


def test_a_balance_that_may_be_late_lowers_nothing() -> None:
    stage = Holder()
    again = submit_in(stage.refuse(stage.sell(), later_s=1.5))
    stage.read("0")  # 1.7 s after the stop let go of the coins
    assert submit_in(stage.refuse(again, later_s=1.5)).order.qty == D(10)


def test_the_executions_of_an_order_found_late_are_read_from_its_intent_on() -> None:
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan()).order
    intended = stage.now
    stage.tell(inputs.Submitted(entry.client_id, Unknown("no answer", slow=True)), later_s=5)
    stage.look()
    stage.tell(inputs.TimerFired(), later_s=70)
    stage.look()  # absent, and agreeing
    stage.tell(inputs.TimerFired(), later_s=3)
    row = OpenRow(
        txid=ExchangeOrderId("O1"),
        client_id=entry.client_id,
        symbol=entry.symbol,
        side=entry.side,
        type=entry.type,
        qty=D(10),
        vol_exec=D(6),
        opened_us=Micros(intended),
    )
    stage.look(open=(row,))
    asks = stage.tell(inputs.TimerFired(), later_s=3).asks
    assert any(isinstance(each, AskLook) and each.since_us < intended for each in asks)


def test_missing_coins_are_looked_for_and_asked_for_again() -> None:
    stage = Holder()
    again = submit_in(stage.refuse(stage.sell(), later_s=2.5))
    stage.read("0")
    effects = stage.refuse(again, later_s=1.5)
    assert not effects.sends
    assert ("coins_missing", "symbol:BTC/USD") in stage.trader.books.halts
    assert stage.trader.memory.look_asked_us == Micros(stage.now)
    asks = stage.tell(inputs.TimerFired(), later_s=6).asks
    assert any(isinstance(each, AskBalances) for each in asks)
    stage.look()
    asks = stage.tell(inputs.TimerFired(), later_s=40).asks
    assert any(isinstance(each, AskLook) for each in asks)
    stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
    assert submit_in(stage.read("10")).order.qty == D(10)
