"""Do the order types beyond market, limit and stop behave as documented?

BTC/USD is at 100 at first; the tape goes 100, 90, 110, 105, 106, 105, 80, 85 ... (harness).
"""

from decimal import Decimal as D
from typing import Any

import pytest

from s1mpletrader.model.base import Micros
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.commands import Configured, Edit, Play, Rules
from s1mpletrader.simulator.order_book import EDITED
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.rest_rows import description, order_row
from s1mpletrader.simulator.values import Close, Offset, Order, OrderType
from s1mpletrader.simulator.ws_rows import open_order
from tests.simulator.harness import BTC, Bench


def play_until(bench: Bench, price: str) -> None:
    """Play the tape until BTC/USD trades at `price`."""
    for _ in range(30):
        bench.apply(lambda at: Play(at, 1))
        if bench.venue.book.last[BTC] == D(price):
            return
    raise AssertionError(price)


def sell(bench: Bench, kind: OrderType, **terms: Any) -> Order:
    return bench.place(side=Side.SELL, type=kind, **terms)


def test_a_stop_loss_limit_becomes_a_limit_and_may_rest(bench: Bench) -> None:
    order = sell(bench, OrderType.STOP_LOSS_LIMIT, trigger_price="95", limit_price="95")
    play_until(bench, "90")
    order = bench.order(order.txid)
    assert (order.triggered, order.is_open, order.executed) == (True, True, D(0))
    play_until(bench, "110")
    order = bench.order(order.txid)
    assert (order.executed, order.cost) == (D(1), D(95)), "as maker, at its limit"
    assert description(order).endswith("@ stop loss limit 95.00 -> limit 95.00")


def test_a_sleeping_stop_limit_is_not_in_the_book(bench: Bench) -> None:
    order = sell(bench, OrderType.STOP_LOSS_LIMIT, trigger_price="85", limit_price="84")
    play_until(bench, "110")
    assert not bench.order(order.txid).executed, "its limit was traded through asleep"
    buy = bench.place(type=OrderType.LIMIT, limit_price="110.02", qty="0.5")
    assert buy.executed == D("0.5"), "nor does it stand in the way of its own account"


def test_a_take_profit_limit_waits_for_its_profit(bench: Bench) -> None:
    order = sell(bench, OrderType.TAKE_PROFIT_LIMIT, trigger_price="109", limit_price="108")
    assert order.is_sleeping
    play_until(bench, "110")
    assert bench.order(order.txid).executed == 1


@pytest.mark.parametrize("trail", [Offset(D(8)), Offset(D(8), is_pct=True)])
def test_a_trailing_stop_follows_the_best_price_and_never_goes_back(
    bench: Bench, trail: Offset
) -> None:
    order = sell(bench, OrderType.TRAILING_STOP, trail=trail)
    assert order.trigger_price == 92
    bench.venue.book.trade_on_tape(tick(110), Micros(bench.now))
    best = bench.order(order.txid).trigger_price
    assert best == D(110) - trail.of(D(110))
    bench.venue.book.trade_on_tape(tick(105), Micros(bench.now))
    assert bench.order(order.txid).trigger_price == best


def tick(price: int) -> Tick:
    return Tick(BTC, D(price), D(1), Side.BUY, 1, Micros(0))


def test_a_trailing_stop_sells_when_the_market_turns(bench: Bench) -> None:
    order = sell(bench, OrderType.TRAILING_STOP, trail=Offset(D(15)))
    play_until(bench, "110")
    assert bench.order(order.txid).trigger_price == 95
    play_until(bench, "105")
    assert bench.order(order.txid).is_sleeping
    play_until(bench, "80")
    order = bench.order(order.txid)
    assert (order.triggered, order.executed) == (True, D(1))
    row = order_row(order)
    assert row["descr"]["price"] == "+15.0000"
    assert row["descr"]["order"].endswith("@ trailing stop +15.0000")


def test_a_trailing_buy_follows_the_market_down(bench: Bench) -> None:
    order = bench.place(type=OrderType.TRAILING_STOP, trail=Offset(D(12)))
    assert order.trigger_price == 112
    play_until(bench, "90")
    assert bench.order(order.txid).trigger_price == 102
    play_until(bench, "110")
    assert bench.order(order.txid).executed == 1


def test_a_trailing_stop_limit_takes_its_limit_from_its_trigger(bench: Bench) -> None:
    order = sell(
        bench,
        OrderType.TRAILING_STOP_LIMIT,
        trail=Offset(D(15)),
        limit_offset=Offset(D(-20)),
    )
    play_until(bench, "110")
    play_until(bench, "80")
    order = bench.order(order.txid)
    assert (order.limit_price, order.executed) == (D(75), D(1))
    assert order_row(order)["descr"]["price2"] == "-20.0000"
    assert "triggers" in open_order(order)


