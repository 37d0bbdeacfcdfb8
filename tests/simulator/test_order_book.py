"""Do orders live and end as the exchange's rules say?"""

from decimal import Decimal as D
from typing import Any

import pytest

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.model.orders import OrderType, Side, TimeInForce
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.acceptance import DEADLINE_MAX_FOR_US
from s1mpletrader.simulator.commands import (
    Amend,
    ArmDeadMan,
    Cancel,
    CancelAll,
    Configured,
    Elapse,
    Place,
    Play,
    Rules,
    SetStatus,
    Transfer,
    UseNonce,
)
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import Change, OrderChanged, SelfTrade, Status, TapeEnded
from tests.simulator.harness import BTC, SOL, Bench, draft_of

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
    ("terms", "code"),
    [
        ({"qty": "0.00004"}, refusal.ORDER_MINIMUM),
        ({"qty": "0.000050001"}, "EGeneral:Invalid arguments:volume"),
        ({"qty": "0.001"}, refusal.COST_MINIMUM),
        ({"type": OrderType.LIMIT}, refusal.INVALID_PRICE),
        ({"type": OrderType.LIMIT, "limit_price": "0"}, refusal.INVALID_PRICE),
        ({"type": OrderType.LIMIT, "limit_price": "50.001"}, refusal.TICK_SIZE),
        (
            {"type": OrderType.LIMIT, "limit_price": "0.01", "qty": "1"},
            refusal.COST_MINIMUM,
        ),
        ({"limit_price": "50"}, refusal.INVALID_PRICE),
        ({"trigger_price": "50"}, refusal.INVALID_PRICE),
        ({"type": OrderType.STOP_LOSS}, refusal.INVALID_PRICE),
        ({"qty": "100"}, refusal.INSUFFICIENT_FUNDS),
        ({"side": Side.SELL, "qty": "10.00000001"}, refusal.INSUFFICIENT_FUNDS),
        ({"client_id": "x" * 19}, refusal.INVALID_ARGUMENTS),
        ({"client_id": "a b"}, refusal.INVALID_ARGUMENTS),
        ({"client_id": "a", "userref": 1}, refusal.INVALID_ARGUMENTS),
        ({"post_only": True}, refusal.INVALID_ARGUMENTS),
        (
            {"type": OrderType.LIMIT, "limit_price": "99", "tif": TimeInForce.GTD},
            "EGeneral:Invalid arguments:expiretm",
        ),
        (
            {
                "type": OrderType.LIMIT,
                "limit_price": "99",
                "tif": TimeInForce.GTD,
                "expire_us": Micros(1),
            },
            "EGeneral:Invalid arguments:expiretm",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_kraken_s_words(
    bench: Bench, terms: dict[str, Any], code: str
) -> None:
    assert refused(bench, **terms) == code
    assert not bench.venue.accounts["main"].orders


def test_the_smallest_order_is_accepted(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="0.50", qty="1")
    assert order.is_open
    assert bench.place(symbol=SOL, qty="0.03").status is Status.CLOSED


def test_a_client_id_is_unique_among_open_orders_only(bench: Bench) -> None:
    terms = {"type": OrderType.LIMIT, "limit_price": "80", "client_id": CLIENT_ID}
    first = bench.place(**terms)
    assert refused(bench, **terms) == refusal.DUPLICATE_CLIENT_ID
    assert bench.place("other", **terms).is_open
    bench.apply(lambda at: Cancel(at, "main", client_id=CLIENT_ID))
    assert bench.place(**terms).txid != first.txid


def test_the_deadline_is_enforced_at_acceptance(bench: Bench) -> None:
    assert refused(bench, deadline_us=Micros(bench.now)) == refusal.DEADLINE_ELAPSED
    arrives = bench.now + 1_000
    assert bench.place(deadline_us=Micros(arrives)).status is Status.CLOSED
    far = Micros(bench.now + 1_000 + DEADLINE_MAX_FOR_US + 1)
    assert refused(bench, deadline_us=far) == "EGeneral:Invalid arguments:deadline"


def test_open_orders_have_a_limit(bench: Bench) -> None:
    bench.apply(lambda at: Configured(at, Rules(open_orders_max=2)))
    for _ in range(2):
        bench.place(type=OrderType.LIMIT, limit_price="80")
    assert refused(bench, type=OrderType.LIMIT, limit_price="80") == refusal.ORDERS_LIMIT
    assert bench.place(symbol=SOL, type=OrderType.LIMIT, limit_price="1").is_open


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


def amend(bench: Bench, txid: str, **changes: Any) -> str:
    return bench.apply(lambda at: Amend(at, "main", txid, **changes)).id


def test_a_stop_is_amended_in_place(bench: Bench) -> None:
    order = stop(bench, qty="1")
    assert amend(bench, order.txid, qty=D(2), trigger_price=D(89)).startswith("T")
    found = bench.order(order.txid)
    assert (found.qty, found.trigger_price) == (D(2), D(89))
    amend(bench, order.txid, trigger_price=D(100))
    assert bench.order(order.txid).executed == 2


def test_amending_stops_can_be_refused_by_rule(bench: Bench) -> None:
    order = stop(bench)
    bench.apply(lambda at: Configured(at, Rules(amend_stops=False)))
    with pytest.raises(Refused, match="EGeneral:Invalid arguments:ordertype"):
        amend(bench, order.txid, qty=D(2))


def test_an_amended_limit_may_trade_at_once(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="99")
    amend(bench, order.txid, limit_price=D("100.01"))
    assert bench.order(order.txid).status is Status.CLOSED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"limit_price": D(90)}, "limit_price"),
        ({"qty": D("0.00001")}, "minimum"),
        ({"qty": D(11)}, "funds"),
        ({"trigger_price": D("1.001")}, "Tick"),
        ({"deadline_us": Micros(1)}, "Deadline"),
    ],
)
def test_a_bad_amend_changes_nothing(bench: Bench, changes: dict[str, Any], code: str) -> None:
    order = stop(bench, qty="10")
    with pytest.raises(Refused, match=code):
        amend(bench, order.txid, **changes)
    assert bench.order(order.txid) == order


