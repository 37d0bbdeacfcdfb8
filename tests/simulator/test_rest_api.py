"""Does every REST call answer in the shape that clients know?"""

from pathlib import Path
from typing import Any

import pytest

from tests.simulator.harness import Client, exchange, in_loop

ORDER = {
    "refid", "userref", "status", "opentm", "starttm", "expiretm", "descr", "vol", "vol_exec",
    "cost", "fee", "price", "stopprice", "limitprice", "misc", "oflags",
}  # fmt: skip
DESCR = {"pair", "type", "ordertype", "price", "price2", "leverage", "order", "close"}
TRADE = {
    "ordertxid", "postxid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol",
    "margin", "misc", "trade_id", "maker",
}  # fmt: skip
ENTRY = {"refid", "time", "type", "subtype", "aclass", "asset", "amount", "fee", "balance"}
PAIR = {
    "altname", "wsname", "base", "quote", "cost_decimals", "pair_decimals", "lot_decimals",
    "lot_multiplier", "ordermin", "costmin", "tick_size", "status", "leverage_buy",
    "leverage_sell", "fees", "fees_maker", "fee_volume_currency", "margin_call", "margin_stop",
}  # fmt: skip


async def result(client: Client, method: str, **params: Any) -> Any:
    answer = await client.private(method, **params)
    assert answer["error"] == [], answer
    return answer["result"]


async def error(client: Client, method: str, **params: Any) -> str:
    answer = await client.private(method, **params)
    assert "result" not in answer
    [code] = answer["error"]
    return str(code)


