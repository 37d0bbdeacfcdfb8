"""Do clients written by others, for the real exchange, trade on the simulated one?

ccxt and krakenex know nothing of this program; what they understand is what Kraken says.
"""

import time
from collections.abc import Iterator
from typing import Any

import ccxt
import krakenex
import pytest

from s1mpletrader.simulator.auth import DEFAULT_KEYS
from tests.simulator.harness import Running, process

CLIENT_ID = "11111111-2222-4333-8444-555555555555"
FAR_BELOW = {"BTC/USD": 1000.0, "SOL/USD": 5.0}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("exchange")
    options = ("--paused", "--start-bar", "60", "--decay-factor", "10000")
    with process(directory, *options) as (_, found):
        yield found


@pytest.fixture
def by_ccxt(running: Running) -> Iterator[Any]:
    key = DEFAULT_KEYS["SIM-STRANGER-1"]
    urls = {"api": {"public": running.url, "private": running.url}}
    client = ccxt.kraken(
        {"apiKey": key.key, "secret": key.secret, "urls": urls, "enableRateLimit": False}
    )
    client.load_markets()
    yield client
    client.session.close()


@pytest.fixture
def by_krakenex(running: Running) -> Iterator[Any]:
    key = DEFAULT_KEYS["SIM-STRANGER-2"]
    client = krakenex.API(key=key.key, secret=key.secret)
    client.uri = running.url
    yield client
    client.close()


def test_ccxt_reads_the_markets(by_ccxt: Any) -> None:
    bitcoin = by_ccxt.markets["BTC/USD"]
    assert bitcoin["precision"] == {"amount": 1e-8, "price": 0.01}
    assert bitcoin["limits"]["amount"]["min"] == 0.00005
    assert bitcoin["taker"] == 0.004
    assert "SOL/USD" in by_ccxt.markets
    assert by_ccxt.fetch_status()["status"] == "ok"
    assert abs(by_ccxt.fetch_time() - time.time() * 1000) < 5_000


@pytest.mark.parametrize("symbol", ["BTC/USD", "SOL/USD"])
def test_ccxt_sees_the_market(by_ccxt: Any, symbol: str) -> None:
    book = by_ccxt.fetch_order_book(symbol, 5)
    assert [len(book["asks"]), len(book["bids"])] == [5, 5]
    assert book["bids"][0][0] < by_ccxt.fetch_ticker(symbol)["last"] < book["asks"][0][0]
    trades = by_ccxt.fetch_trades(symbol)
    assert [int(trade["id"]) for trade in trades] == list(range(1, len(trades) + 1))
    candles = by_ccxt.fetch_ohlcv(symbol, "1h")
    assert len(candles) in {60, 61}


@pytest.mark.parametrize("symbol", ["BTC/USD", "SOL/USD"])
def test_ccxt_trades(by_ccxt: Any, symbol: str) -> None:
    coin = symbol.split("/", maxsplit=1)[0]
    before = by_ccxt.fetch_balance()[coin]["total"]
    bought = by_ccxt.create_order(symbol, "market", "buy", 0.1)
    order = by_ccxt.fetch_order(bought["id"])
    assert (order["status"], order["filled"]) == ("closed", 0.1)
    assert order["fee"]["currency"] == "USD"
    assert by_ccxt.fetch_balance()[coin]["total"] == pytest.approx(before + 0.1)
    mine = by_ccxt.fetch_my_trades(symbol)
    assert mine[-1]["order"] == bought["id"]
    assert mine[-1]["takerOrMaker"] == "taker"
    assert bought["id"] in {order["id"] for order in by_ccxt.fetch_closed_orders(symbol)}


@pytest.mark.parametrize("symbol", ["BTC/USD", "SOL/USD"])
def test_ccxt_cancels_by_both_ids(by_ccxt: Any, symbol: str) -> None:
    price, named = FAR_BELOW[symbol], {"clientOrderId": CLIENT_ID}
    first = by_ccxt.create_order(symbol, "limit", "buy", 0.2, price)
    second = by_ccxt.create_order(symbol, "limit", "buy", 0.2, price, named)
    opened = {order["id"]: order for order in by_ccxt.fetch_open_orders(symbol)}
    assert set(opened) == {first["id"], second["id"]}
    assert opened[second["id"]]["clientOrderId"] == CLIENT_ID
    assert opened[first["id"]]["price"] == price
    with pytest.raises(ccxt.ExchangeError):
        by_ccxt.create_order(symbol, "limit", "buy", 0.2, price, named)
    by_ccxt.cancel_order(first["id"], symbol)
    by_ccxt.cancel_order(second["id"], symbol, named)
    assert by_ccxt.fetch_open_orders(symbol) == []
    with pytest.raises(ccxt.OrderNotFound):
        by_ccxt.cancel_order(first["id"], symbol)


def test_ccxt_is_told_what_it_cannot_have(by_ccxt: Any) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        by_ccxt.create_order("BTC/USD", "market", "buy", 20)
    by_ccxt.apiKey = "nobody"
    with pytest.raises(ccxt.AuthenticationError):
        by_ccxt.fetch_balance()


def ask(client: Any, method: str, **params: Any) -> Any:
    answer = client.query_private(method, params)
    assert answer["error"] == [], answer
    return answer["result"]


@pytest.mark.parametrize("pair", ["XBTUSD", "SOLUSD"])
def test_krakenex_trades_and_pages_through_its_history(by_krakenex: Any, pair: str) -> None:
    order = {"pair": pair, "type": "buy", "ordertype": "market", "volume": "0.04"}
    made = {ask(by_krakenex, "AddOrder", **order)["txid"][0] for _ in range(26)}
    order["type"] = "sell"
    made |= {ask(by_krakenex, "AddOrder", **order)["txid"][0] for _ in range(26)}
    seen: set[str] = set()
    offset = 0
    while page := ask(by_krakenex, "ClosedOrders", ofs=offset)["closed"]:
        seen |= set(page)
        offset += len(page)
    assert made <= seen
    trades: dict[str, Any] = {}
    offset = 0
    while page := ask(by_krakenex, "TradesHistory", ofs=offset)["trades"]:
        trades |= page
        offset += len(page)
    assert made <= {trade["ordertxid"] for trade in trades.values()}


@pytest.mark.parametrize("pair", ["XBTUSD", "SOLUSD"])
def test_krakenex_cancels_by_both_ids(by_krakenex: Any, pair: str) -> None:
    order = {"pair": pair, "type": "buy", "ordertype": "limit", "volume": "0.2", "price": "5.00"}
    txid = ask(by_krakenex, "AddOrder", **order)["txid"][0]
    ask(by_krakenex, "AddOrder", **order, cl_ord_id="kx-1")
    assert len(ask(by_krakenex, "OpenOrders")["open"]) == 2
    assert ask(by_krakenex, "CancelOrder", txid=txid) == {"count": 1}
    assert ask(by_krakenex, "CancelOrder", cl_ord_id="kx-1") == {"count": 1}
    assert ask(by_krakenex, "OpenOrders")["open"] == {}
    depth = by_krakenex.query_public("Depth", {"pair": pair, "count": 2})
    assert len(next(iter(depth["result"].values()))["asks"]) == 2
