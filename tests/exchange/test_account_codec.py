"""Are orders, trades, ledgers and balances read as the exchange means them?"""

from decimal import Decimal
from typing import Any

import pytest

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange import account_codec
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.orders import OrderType, Side
from tests.exchange.fake_kraken import order_row, trade_row
from tests.exchange.test_rest_codec import names, raw
from tests.exchange.world import BTC_USD, CLIENT_ID

TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")


def described(**over: Any) -> dict[str, Any]:
    return {"pair": "XBTUSD", "type": "sell", "ordertype": "stop-loss", "price": "29000.0"} | over


def test_an_open_stop_shows_its_trigger() -> None:
    row = order_row(descr=described(), cl_ord_id=CLIENT_ID.upper())
    (shown,) = account_codec.read_open_orders(raw({"open": {TXID: row}}), names())
    assert shown.trigger_price == Decimal("29000.0")
    assert shown.limit_price is None
    assert shown.type is OrderType.STOP_LOSS
    assert (shown.side, shown.symbol, shown.client_id) == (Side.SELL, BTC_USD, CLIENT_ID)


def test_a_cancelled_order_keeps_what_was_executed() -> None:
    row = order_row(status="canceled", vol_exec="0.00400000", closetm=1688148610.0482, reason="x")
    page = account_codec.read_closed_orders(raw({"closed": {TXID: row}, "count": 1}), names())
    (shown,) = page.rows
    assert (shown.qty, shown.vol_exec) == (Decimal("0.01000000"), Decimal("0.00400000"))
    assert shown.closed_us == 1_688_148_610_048_200


@pytest.mark.parametrize(
    ("theirs", "kin"),
    [
        ("trailing-stop-limit", OrderType.STOP_LOSS),
        ("take-profit-limit", OrderType.TAKE_PROFIT),
        ("iceberg", OrderType.LIMIT),
        ("invented-tomorrow", OrderType.LIMIT),
    ],
)
def test_a_persons_order_is_shown_as_its_nearest_kin(theirs: str, kin: OrderType) -> None:
    row = order_row(descr=described(ordertype=theirs, price="+5.0%"))
    (shown,) = account_codec.read_open_orders(raw({"open": {TXID: row}}), names())
    assert shown.type is kin
    assert shown.trigger_price is shown.limit_price is None


def test_a_trade_carries_the_stated_figures() -> None:
    page = account_codec.read_trades_history(
        raw({"trades": {"TAAAAA": trade_row(TXID)}, "count": 1}), names()
    )
    (fill,) = page.rows
    assert (fill.cost, fill.fee, fill.fee_asset) == (
        Decimal("300.00000"),
        Decimal("1.20000"),
        "USD",
    )
    assert (fill.exec_id, fill.txid, fill.symbol) == ("TAAAAA", TXID, BTC_USD)


def test_a_queried_order_says_whether_it_is_final() -> None:
    closed = order_row(status="closed", closetm=2.0, trades=["T1", "T2"])
    shown = account_codec.read_order(raw({TXID: closed}), TXID, names())
    assert shown is not None
    assert shown.is_final
    assert (shown.closed_us, shown.exec_ids) == (2_000_000, ("T1", "T2"))
    still = account_codec.read_order(raw({TXID: order_row()}), TXID, names())
    assert still is not None
    assert (still.is_final, still.closed_us) == (False, None)
    assert account_codec.read_order(raw({}), TXID, names()) is None


def test_balances_say_what_open_orders_hold() -> None:
    rows = account_codec.read_balances(
        raw({"XXBT": {"balance": "0.1000000000", "hold_trade": "0.05"}}), names()
    )
    assert [(row.asset, str(row.total), str(row.held)) for row in rows] == [
        ("BTC", "0.1000000000", "0.05")
    ]


def test_ledger_entries_keep_their_sign() -> None:
    entry = {"time": 1.5, "type": "withdrawal", "asset": "ZUSD", "amount": "-24.5000", "fee": "1"}
    page = account_codec.read_ledgers(raw({"ledger": {"L1": entry}, "count": 1}), names())
    assert (page.rows[0].amount, page.rows[0].kind, page.count) == (
        Decimal("-24.5000"),
        "withdrawal",
        1,
    )


@pytest.mark.parametrize("field", ["vol", "vol_exec", "opentm", "descr"])
def test_a_row_without_what_decisions_need_is_unreadable(field: str) -> None:
    row = order_row()
    del row[field]
    with pytest.raises(ExchangeProtocolError):
        account_codec.read_open_orders(raw({"open": {TXID: row}}), names())
