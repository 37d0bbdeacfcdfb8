"""Does an order change in place, or not at all?"""

from decimal import Decimal as D
from typing import Any

import pytest

from s1mpletrader.model.base import Micros
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator.commands import (
    Amend,
    Configured,
    Play,
    Rules,
)
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import OrderType, Status
from tests.simulator.harness import BTC, Bench

CLIENT_ID = "8f0c0000-0000-4000-8000-000000000001"


def play(bench: Bench, trades: int) -> None:
    bench.apply(lambda at: Play(at, trades))


def stop(bench: Bench, **terms: Any) -> Any:
    defaults = {"side": Side.SELL, "type": OrderType.STOP_LOSS, "trigger_price": "90"}
    return bench.place(**(defaults | terms))


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
