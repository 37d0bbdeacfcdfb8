"""Do orders live and end as the exchange's rules say?"""

from decimal import Decimal as D
from typing import Any

import pytest

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.commands import (
    ArmDeadMan,
    Cancel,
    CancelAll,
    Configured,
    Elapse,
    Place,
    Play,
    Rules,
    Transfer,
)
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import (
    Change,
    OrderChanged,
    OrderType,
    SelfTrade,
    Status,
    TapeEnded,
)
from tests.simulator.harness import Bench, draft_of

CLIENT_ID = "8f0c0000-0000-4000-8000-000000000001"


def refused(bench: Bench, **terms: Any) -> str:
    with pytest.raises(Refused) as caught:
        bench.place(**terms)
    return caught.value.code


def play(bench: Bench, trades: int) -> None:
    bench.apply(lambda at: Play(at, trades))


def stop(bench: Bench, **terms: Any) -> Any:
    defaults = {"side": Side.SELL, "type": OrderType.STOP_LOSS, "trigger_price": "90"}
    return bench.place(**(defaults | terms))


def test_a_market_order_pays_several_levels_and_the_taker_fee(bench: Bench) -> None:
    order = bench.place(qty="1.5")
    assert order.status is Status.CLOSED
    assert order.executed == D("1.5")
    assert order.cost == D("100.01") + D("100.02") * D("0.5")
    assert order.fee == D("0.40004") + D("0.20004")
    assert bench.balance("BTC") == D("11.5")
    assert bench.balance("USD") == D(10_000) - order.cost - order.fee


def test_a_market_order_beyond_the_book_is_partly_filled_and_ended(bench: Bench) -> None:
    bench.apply(lambda at: Transfer(at, "main", Asset("BTC"), D(90)))
    order = bench.place(side=Side.SELL, qty="60")
    assert order.status is Status.CANCELED
    assert order.executed == 25
    assert order.reason == "Insufficient liquidity"


def test_the_events_of_a_market_buy_come_in_kraken_s_order(bench: Bench) -> None:
    draft = draft_of(qty="1")
    events = bench.apply(lambda at: Place(at, "main", draft)).events
    changes = [event for event in events if isinstance(event, OrderChanged)]
    assert [event.change for event in changes] == [
        Change.PENDING_NEW,
        Change.NEW,
        Change.TRADE,
        Change.FILLED,
    ]
    assert changes[2].order.is_open, "the last fill is told before the order is"
    assert [type(event).__name__ for event in events[3:5]] == ["Booked", "Booked"]


def test_a_limit_rests_until_the_tape_trades_through_it(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="90")
    play(bench, 4)  # 90 is traded, but not less
    assert bench.order(order.txid).is_open
    limit = bench.place(type=OrderType.LIMIT, limit_price="95", qty="2")
    while bench.order(limit.txid).is_open:
        play(bench, 1)
    found = bench.order(limit.txid)
    assert found.cost == D(95) * 2
    assert bench.venue.accounts["main"].trades[found.trades[0]].maker


def test_a_resting_limit_gets_no_more_than_the_tape_traded(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="95", qty="3")
    play(bench, 2)  # the dip to 90 is one quarter of 4 BTC
    found = bench.order(order.txid)
    assert found.executed == 1
    assert found.is_open
    assert bench.venue.accounts["main"].held(Asset("USD"), stops_hold=True) == D("190.76")


def test_an_ioc_takes_what_there_is_and_ends(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="100.02", qty="5", tif=TimeInForce.IOC)
    assert order.status is Status.CANCELED
    assert order.executed == 2
    nothing = bench.place(type=OrderType.LIMIT, limit_price="90", tif=TimeInForce.IOC)
    assert (nothing.status, nothing.executed) == (Status.CANCELED, D(0))


def test_a_gtd_order_expires_on_protocol_time(bench: Bench) -> None:
    expires = Micros(bench.now + 5 * SECOND)
    order = bench.place(
        type=OrderType.LIMIT, limit_price="80", tif=TimeInForce.GTD, expire_us=expires
    )
    assert not bench.venue.has_due(Micros(expires - 1))
    assert bench.venue.has_due(expires)
    bench.now = expires
    bench.apply(Elapse)
    assert bench.order(order.txid).status is Status.EXPIRED


def test_a_post_only_order_that_would_trade_is_cancelled(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="100.01", post_only=True)
    assert (order.status, order.reason) == (Status.CANCELED, "Post only order")
    rests = bench.place(type=OrderType.LIMIT, limit_price="100.00", post_only=True)
    assert rests.is_open


def test_a_stop_wakes_on_the_last_trade_and_sells_at_the_market(bench: Bench) -> None:
    order = stop(bench, qty="2")
    play(bench, 2)  # 90 is traded
    found = bench.order(order.txid)
    assert found.status is Status.CLOSED
    assert found.cost == D("89.99") + D("89.98")


def test_a_take_profit_wakes_above(bench: Bench) -> None:
    order = stop(bench, type=OrderType.TAKE_PROFIT, trigger_price="110")
    play(bench, 4)
    assert bench.order(order.txid).status is not Status.OPEN


def test_a_stop_already_through_triggers_at_once(bench: Bench) -> None:
    assert stop(bench, trigger_price="100.00").status is Status.CLOSED


def test_a_resting_stop_holds_its_coins_unless_the_rule_says_otherwise(bench: Bench) -> None:
    stop(bench, qty="10")
    assert refused(bench, side=Side.SELL) == refusal.INSUFFICIENT_FUNDS
    bench.apply(lambda at: Configured(at, Rules(stops_hold=False)))
    assert bench.place(side=Side.SELL, qty="10").status is Status.CLOSED