def test_public_calls(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--start-bar", "50") as running, Client(running) as client:

            async def get(method: str, **params: str) -> Any:
                answer = await client.public(method, **params)
                assert answer["error"] == []
                return answer["result"]

            assert set(await get("Time")) == {"unixtime", "rfc1123"}
            status = await get("SystemStatus")
            assert (status["status"], status["tape_ended"]) == ("online", False)
            assert set(await get("Assets")) == {"XXBT", "SOL", "ZUSD"}
            assert (await get("Assets", asset="XBT"))["XXBT"]["altname"] == "XBT"
            pairs = await get("AssetPairs")
            assert set(pairs) == {"XXBTZUSD", "SOLUSD"}
            assert set(pairs["XXBTZUSD"]) >= PAIR
            assert await get("AssetPairs", aclass_base="tokenized_asset") == {}
            ticker = (await get("Ticker", pair="XBT/USD"))["XXBTZUSD"]
            assert {name: len(ticker[name]) for name in "abcvptlh"} == {
                "a": 3, "b": 3, "c": 2, "v": 2, "p": 2, "t": 2, "l": 2, "h": 2,
            }  # fmt: skip
            depth = (await get("Depth", pair="SOLUSD", count="3"))["SOLUSD"]
            assert [len(depth[side]) for side in ("asks", "bids")] == [3, 3]
            for method in ("Foo", "Depth", "Trades", "OHLC", "Ticker"):
                code = (await client.public(method, pair="FOOBAR"))["error"][0]
                assert code in {"EGeneral:Unknown method", "EQuery:Unknown asset pair"}

    in_loop(calls)


def test_trades_are_paged_by_since_without_a_gap(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--start-bar", "50") as running, Client(running) as client:
            since, ids = "0", []
            while True:
                page = (await client.public("Trades", pair="XBTUSD", since=since, count="37"))[
                    "result"
                ]
                ids += [row[6] for row in page["XXBTZUSD"]]
                if page["last"] == since:
                    break
                since = page["last"]
            assert ids == list(range(1, 50 * 4 + 2))
            latest = (await client.public("Trades", pair="XBTUSD", count="2"))["result"]
            assert [row[6] for row in latest["XXBTZUSD"]] == ids[-2:]
            assert latest["last"] == since

    in_loop(calls)


def test_candles_agree_with_the_bars_of_the_tape(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--start-bar", "3") as running, Client(running) as client:
            answer = (await client.public("OHLC", pair="XBTUSD", interval="60"))["result"]
            rows = answer["XXBTZUSD"]
            assert rows[0][:5] == [1498906800, "2505.56", "2513.38", "2495.12", "2509.17"]
            assert rows[2][1:5] == ["2488.43", "2488.43", "2454.40", "2454.43"]
            assert [row[7] for row in rows] == [4, 4, 4, 1]
            assert answer["last"] == rows[-2][0]
            short = (await client.public("OHLC", pair="XBTUSD", interval="5"))["result"]
            quiet = short["XXBTZUSD"][1]
            assert (quiet[1:5], quiet[7]) == ([rows[0][1]] * 4, 0)
            since = str(rows[1][0])
            assert (
                len(
                    (await client.public("OHLC", pair="XBTUSD", interval="60", since=since))[
                        "result"
                    ]["XXBTZUSD"]
                )
                == 2
            )

    in_loop(calls)


def test_an_order_s_life_over_rest(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            limit = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01"}
            dry = await result(client, "AddOrder", **limit, price="2000", validate="true")
            assert set(dry) == {"descr"}
            added = await result(client, "AddOrder", **limit, price="2000", cl_ord_id="one")
            txid = added["txid"][0]
            assert added["descr"]["order"] == "buy 0.01000000 XBTUSD @ limit 2000.00"
            assert await error(client, "AddOrder", **limit, price="2000", cl_ord_id="one") == (
                "EGeneral:Invalid arguments:cl_ord_id"
            )
            row = (await result(client, "OpenOrders", cl_ord_id="one"))["open"][txid]
            assert set(row) >= ORDER
            assert set(row["descr"]) >= DESCR
            assert "trades" not in row
            held = (await result(client, "BalanceEx"))["ZUSD"]
            assert held == {
                "balance": "10000.00000", "hold_trade": "20.08000",
                "credit": "0.00000", "credit_used": "0.00000",
            }  # fmt: skip
            amended = await result(client, "AmendOrder", txid=txid, limit_price="2100")
            assert amended["amend_id"].startswith("T")
            assert await result(client, "CancelOrder", cl_ord_id="one") == {"count": 1}
            assert await error(client, "CancelOrder", txid=txid) == "EOrder:Unknown order"
            closed = await result(client, "ClosedOrders", cl_ord_id="one")
            assert closed["count"] == 1
            assert closed["closed"][txid]["reason"] == "User requested"
            found = await result(client, "QueryOrders", txid=txid, trades="true")
            assert (found[txid]["status"], found[txid]["trades"]) == ("canceled", [])
            assert await error(client, "QueryOrders", txid="OXXXXX") == "EOrder:Unknown order"

    in_loop(calls)


def test_executions_and_ledgers_over_rest(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            market = {"pair": "SOLUSD", "type": "sell", "ordertype": "market", "volume": "1"}
            txid = (await result(client, "AddOrder", **market))["txid"][0]
            history = await result(client, "TradesHistory", ledgers="true")
            [(exec_id, trade)] = history["trades"].items()
            assert set(trade) == TRADE | {"ledgers", "aclass", "leverage"}
            assert (trade["ordertxid"], trade["pair"], trade["maker"]) == (txid, "SOLUSD", False)
            assert set(await result(client, "QueryTrades", txid=exec_id)) == {exec_id}
            ledger = (await result(client, "Ledgers", type="trade"))["ledger"]
            assert {entry["asset"] for entry in ledger.values()} == {"SOL", "ZUSD"}
            assert all(set(entry) == ENTRY for entry in ledger.values())
            assert {entry["refid"] for entry in ledger.values()} == {exec_id}
            assert set(ledger) == set(trade["ledgers"])
            named = await result(client, "QueryLedgers", id=",".join(ledger))
            assert named == ledger
            balance = await result(client, "Balance")
            dollars = next(e for e in ledger.values() if e["asset"] == "ZUSD")
            assert balance["ZUSD"] == dollars["balance"]
            volume = await result(client, "TradeVolume", pair="SOLUSD")
            assert volume["fees"]["SOLUSD"]["fee"] == "0.4000"
            assert set(await result(client, "TradeBalance")) >= {"eb", "tb", "m", "n", "e", "mf"}
            assert await result(client, "OpenPositions") == {}
            assert await result(client, "CancelAll") == {"count": 0}
            info = await result(client, "GetApiKeyInfo")
            assert not [word for word in info["permissions"] if "withdraw" in word]

    in_loop(calls)


def test_lists_are_paged_newest_first(tmp_path: Path) -> None:
    async def calls() -> None:
        fast = ("--decay-factor", "10000")
        async with exchange(tmp_path, *fast) as running, Client(running) as client:
            terms = {"pair": "SOLUSD", "type": "buy", "ordertype": "market", "volume": "0.1"}
            made = [(await result(client, "AddOrder", **terms))["txid"][0] for _ in range(53)]
            for method, key in (("ClosedOrders", "closed"), ("TradesHistory", "trades")):
                first = await result(client, method)
                second = await result(client, method, ofs=50)
                assert (first["count"], len(first[key]), len(second[key])) == (53, 50, 3)
                assert len({*first[key], *second[key]}) == 53
                assert (await result(client, method, ofs=100))[key] == {}
            closed = await result(client, "ClosedOrders")
            assert list(closed["closed"]) == made[:-51:-1]
            assert (await result(client, "Ledgers"))["count"] == 53 * 2 + 3
            middle = closed["closed"][made[30]]
            since = await result(client, "ClosedOrders", start=middle["closetm"])
            assert list(since["closed"]) == made[:30:-1]
            until = await result(client, "ClosedOrders", end=middle["closetm"])
            assert next(iter(until["closed"])) == made[30]
            after = await result(client, "ClosedOrders", start=made[30], closetime="close")
            assert list(after["closed"]) == made[:30:-1]

    in_loop(calls)


def test_who_is_not_who_he_says_gets_nothing(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running, "SIM-READER") as reader:
            assert await error(reader, "Balance", nonce="x") == "EAPI:Invalid nonce"
            await result(reader, "Balance", nonce=5)
            for late in (5, 4):
                assert await error(reader, "Balance", nonce=late) == "EAPI:Invalid nonce"
            reader.nonce = 5
            assert await error(reader, "AddOrder") == "EGeneral:Permission denied"
            assert await error(reader, "Withdraw") == "EGeneral:Unknown method"
            async with Client(running, "SIM-ENGINE") as other:
                await result(other, "Balance")

    in_loop(calls)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"pair": "FOO"}, "EQuery:Unknown asset pair"),
        ({"ordertype": "iceberg"}, "EGeneral:Invalid arguments:ordertype"),
        ({"type": "hold"}, "EGeneral:Invalid arguments:type"),
        ({"volume": "much"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "1e999999999"}, "EGeneral:Invalid arguments:volume"),
        ({"timeinforce": "FOK"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"oflags": "viqc"}, "EGeneral:Invalid arguments:oflags"),
        ({"leverage": "2"}, "EGeneral:Invalid arguments:leverage"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
        ({"deadline": "2999-01-01T00:00:00Z"}, "EGeneral:Invalid arguments:deadline"),
        ({"cl_ord_id": "a", "userref": "1"}, "EGeneral:Invalid arguments"),
    ],
)
def test_bad_orders_are_refused_in_kraken_s_words(
    tmp_path: Path, params: dict[str, str], code: str
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            good = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "0.01"}
            assert await error(client, "AddOrder", **(good | params)) == code

    in_loop(calls)


def test_the_real_rate_limit_of_starter(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--decay-factor", "1") as running, Client(running) as client:
            for _ in range(15):
                await result(client, "Balance")
            assert await error(client, "Balance") == "EAPI:Rate limit exceeded"
            assert await error(client, "CancelOrder", txid="x") == "EOrder:Unknown order"

    in_loop(calls)
