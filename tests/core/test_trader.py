"""Does one trade live and die as it should, decision by decision?"""

from decimal import Decimal as D

from s1mpletrader.core.effects import Amend, AskLook, Cancel, Effects, Submit
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trader import Trader
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import (
    Asset,
    ExchangeOrderId,
    ExecId,
    LinkId,
    OpportunityId,
    Symbol,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.looks import BalanceRow, Balances, Complete
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Ack, Amended, Fill, OrderRole, OrderStatus, Reject, Side
from s1mpletrader.model.signals import ExitSignal, RoutedTradePlan

BTC, USD, PAIR, LINK = Asset("BTC"), Asset("USD"), Symbol("BTC/USD"), LinkId("btc_trend")
INSTRUMENT = Instrument(
    PAIR, BTC, USD, D("0.01"), D("0.00000001"), D("0.00001"), D("0.0001"), D("0.5")
)


class Stage:
    """A trader with a hand-driven clock."""

    def __init__(self) -> None:
        self.trader = Trader(Rules(), tag=7)
        self.now = 1_000 * SECOND
        self.number = 0

    def tell(self, event: inputs.Input, *, later_s: float = 0) -> Effects:
        self.now += int(later_s * SECOND)
        self.number += 1
        stamp = inputs.Stamp(self.number, Micros(self.now), Micros(self.now))
        return self.trader.settle(self.trader.begin(stamp, event))

    def start(self) -> Effects:
        run = inputs.RunStarted(
            "0", "3", "c", "paper", 5, 9, 1, "host", "boot", instruments=(INSTRUMENT,)
        )
        self.tell(run)
        self.tell(inputs.CapitalConfigured(LINK, USD, D(10_000)))
        self.tell(inputs.LeaseRenewed(Micros(self.now)))
        self.tell(inputs.ConnectionChanged(1, "subscribed"))
        self.tell(tick("100"))
        effects = self.tell(inputs.TimerFired(), later_s=40)
        assert isinstance(effects.asks[0], AskLook)
        self.tell(inputs.LeaseRenewed(Micros(self.now)))
        self.look()
        self.tell(inputs.TimerFired(), later_s=2)
        self.tell(inputs.LeaseRenewed(Micros(self.now)))
        return self.look()

    def look(self, **lists: tuple[object, ...]) -> Effects:
        usd = BalanceRow(USD, D(20_000), D(0))
        return self.tell(
            inputs.LookTaken(
                Complete(
                    connection=1,
                    began_us=Micros(self.now),
                    ended_us=Micros(self.now),
                    since_us=Micros(0),
                    open=lists.get("open", ()),  # type: ignore[arg-type]
                    closed=lists.get("closed", ()),  # type: ignore[arg-type]
                    trades=lists.get("trades", ()),  # type: ignore[arg-type]
                    balances=Balances((usd,), "L", "L"),
                )
            )
        )

    def plan(self) -> Effects:
        self.number += 1
        stamp = inputs.Stamp(self.number, Micros(self.now), Micros(self.now))
        turn = self.trader.begin(stamp, tick("100"))
        why = OpportunityId("o1")
        found = records.OpportunityFound(why, LINK, PAIR, WorkerId("w"), "because")
        plan = RoutedTradePlan(TradeId("t1"), why, LINK, PAIR, D(10), D(101), D(90))
        self.trader.follow(turn, LINK, facts=(found,), plans=(plan,))
        return self.trader.settle(turn)

    def exit(self) -> Effects:
        self.number += 1
        stamp = inputs.Stamp(self.number, Micros(self.now), Micros(self.now))
        turn = self.trader.begin(stamp, tick("100"))
        signal = ExitSignal(PAIR, WorkerId("w"), "death cross", Micros(self.now))
        self.trader.follow(turn, LINK, exits=(signal,))
        return self.trader.settle(turn)

    def fill(self, submit: Submit, qty: str, price: str, txid: str) -> Effects:
        return self.tell(
            inputs.OrderEvent(
                ExchangeOrderId(txid),
                submit.order.client_id,
                "fill",
                fill=Fill(
                    ExecId(f"T{self.number}"),
                    ExchangeOrderId(txid),
                    PAIR,
                    submit.order.side,
                    D(qty),
                    D(price),
                    D(qty) * D(price),
                    D(1),
                    USD,
                    Micros(self.now),
                ),
            )
        )

    def close(self, submit: Submit, qty: str, txid: str) -> Effects:
        return self.tell(
            inputs.OrderEvent(
                ExchangeOrderId(txid), submit.order.client_id, "closed", vol_exec=D(qty)
            )
        )


def tick(price: str) -> inputs.MarketTick:
    return inputs.MarketTick(PAIR, D(price), D(1), "buy", 1, Micros(0))


def submit_in(effects: Effects) -> Submit:
    found = [each for each in effects.sends if isinstance(each, Submit)]
    assert len(found) == 1, effects
    return found[0]


def test_nothing_trades_before_an_agreeing_look() -> None:
    stage = Stage()
    run = inputs.RunStarted("0", "3", "c", "paper", 5, 9, 1, "h", "b", instruments=(INSTRUMENT,))
    stage.tell(run)
    effects = stage.plan()
    assert not effects.sends
    assert any(isinstance(each, records.OpportunityRejected) for each in effects.records)


def test_a_trade_from_opportunity_to_its_close() -> None:
    stage = Stage()
    stage.start()
    assert not stage.trader.books.halts
    entry = submit_in(stage.plan())
    assert entry.role is OrderRole.ENTRY
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    stop = submit_in(stage.fill(entry, "4", "100", "O1"))
    assert (stop.role, stop.order.qty, stop.order.trigger_price) == (OrderRole.STOP, D(4), D(90))
    assert stop.order.client_id == stage.trader.books.trades[TradeId("t1")].stop_client_id
    stage.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
    stage.close(entry, "4", "O1")
    cancel = stage.exit().sends[0]
    assert isinstance(cancel, Cancel)
    sell = submit_in(stage.close(stop, "0", "O2"))
    assert (sell.role, sell.order.side, sell.order.qty) == (OrderRole.EXIT, Side.SELL, D(4))
    stage.tell(inputs.Submitted(sell.order.client_id, Ack(ExchangeOrderId("O3"))))
    stage.fill(sell, "4", "110", "O3")
    effects = stage.close(sell, "4", "O3")
    trade = stage.trader.books.trades[TradeId("t1")]
    assert trade.closed_us
    assert trade.profit == D(38)
    assert not stage.trader.books.open_trades
    orders = stage.trader.books.orders.values()
    assert all(order.status is OrderStatus.CLOSED for order in orders)
    del effects


def test_a_later_partial_fill_amends_the_stop() -> None:
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "4", "100", "O1"))
    stage.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
    effects = stage.fill(entry, "6", "100", "O1")
    assert effects.sends[0].qty == D(10)  # type: ignore[union-attr]


