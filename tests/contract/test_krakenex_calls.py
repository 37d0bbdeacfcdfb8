"""Does every documented REST call answer krakenex with the documented fields?"""

from collections.abc import Iterator
from typing import Any

import krakenex
import pytest

from s1mpletrader.simulator.auth import DEFAULT_KEYS
from tests.simulator.harness import Running, process

pytestmark = pytest.mark.slow
ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "1000"}
DESCRIPTION = {"pair", "type", "ordertype", "price", "price2", "leverage", "order"}
ORDER_FIELDS = {"status", "opentm", "descr", "vol", "vol_exec", "cost", "fee", "price", "oflags"}
TRADE_FIELDS = {"ordertxid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol"}
LEDGER_FIELDS = {"refid", "time", "type", "asset", "amount", "fee", "balance"}
PUBLIC: dict[str, tuple[dict[str, Any], set[str]]] = {
    "Time": ({}, {"unixtime", "rfc1123"}),
    "SystemStatus": ({}, {"status", "timestamp"}),
    "Assets": ({}, {"XXBT", "ZUSD"}),
    "AssetPairs": ({"pair": "XBTUSD"}, {"XXBTZUSD"}),
    "Ticker": ({"pair": "XBT/USD"}, {"XXBTZUSD"}),
    "OHLC": ({"pair": "XXBTZUSD", "interval": 60}, {"XXBTZUSD", "last"}),
    "Depth": ({"pair": "XBTUSD", "count": 3}, {"XXBTZUSD"}),
    "Trades": ({"pair": "XBTUSD", "count": 3}, {"XXBTZUSD", "last"}),
}
PRIVATE: dict[str, set[str]] = {
    "Balance": {"ZUSD", "XXBT"},
    "BalanceEx": {"ZUSD", "XXBT"},
    "TradeBalance": {"eb", "tb", "m", "n", "c", "v", "e", "mf"},
    "OpenOrders": {"open"},
    "ClosedOrders": {"closed", "count"},
    "TradesHistory": {"trades", "count"},
    "Ledgers": {"ledger", "count"},
    "OpenPositions": set(),
    "TradeVolume": {"currency", "volume"},
    "GetWebSocketsToken": {"token", "expires"},
    "GetApiKeyInfo": {"permissions", "nonce_window", "ip_allowlist"},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("exchange")
    options = ("--paused", "--start-bar", "60", "--decay-factor", "10000")
    with process(directory, *options) as (_, found):
        yield found


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[Any]:
    key = DEFAULT_KEYS["SIM-STRANGER-2"]
    found = krakenex.API(key=key.key, secret=key.secret)
    found.uri = running.url
    yield found
    found.close()


def ask(client: Any, method: str, **params: Any) -> Any:
    answer = client.query_private(method, params)
    assert answer["error"] == [], answer
    return answer["result"]


@pytest.mark.parametrize("method", PUBLIC)
def test_public_calls(client: Any, method: str) -> None:
    params, fields = PUBLIC[method]
    answer = client.query_public(method, params)
    assert answer["error"] == []
    assert fields <= set(answer["result"])


@pytest.mark.parametrize("method", PRIVATE)
def test_private_reads(client: Any, method: str) -> None:
    assert PRIVATE[method] <= set(ask(client, method))


def test_the_rows_of_orders_trades_and_ledgers(client: Any) -> None:
    (bought,) = ask(client, "AddOrder", **ORDER | {"ordertype": "market"})["txid"]
    order = ask(client, "QueryOrders", txid=bought, trades=True)[bought]
    assert set(order) >= ORDER_FIELDS
    assert set(order["descr"]) >= DESCRIPTION
    (trade_id, *_) = order["trades"]
    trade = ask(client, "QueryTrades", txid=trade_id)[trade_id]
    assert set(trade) >= TRADE_FIELDS
    assert trade["pair"] == "XXBTZUSD"
    ledger = ask(client, "Ledgers", type="trade")["ledger"]
    (ledger_id,) = [k for k, v in ledger.items() if v["refid"] == trade_id and v["asset"] == "ZUSD"]
    entry = ask(client, "QueryLedgers", id=ledger_id)[ledger_id]
    assert set(entry) >= LEDGER_FIELDS
    assert entry["amount"].startswith("-")


def test_orders_come_and_go_by_every_way(client: Any) -> None:
    (txid,) = ask(client, "AddOrder", **ORDER)["txid"]
    amended = ask(client, "AmendOrder", txid=txid, order_qty="0.02", limit_price="1001")
    assert amended["amend_id"].startswith("T")
    assert ask(client, "OpenOrders")["open"][txid]["vol"] == "0.02000000"
    assert ask(client, "CancelOrder", txid=txid) == {"count": 1}
    again = client.query_private("CancelOrder", {"txid": txid})
    assert again["error"] == ["EOrder:Unknown order"]
    for _ in range(2):
        ask(client, "AddOrder", **ORDER)
    assert ask(client, "CancelAll") == {"count": 2}
    assert ask(client, "CancelAllOrdersAfter", timeout=0)["triggerTime"] == "0"


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("AddOrder", ORDER | {"pair": "NONSENSE"}, "EQuery:Unknown asset pair"),
        ("AddOrder", ORDER | {"volume": "0.000001"}, "EOrder:Order minimum not met"),
        ("AddOrder", ORDER | {"volume": "1000"}, "EOrder:Insufficient funds"),
        ("QueryOrders", {}, "EGeneral:Invalid arguments"),
        ("Nonsense", {}, "EGeneral:Unknown method"),
    ],
)
def test_documented_errors(client: Any, method: str, params: dict[str, Any], error: str) -> None:
    (told,) = client.query_private(method, params)["error"]
    assert told.startswith(error)
