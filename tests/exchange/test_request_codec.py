"""Does the exchange get what was decided, to the last digit?"""

import json
from decimal import Decimal
from typing import Any

from s1mpletrader.exchange import request_codec
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.orders import OrderType, Side, TimeInForce
from tests.exchange.world import BTC_USD, CLIENT_ID, an_order


def params(frame: str) -> dict[str, Any]:
    asked = json.loads(frame, parse_float=Decimal)
    assert asked["req_id"] == 7
    found: dict[str, Any] = asked["params"]
    return found


def test_an_entry_is_a_limit_order_with_a_deadline_and_fees_in_quote() -> None:
    order = an_order(qty=Decimal("0.10000000"), deadline_us=Micros(1_700_000_005_123_999))
    frame = request_codec.add_order(order, "the-token", 7)
    assert '"order_qty":0.10000000' in frame
    assert params(frame) == {
        "order_type": "limit",
        "side": "buy",
        "symbol": "BTC/USD",
        "order_qty": Decimal("0.10000000"),
        "cl_ord_id": CLIENT_ID,
        "deadline": "2023-11-14T22:13:25.123Z",
        "fee_preference": "quote",
        "stp_type": "cancel_newest",
        "limit_price": Decimal("30000.0"),
        "time_in_force": "ioc",
        "post_only": False,
        "token": "the-token",
    }


def test_a_stop_has_a_trigger_and_neither_price_nor_time_in_force() -> None:
    stop = an_order(
        side=Side.SELL,
        type=OrderType.STOP_LOSS,
        limit_price=None,
        trigger_price=Decimal("29000.0"),
        tif=TimeInForce.GTC,
    )
    sent = params(request_codec.add_order(stop, "t", 7))
    assert sent["triggers"] == {
        "reference": "last",
        "price": Decimal("29000.0"),
        "price_type": "static",
    }
    assert sent["stp_type"] == "cancel_oldest"
    assert not {"limit_price", "time_in_force", "post_only", "expire_time"} & set(sent)


def test_an_order_good_till_a_date_says_until_when() -> None:
    order = an_order(tif=TimeInForce.GTD, expire_us=Micros(1_700_000_060_000_000))
    sent = params(request_codec.add_order(order, "t", 7))
    assert sent["expire_time"] == "2023-11-14T22:14:20.000Z"


def test_an_amend_names_the_order_by_txid() -> None:
    frame = request_codec.amend_order(
        ExchangeOrderId("OX"),
        qty=Decimal("1E-8"),
        trigger_price=Decimal("29000.0"),
        deadline_us=Micros(0),
        token="t",
        req_id=7,
    )
    assert '"order_qty":0.00000001,' in frame
    assert params(frame)["order_id"] == "OX"


def test_a_cancel_names_the_order_by_one_id_only() -> None:
    by_txid = params(request_codec.cancel_order(CLIENT_ID, ExchangeOrderId("OX"), "t", 7))
    by_ours = params(request_codec.cancel_order(CLIENT_ID, None, "t", 7))
    assert by_txid == {"order_id": ["OX"], "token": "t"}
    assert by_ours == {"cl_ord_id": [CLIENT_ID], "token": "t"}


def test_subscriptions_ask_for_snapshots() -> None:
    trades = params(request_codec.subscribe_trades([BTC_USD], 7))
    assert trades == {"channel": "trade", "symbol": ["BTC/USD"], "snapshot": True}
    executions = params(request_codec.subscribe_executions("t", 7))
    assert executions["snap_orders"] is executions["snap_trades"] is True


def test_a_ping_has_no_parameters() -> None:
    assert json.loads(request_codec.ping(7)) == {"method": "ping", "req_id": 7}
