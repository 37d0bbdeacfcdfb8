"""Is what cannot be refused, in the exchange's words, and what can be accepted?"""

from decimal import Decimal as D
from typing import Any

import pytest

from s1mpletrader.model.base import Micros
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.acceptance import DEADLINE_MAX_FOR_US
from s1mpletrader.simulator.commands import (
    Amend,
    Cancel,
    CancelAll,
    Configured,
    Rules,
    SetStatus,
    UseNonce,
)
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import OrderType, Status
from tests.simulator.harness import SOL, Bench

CLIENT_ID = "8f0c0000-0000-4000-8000-000000000001"


def refused(bench: Bench, **terms: Any) -> str:
    with pytest.raises(Refused) as caught:
        bench.place(**terms)
    return caught.value.code


def stop(bench: Bench, **terms: Any) -> Any:
    defaults = {"side": Side.SELL, "type": OrderType.STOP_LOSS, "trigger_price": "90"}
    return bench.place(**(defaults | terms))


def amend(bench: Bench, txid: str, **changes: Any) -> str:
    return bench.apply(lambda at: Amend(at, "main", txid, **changes)).id


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