def test_an_amend_cannot_go_below_what_is_executed(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="95", qty="3")
    play(bench, 2)
    with pytest.raises(Refused, match="order_qty"):
        amend(bench, order.txid, qty=D(1))
    with pytest.raises(Refused, match="trigger_price"):
        amend(bench, order.txid, trigger_price=D(1))


def test_a_post_only_order_stays_one_when_amended(bench: Bench) -> None:
    order = bench.place(type=OrderType.LIMIT, limit_price="80", post_only=True)
    with pytest.raises(Refused, match="EOrder:Post only order"):
        amend(bench, order.txid, limit_price=bench.venue.book.depth(BTC).asks[0].price)


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


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("maintenance", refusal.UNAVAILABLE),
        ("cancel_only", refusal.CANCEL_ONLY),
        ("post_only", refusal.POST_ONLY),
    ],
)
def test_orders_are_refused_while_the_exchange_is_not_online(
    bench: Bench, status: str, code: str
) -> None:
    order = stop(bench)
    bench.apply(lambda at: SetStatus(at, status))
    assert refused(bench) == code
    with pytest.raises(Refused, match=code):
        amend(bench, order.txid, qty=D(2))
    if status == "maintenance":
        for command in (Cancel, CancelAll):
            with pytest.raises(Refused, match=code):
                bench.apply(lambda at, command=command: command(at, "main"))  # type: ignore[misc]
    else:
        bench.apply(lambda at: Cancel(at, "main", txid=order.txid))


def test_a_nonce_is_used_once_and_only_upwards(bench: Bench) -> None:
    bench.apply(lambda at: UseNonce(at, "key", 5))
    for late in (5, 4, 0):
        with pytest.raises(Refused, match="EAPI:Invalid nonce"):
            bench.apply(lambda at, late=late: UseNonce(at, "key", late))  # type: ignore[misc]
    bench.apply(lambda at: UseNonce(at, "other key", 1))


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