def test_a_stop_without_coins_ends_when_it_triggers(bench: Bench) -> None:
    bench.apply(lambda at: Configured(at, Rules(stops_hold=False)))
    order = stop(bench, qty="10")
    bench.place(side=Side.SELL, qty="5")
    play(bench, 2)
    assert bench.order(order.txid).reason == "Insufficient funds"
    assert bench.balance("BTC") == 5


def test_coins_withdrawn_by_hand_are_not_sold_by_a_stop_or_a_limit(bench: Bench) -> None:
    order = stop(bench, qty="10")
    bench.apply(lambda at: Transfer(at, "main", Asset("BTC"), D(-8)))
    bench.apply(lambda at: Transfer(at, "other", Asset("USD"), D(-9_990)))
    play(bench, 2)
    assert bench.order(order.txid).reason == "Insufficient funds"
    assert bench.balance("BTC") == 2


def test_money_withdrawn_by_hand_is_not_spent_by_a_resting_order(bench: Bench) -> None:
    buy = bench.place(type=OrderType.LIMIT, limit_price="95", qty="100")
    sell = bench.place("other", type=OrderType.LIMIT, limit_price="109", qty="10", side=Side.SELL)
    bench.apply(lambda at: Transfer(at, "main", Asset("USD"), D(-9_999)))
    bench.apply(lambda at: Transfer(at, "other", Asset("BTC"), D(-10)))
    play(bench, 4)
    assert bench.order(buy.txid).reason == "Insufficient funds"
    assert bench.order(sell.txid, "other").reason == "Insufficient funds"
    assert min(bench.balance("USD"), bench.balance("BTC", "other")) >= 0


def test_a_buying_stop_that_became_too_expensive_ends(bench: Bench) -> None:
    order = bench.place(type=OrderType.STOP_LOSS, trigger_price="110", qty="90")
    bench.apply(lambda at: Transfer(at, "main", Asset("USD"), D(-5_000)))
    play(bench, 4)
    assert bench.order(order.txid).reason == "Insufficient funds"


@pytest.mark.parametrize(
    ("policy", "resting", "arriving"),
    [
        (SelfTrade.NEWEST, Status.OPEN, Status.CANCELED),
        (SelfTrade.OLDEST, Status.CANCELED, Status.CLOSED),
        (SelfTrade.BOTH, Status.CANCELED, Status.CANCELED),
    ],
)
def test_an_account_does_not_trade_with_itself(
    bench: Bench, policy: SelfTrade, resting: Status, arriving: Status
) -> None:
    own = bench.place(type=OrderType.LIMIT, limit_price="99.99")
    order = bench.place(side=Side.SELL, qty="1", self_trade=policy)
    assert bench.order(own.txid).status is resting
    assert order.status is arriving
    assert bench.place("other", side=Side.SELL).status is Status.CLOSED


def test_orders_are_cancelled_by_every_id(bench: Bench) -> None:
    ids: list[dict[str, Any]] = [{"client_id": "a"}, {"userref": 7}, {"userref": 8}, {}]
    orders = [bench.place(type=OrderType.LIMIT, limit_price="80", **one) for one in ids]
    bench.apply(lambda at: Cancel(at, "main", client_id="a"))
    bench.apply(lambda at: Cancel(at, "main", txid="7"))
    bench.apply(lambda at: Cancel(at, "main", userref=8))
    bench.apply(lambda at: Cancel(at, "main", txid=orders[3].txid))
    assert {bench.order(order.txid).status for order in orders} == {Status.CANCELED}
    for wrong in ({"txid": "x"}, {"client_id": "a"}, {}):
        with pytest.raises(Refused, match=refusal.UNKNOWN_ORDER):
            bench.apply(lambda at, wrong=wrong: Cancel(at, "main", **wrong))  # type: ignore[misc]


def test_the_dead_man_s_switch_cancels_everything_of_its_account(bench: Bench) -> None:
    mine = stop(bench)
    others = bench.place("other", type=OrderType.LIMIT, limit_price="80")
    fires = Micros(bench.now + SECOND)
    bench.apply(lambda at: ArmDeadMan(at, "main", fires))
    bench.now = fires
    bench.apply(Elapse)
    assert bench.order(mine.txid).reason == "Cancel all orders after"
    assert bench.order(others.txid, "other").is_open
    assert not bench.venue.has_due(Micros(fires + SECOND))


def test_cancel_all_is_for_one_account(bench: Bench) -> None:
    stop(bench)
    others = bench.place("other", type=OrderType.LIMIT, limit_price="80")
    assert bench.apply(lambda at: CancelAll(at, "main")).count == 1
    assert bench.order(others.txid, "other").is_open


def test_fees_fall_with_the_traded_volume(bench: Bench) -> None:
    account = bench.venue.accounts["main"]
    for _ in range(60):
        bench.place(qty="1")
        bench.place(side=Side.SELL, qty="1")
    assert account.tier(Micros(bench.now)).taker == D("0.35")
    order = bench.place(qty="1")
    assert order.fee == D("0.35003")
    month_later = Micros(bench.now + 31 * 86_400 * SECOND)
    assert account.tier(month_later).taker == D("0.40")


def test_the_tape_ends_and_says_so(bench: Bench) -> None:
    outcome = bench.apply(lambda at: Play(at, 1_000))
    assert outcome.count == 12 - 1 + 16 - 1
    assert outcome.events[-1] == TapeEnded()
    assert bench.venue.tape_ended
    assert bench.venue.next_trade_us() is None
    assert bench.apply(lambda at: Play(at, 1)).count == 0
