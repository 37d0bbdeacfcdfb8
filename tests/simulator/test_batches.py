"""Are orders taken together, edited and counted as documented, through both doors?"""

import json
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.simulator.main import run
from tests.simulator.harness import (
    REST_BUY,
    WS_BUY,
    WS_LIMIT,
    Client,
    exchange,
    in_loop,
)

LIMIT = {"ordertype": "limit", "type": "buy", "price": "1000", "volume": "0.1"}
TOO_MUCH = LIMIT | {"volume": "500"}
NONSENSE = LIMIT | {"price": "1000.001"}


async def batch(client: Client, *orders: dict[str, Any], **more: Any) -> dict[str, Any]:
    return await client.json("AddOrderBatch", pair="XBTUSD", orders=list(orders), **more)


def test_a_batch_is_refused_one_by_one_for_funds_and_whole_for_nonsense(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            rows = (await batch(client, LIMIT, TOO_MUCH))["result"]["orders"]
            assert rows[0]["txid"]
            assert rows[0]["descr"]["order"] == "buy 0.10000000 XBTUSD @ limit 1000.00"
            assert rows[1] == {"error": "EOrder:Insufficient funds"}
            assert (await batch(client, LIMIT, NONSENSE))["error"] == [
                "EOrder:Tick size check failed"
            ]
            assert (await batch(client, LIMIT))["error"] == ["EGeneral:Invalid arguments:orders"]
            many = [LIMIT] * 16
            assert (await batch(client, *many))["error"] == ["EGeneral:Invalid arguments:orders"]
            mixed = await batch(client, LIMIT, LIMIT | {"pair": "SOLUSD"})
            assert mixed["error"] == ["EGeneral:Invalid arguments:pair"]
            dry = (await batch(client, LIMIT, LIMIT, validate=True))["result"]["orders"]
            assert "txid" not in dry[0]
            assert len((await running.truth())["orders"]) == 1
            gone = await client.json(
                "CancelOrderBatch", orders=[{"txid": rows[0]["txid"]}], cl_ord_ids=["no-such"]
            )
            assert gone["result"] == {"count": 1}

    in_loop(calls)


def test_a_batch_over_the_socket(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            rest = {name: value for name, value in WS_LIMIT.items() if name != "symbol"}
            orders = [rest | {"cl_ord_id": f"kx-{number}"} for number in range(3)]
            orders[2] |= {"order_qty": 500}
            added = await socket.ask("batch_add", symbol="BTC/USD", orders=orders)
            assert [row["cl_ord_id"] for row in added["result"]] == ["kx-0", "kx-1", "kx-2"]
            assert added["result"][2]["error"] == "EOrder:Insufficient funds"
            txid = added["result"][0]["order_id"]
            gone = await socket.ask("batch_cancel", 2, orders=[txid, "no"], cl_ord_id=["kx-1"])
            assert (gone["success"], gone["orders_cancelled"]) == (True, 2)

    in_loop(calls)


def test_an_order_is_edited_through_both_doors(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            first = (await socket.ask("add_order", **WS_LIMIT))["result"]["order_id"]
            second = (
                await socket.ask("edit_order", 2, symbol="BTC/USD", order_id=first, order_qty=0.2)
            )["result"]
            assert second["original_order_id"] == first
            third = (
                await client.private(
                    "EditOrder", txid=second["order_id"], pair="XBTUSD", price="1001"
                )
            )["result"]
            assert third["originaltxid"] == second["order_id"]
            assert (third["volume"], third["price"]) == ("0.20000000", "1001.00")
            assert third["descr"]["order"] == "buy 0.20000000 XBTUSD @ limit 1001.00"
            late = await client.private("EditOrder", txid=first, pair="XBTUSD", price="1")
            assert late["error"] == ["EOrder:Unknown order"]

    in_loop(calls)


def test_order_types_come_through_both_doors(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            sell: dict[str, Any] = {"symbol": "BTC/USD", "side": "sell", "order_qty": 0.1}
            trailing = sell | {
                "order_type": "trailing-stop",
                "triggers": {"price": 5, "price_type": "pct", "reference": "last"},
            }
            assert (await socket.ask("add_order", **trailing))["success"]
            stop_limit = sell | {
                "order_type": "stop-loss-limit",
                "limit_price": 99,
                "triggers": {"price": 100},
            }
            assert (await socket.ask("add_order", 2, **stop_limit))["success"]
            closing = WS_LIMIT | {"conditional": {"order_type": "stop-loss", "trigger_price": 900}}
            assert (await socket.ask("add_order", 3, **closing))["success"]
            for params in (
                {"ordertype": "trailing-stop", "price": "+5%"},
                {"ordertype": "trailing-stop-limit", "price": "+50", "price2": "-10"},
                {"ordertype": "take-profit-limit", "price": "90000", "price2": "89000"},
            ):
                answer = await client.private(
                    "AddOrder", pair="XBTUSD", type="sell", volume="0.1", **params
                )
                assert answer["error"] == [], params
            added = await client.private(
                "AddOrder",
                pair="XBTUSD",
                **LIMIT,
                **{"close[ordertype]": "stop-loss-limit", "close[price]": "900",
                   "close[price2]": "890"},
            )  # fmt: skip
            words = "close position @ stop loss limit 900.00 -> limit 890.00"
            assert added["result"]["descr"]["close"] == words
            types = [order["type"] for order in (await running.truth())["orders"]]
            assert len(set(types)) == 5
            opened = (await client.private("OpenOrders"))["result"]["open"]
            assert len(opened) == 7
            wrong = await client.private(
                "AddOrder", pair="XBTUSD", type="sell", volume="0.1",
                ordertype="trailing-stop", price="50",
            )  # fmt: skip
            assert wrong["error"] == ["EOrder:Invalid price"]

    in_loop(calls)


def test_counters_tell_how_high_they_ever_were(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--decay-factor", "1") as running, Client(running) as client:
            for _ in range(16):
                last = await client.private("Balance")
            assert last["error"] == ["EAPI:Rate limit exceeded"]
            await batch(client, LIMIT, LIMIT, LIMIT)
            counters = await running.ask(running.control.counters)
            rest = counters["rest"]["SIM-ENGINE"]
            assert 14 < rest["highest"] <= rest["max"] == 15
            assert rest["refused"] == 1
            assert rest["level"] <= rest["highest"]
            orders = counters["orders"]["main BTC/USD"]
            assert (orders["highest"], orders["max"], orders["refused"]) == (2, 60, 0)

    in_loop(calls)


def test_keys_may_not_do_what_they_may_not(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            for key, method, params, error in (
                ("SIM-READER", "AddOrder", REST_BUY, "EGeneral:Permission denied"),
                ("SIM-NO-LEDGER", "Ledgers", {}, "EGeneral:Permission denied"),
                ("SIM-NO-CANCEL", "CancelAll", {}, "EGeneral:Permission denied"),
                ("SIM-SECOND", "AddOrder", REST_BUY, None),
            ):
                async with Client(running, key) as client:
                    answer = await client.private(method, **params)
                    assert answer["error"] == ([] if error is None else [error]), key
                    info = (await client.private("GetApiKeyInfo"))["result"]
                    assert info["api_key_name"] == key
                    assert ("withdraw-funds" in info["permissions"]) == (key == "SIM-WITHDRAWER")
            audit = await running.ask(running.control.audit)
            assert len(audit["accounts"]["second"]["fills"]) == 1
            assert audit["accounts"]["main"]["fills"] == []

    in_loop(calls)


def test_a_token_lives_as_long_as_it_was_told(tmp_path: Path) -> None:
    async def calls() -> None:
        async with (
            exchange(tmp_path, "--token-life", "60") as running,
            Client(running) as client,
        ):
            socket = await client.trader()
            await running.fault("clock_skew", skew_s=120)
            refused = await socket.ask("add_order", **WS_BUY)
            assert refused["error"] == "ESession:Invalid session"
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await running.fault("clock_skew", skew_s=240)
            assert (await socket.ask("add_order", 2, **WS_BUY))["success"], "in use: no expiry"

    in_loop(calls)


@pytest.mark.parametrize(
    "option", [("--queue", "-1"), ("--queue", "x"), ("--token-life", "0"), ("--token-life", "901")]
)
def test_nonsense_on_the_command_line_is_refused(
    tmp_path: Path, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(["--tape", "x", "--state", str(tmp_path), *option])
    assert end.value.code == 2
    assert option[0] in capsys.readouterr().err


def test_the_dead_man_s_switch_fires_through_both_doors(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("add_order", **WS_LIMIT)
            armed = await socket.ask("cancel_all_orders_after", 2, timeout=1)
            assert armed["result"]["triggerTime"] > armed["result"]["currentTime"]
            await running.fault("clock_skew", skew_s=60)
            await socket.ask("subscribe", 3, channel="executions")
            [order] = (await running.truth())["orders"]
            while order["status"] == "open":
                [order] = (await running.truth())["orders"]
            assert order["reason"] == "Cancel all orders after"
            off = await client.private("CancelAllOrdersAfter", timeout=0)
            assert off["result"]["triggerTime"] == "0"
            assert json.dumps(off)

    in_loop(calls)