def test_a_stop_that_cannot_be_amended_is_joined_by_another() -> None:
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "4", "100", "O1"))
    name = stop.order.client_id
    stage.tell(inputs.Submitted(name, Ack(ExchangeOrderId("O2"))))
    stage.fill(entry, "6", "100", "O1")
    refused = inputs.AmendAnswered(name, Reject("EOrder:Invalid order"))
    (again,) = stage.tell(refused).sends
    assert isinstance(again, Amend)
    assert again.qty == D(10)
    further = submit_in(stage.tell(refused))
    assert (further.role, further.order.qty) == (OrderRole.STOP, D(6))
    assert stage.trader.books.orders[name].qty == D(4)


def test_an_amend_that_is_taken_forgives_the_refusals_before() -> None:
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "4", "100", "O1"))
    name = stop.order.client_id
    stage.tell(inputs.Submitted(name, Ack(ExchangeOrderId("O2"))))
    stage.fill(entry, "3", "100", "O1")
    stage.tell(inputs.AmendAnswered(name, Reject("EOrder:Rate limit exceeded")))
    stage.tell(inputs.AmendAnswered(name, Amended()))
    order = stage.trader.books.orders[name]
    assert (order.qty, order.amends_failed) == (D(7), 0)
    (raised,) = stage.fill(entry, "3", "100", "O1").sends
    assert isinstance(raised, Amend)
