"""Does every REST call that ccxt has for the real exchange work on the simulated one?

Beside test_strangers.py, which trades: each remaining call is made once, its meaning checked.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import ccxt
import pytest

from s1mpletrader.simulator.auth import DEFAULT_KEYS
from tests.contract.test_strangers import CLIENT_ID
from tests.simulator.harness import Running, process

pytestmark = pytest.mark.slow
BTC, SOL = "BTC/USD", "SOL/USD"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("exchange")
    options = ("--paused", "--start-bar", "60", "--decay-factor", "10000")
    with process(directory, *options) as (_, found):
        yield found


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[Any]:
    key = DEFAULT_KEYS["SIM-STRANGER-1"]
    urls = {"api": {"public": running.url, "private": running.url}}
    found = ccxt.kraken(
        {"apiKey": key.key, "secret": key.secret, "urls": urls, "enableRateLimit": False}
    )
    found.load_markets()
    yield found
    found.session.close()


@pytest.fixture(autouse=True)
def nothing_rests(client: Any) -> Iterator[None]:
    yield
    client.cancel_all_orders()
    assert client.fetch_open_orders() == []


def price_of(client: Any, symbol: str) -> float:
    last: float = client.fetch_ticker(symbol)["last"]
    return last


def trades_of(client: Any, order_id: str) -> list[Any]:
    row = client.fetch_order(order_id)["info"]
    trades: list[Any] = client.fetch_order_trades(
        order_id, None, None, None, {"trades": row["trades"]}
    )
    return trades


def place(client: Any, kind: str, **over: str) -> Any:
    params = {"pair": "XBTUSD", "type": "sell", "ordertype": kind, "volume": "0.01"}
    answer = client.private_post_addorder({**params, **over})
    return client.fetch_order(answer["result"]["txid"][0])


def test_currencies_and_tickers(client: Any) -> None:
    assert {"BTC", "USD", "SOL"} <= set(client.fetch_currencies())
    tickers = client.fetch_tickers([BTC, SOL])
    assert set(tickers) == {BTC, SOL}
    for ticker in tickers.values():
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        assert ticker["bid"] < ticker["ask"]


def test_candles_and_trades_from_a_moment_on(client: Any) -> None:
    candles = client.fetch_ohlcv(BTC, "1h", limit=5)
    since = candles[0][0]
    assert all(c[3] <= min(c[1], c[4]) <= max(c[1], c[4]) <= c[2] for c in candles)
    trades = client.fetch_trades(BTC, since=since)
    assert trades
    assert all(trade["timestamp"] >= since for trade in trades)


def test_the_fee_of_the_account(client: Any) -> None:
    fee = client.fetch_trading_fee(BTC)
    assert (fee["taker"], fee["maker"]) == (0.004, 0.0025)


def test_a_balance_and_a_trade_balance(client: Any) -> None:
    balance = client.fetch_balance()
    assert balance["USD"]["free"] <= balance["USD"]["total"]
    assert client.private_post_tradebalance()["result"]["eb"]
    assert client.private_post_balance()["result"]["ZUSD"]


def test_what_an_open_order_holds_is_not_free(client: Any) -> None:
    before = client.fetch_balance()["USD"]
    client.create_order(BTC, "limit", "buy", 0.01, 1_000.0)
    after = client.fetch_balance()["USD"]
    assert after["total"] == before["total"]
    assert after["used"] - before["used"] == pytest.approx(10.0, rel=0.01)


def test_a_ledger_of_trades_and_one_entry_of_it(client: Any) -> None:
    bought = client.create_order(BTC, "market", "buy", 0.01)
    entries = client.fetch_ledger("USD")
    trade = trades_of(client, bought["id"])[0]
    (entry,) = [each for each in entries if each["referenceId"] == trade["id"]]
    assert entry["type"] == "trade"
    assert entry["direction"] == "out"
    assert client.fetch_ledger_entry(entry["id"])["referenceId"] == trade["id"]


def test_orders_by_id_with_their_trades(client: Any) -> None:
    bought = client.create_order(SOL, "market", "buy", 0.5)
    order = client.fetch_order(bought["id"])
    assert (order["status"], order["filled"], order["remaining"]) == ("closed", 0.5, 0.0)
    trades = trades_of(client, bought["id"])
    assert sum(trade["amount"] for trade in trades) == pytest.approx(0.5)
    assert sum(trade["cost"] for trade in trades) == pytest.approx(order["cost"])


@pytest.mark.parametrize("kind", ["stop-loss", "take-profit"])
def test_a_triggered_order_rests_until_its_price(client: Any, kind: str) -> None:
    client.create_order(BTC, "market", "buy", 0.02)
    price = price_of(client, BTC) * (0.5 if kind == "stop-loss" else 2)
    order = place(client, kind, price=f"{price:.1f}")
    assert (order["status"], order["info"]["descr"]["ordertype"]) == ("open", kind)
    assert float(order["info"]["descr"]["price"]) == round(price, 1)


@pytest.mark.parametrize("kind", ["stop-loss-limit", "take-profit-limit"])
def test_a_triggered_limit_order_has_two_prices(client: Any, kind: str) -> None:
    client.create_order(BTC, "market", "buy", 0.02)
    factor = 0.5 if kind == "stop-loss-limit" else 2
    trigger = round(price_of(client, BTC) * factor, 1)
    order = place(client, kind, price=str(trigger), price2=str(trigger - 1))
    row = order["info"]["descr"]
    assert (float(row["price"]), float(row["price2"])) == (trigger, trigger - 1)


def test_a_stop_order_by_ccxts_own_name(client: Any) -> None:
    client.create_order(BTC, "market", "buy", 0.02)
    price = round(price_of(client, BTC) * 0.5, 1)
    made = client.create_order(
        BTC, "market", "sell", 0.01, None, {"stopLossPrice": price, "trigger": "last"}
    )
    assert client.fetch_order(made["id"])["status"] == "open"


def test_a_trailing_stop_follows_at_a_distance(client: Any) -> None:
    client.create_order(BTC, "market", "buy", 0.02)
    made = client.create_trailing_percent_order(BTC, "market", "sell", 0.01, None, 10)
    order = client.fetch_order(made["id"])
    assert (order["status"], order["info"]["descr"]["ordertype"]) == ("open", "trailing-stop")


def test_a_closing_order_is_placed_with_its_opening_one(client: Any) -> None:
    close = {"ordertype": "stop-loss", "price": "1000"}
    params = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "0.01"}
    before = {order["id"] for order in client.fetch_open_orders(BTC)}
    answer = client.private_post_addorder(
        {**params, **{f"close[{k}]": v for k, v in close.items()}}
    )
    assert "close" in answer["result"]["descr"]
    (resting,) = [o for o in client.fetch_open_orders(BTC) if o["id"] not in before]
    assert resting["info"]["descr"]["ordertype"] == "stop-loss"


def test_a_post_only_order_rests_or_is_cancelled(client: Any) -> None:
    made = client.create_order(BTC, "limit", "buy", 0.01, 1_000.0, {"postOnly": True})
    assert client.fetch_order(made["id"])["status"] == "open"
    crossing = round(price_of(client, BTC) * 1.5, 1)
    with suppress(ccxt.ExchangeError):  # the exchange says so in one of two ways
        refused = client.create_order(BTC, "limit", "buy", 0.01, crossing, {"postOnly": True})
        assert client.fetch_order(refused["id"])["filled"] == 0
    assert [order["id"] for order in client.fetch_open_orders(BTC)] == [made["id"]]


def test_an_immediate_order_never_rests(client: Any) -> None:
    made = client.create_order(BTC, "limit", "buy", 0.01, 1_000.0, {"timeInForce": "IOC"})
    order = client.fetch_order(made["id"])
    assert (order["status"], order["filled"]) == ("canceled", 0)


def test_a_validated_order_is_not_placed(client: Any) -> None:
    params = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01"}
    answer = client.private_post_addorder({**params, "price": "1000", "validate": "true"})
    assert "txid" not in answer["result"]
    assert client.fetch_open_orders(BTC) == []


def test_an_order_is_amended_in_place(client: Any) -> None:
    made = client.create_order(BTC, "limit", "buy", 0.01, 1_000.0)
    client.edit_order(made["id"], BTC, "limit", "buy", 0.02, 1_001.0)
    order = client.fetch_order(made["id"])
    assert (order["amount"], order["price"], order["status"]) == (0.02, 1_001.0, "open")


def test_several_orders_are_placed_at_once(client: Any) -> None:
    rows = [
        {"symbol": BTC, "type": "limit", "side": "buy", "amount": 0.01, "price": price}
        for price in (1_000.0, 1_001.0, 1_002.0)
    ]
    made = client.create_orders(rows)
    assert {order["id"] for order in client.fetch_open_orders(BTC)} == {o["id"] for o in made}


def test_several_orders_are_cancelled_at_once(client: Any) -> None:
    ids = [client.create_order(BTC, "limit", "buy", 0.01, 1_000.0)["id"] for _ in range(3)]
    client.cancel_orders(ids[:2], BTC)
    assert [order["id"] for order in client.fetch_open_orders(BTC)] == ids[2:]


def test_all_orders_are_cancelled(client: Any) -> None:
    for _ in range(3):
        client.create_order(BTC, "limit", "buy", 0.01, 1_000.0)
    client.cancel_all_orders()
    assert client.fetch_open_orders() == []


def test_the_dead_mans_switch_is_armed_and_disarmed(client: Any) -> None:
    armed = client.cancel_all_orders_after(60_000)
    assert armed["result"]["triggerTime"] > armed["result"]["currentTime"]
    assert client.cancel_all_orders_after(0)["result"]["triggerTime"] == "0"


def test_closed_orders_by_client_id(client: Any) -> None:
    made = client.create_order(BTC, "limit", "buy", 0.01, 1_000.0, {"clientOrderId": CLIENT_ID})
    client.cancel_order(made["id"], BTC)
    rows = client.private_post_closedorders({"cl_ord_id": CLIENT_ID})["result"]["closed"]
    assert made["id"] in rows
    assert all(row["cl_ord_id"] == CLIENT_ID for row in rows.values())


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"volume": "0.000001"}, ccxt.InvalidOrder),
        ({"volume": "0.001", "price": "0.001"}, ccxt.ExchangeError),
        ({"volume": "0.001", "pair": "XBTXXX"}, ccxt.ExchangeError),
        ({"volume": "0.001", "ordertype": "nonsense"}, ccxt.ExchangeError),
    ],
)
def test_mistakes_are_errors_that_ccxt_knows(
    client: Any, params: dict[str, str], error: type[Exception]
) -> None:
    order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "1000"} | params
    with pytest.raises(error):
        client.private_post_addorder(order)