@pytest.mark.parametrize(
    ("close", "side"),
    [
        (Close(OrderType.STOP_LOSS, trigger_price=D(70)), Side.BUY),
        (Close(OrderType.LIMIT, limit_price=D(500)), Side.BUY),
        (Close(OrderType.TAKE_PROFIT_LIMIT, D(69), D(70)), Side.SELL),
    ],
)
def test_each_fill_makes_its_closing_order(bench: Bench, close: Close, side: Side) -> None:
    order = bench.place(side=side, qty="2.5", close=close)
    account = bench.venue.accounts["main"]
    made = [other for other in account.orders.values() if other.refid == order.txid]
    assert [other.qty for other in made] == [account.trades[t].qty for t in order.trades]
    assert {other.draft.side for other in made} == {Side.BUY, Side.SELL} - {side}
    assert sum(other.qty for other in made) == order.executed
    assert {other.draft.type for other in made} == {close.type}
    row = order_row(order)["descr"]["close"]
    assert row.startswith(f"close position @ {close.type.replace('-', ' ')}")
    assert order_row(made[0])["refid"] == order.txid


def test_a_closing_order_that_cannot_be_is_not(bench: Bench) -> None:
    close = Close(OrderType.LIMIT, limit_price=D("0.01"))
    with pytest.raises(Refused, match=refusal.COST_MINIMUM):
        bench.place(qty="0.01", close=close)
    bench.place(type=OrderType.LIMIT, limit_price="100.02", qty="1.001",
                        close=Close(OrderType.LIMIT, limit_price=D(400)))  # fmt: skip
    made = [o for o in bench.venue.accounts["main"].orders.values() if o.refid]
    assert [o.qty for o in made] == [D(1)], "the second fill was worth 0.40 USD"


@pytest.mark.parametrize(
    "terms",
    [
        {"type": OrderType.STOP_LOSS_LIMIT, "trigger_price": "90"},
        {"type": OrderType.STOP_LOSS, "trigger_price": "90", "limit_price": "80"},
        {"type": OrderType.TRAILING_STOP},
        {"type": OrderType.TRAILING_STOP, "trail": Offset(D(-1))},
        {"type": OrderType.TRAILING_STOP, "trail": Offset(D(1)), "trigger_price": "90"},
        {"type": OrderType.TRAILING_STOP_LIMIT, "trail": Offset(D(1))},
        {"type": OrderType.LIMIT, "limit_price": "90", "trail": Offset(D(1))},
        {"close": Close(OrderType.MARKET)},
        {"close": Close(OrderType.TRAILING_STOP)},
        {"close": Close(OrderType.STOP_LOSS)},
        {"close": Close(OrderType.LIMIT, limit_price=D("1.001"))},
    ],
)
def test_terms_that_contradict_each_other_are_refused(bench: Bench, terms: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        bench.place(**terms)


def test_a_resting_order_waits_behind_the_queue_at_its_price(bench: Bench) -> None:
    bench.apply(lambda at: Configured(at, Rules(queue_ahead=D("0.4"))))
    first = bench.place(type=OrderType.LIMIT, limit_price="90", qty="0.5")
    second = bench.place(type=OrderType.LIMIT, limit_price="90", qty="5")
    assert first.queue == D("0.4")
    play_until(bench, "90")
    traded = D(1)
    found = [bench.order(order.txid) for order in (first, second)]
    assert [order.executed for order in found] == [D("0.5"), D("0.1")]
    assert sum(order.executed for order in found) + D("0.4") == traded
    assert found[1].queue == 0


def test_without_queues_a_trade_at_the_price_fills_nothing(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="90", qty="0.5")
    play_until(bench, "90")
    assert not bench.order(order.txid).executed


def edit(bench: Bench, order: Order, **terms: Any) -> tuple[Order, ...]:
    return bench.apply(lambda at: Edit(at, "main", order.txid, **terms)).orders


def test_an_edit_makes_a_new_order_in_the_old_one_s_place(bench: Bench) -> None:
    old = bench.place(type=OrderType.LIMIT, limit_price="90", qty="100", client_id="kx-1")
    new, was = edit(bench, old, price=D(91), userref=7)
    assert (was.reason, was.txid) == (EDITED, old.txid), "its hold was free for the new one"
    assert (new.limit_price, new.qty, new.draft.client_id) == (D(91), D(100), None)
    assert (new.draft.userref, new.is_open) == (7, True)
    stop = sell(bench, OrderType.STOP_LOSS_LIMIT, trigger_price="85", limit_price="84")
    new, _ = edit(bench, stop, price=D(86), price2=D(83), qty=D("0.5"))
    assert (new.trigger_price, new.limit_price, new.qty) == (D(86), D(83), D("0.5"))


def test_an_edit_that_is_refused_changes_nothing(bench: Bench) -> None:
    old = bench.place(type=OrderType.LIMIT, limit_price="90", qty="10")
    trailing = sell(bench, OrderType.TRAILING_STOP, trail=Offset(D(15)))
    for order, terms in (
        (old, {"qty": D(1000)}),
        (old, {"price": D("90.001")}),
        (old, {"price2": D(80)}),
        (trailing, {"qty": D(2)}),
    ):
        with pytest.raises(Refused):
            edit(bench, order, **terms)
        assert bench.order(order.txid) == order
    bench.place(tif=TimeInForce.IOC)
    with pytest.raises(Refused, match=refusal.UNKNOWN_ORDER):
        bench.apply(lambda at: Edit(at, "main", "OAAAAA-AAAAA-AAAAAA"))
