"""Does the exchange keep the habits that clients of the real one trip over?

Each is documented by the exchange or was met in the field by others.
"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.harness import (
    REST_BUY,
    WS_BUY,
    WS_LIMIT,
    WS_STOP,
    Client,
    Socket,
    exchange,
    in_loop,
)


async def events(socket: Socket, until: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while not found or found[-1]["exec_type"] != until:
        message = await socket.channel("executions")
        found += message["data"]
    return found


def test_new_filled_and_canceled_events_name_neither_symbol_nor_side(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await socket.send("add_order", 2, **WS_BUY)
            rows = {row["exec_type"]: row for row in await events(socket, "filled")}
            txid = (await socket.until(lambda m: m.get("req_id") == 2))["result"]["order_id"]
            await socket.send("add_order", 3, **WS_LIMIT)
            await events(socket, "new")
            await socket.send("cancel_all", 4)
            rows |= {row["exec_type"]: row for row in await events(socket, "canceled")}
            for name in ("new", "filled", "canceled"):
                assert not {"symbol", "side", "order_qty"} & set(rows[name]), name
            assert rows["pending_new"]["symbol"] == rows["trade"]["symbol"] == "BTC/USD"
            assert rows["filled"]["order_id"] == txid

    in_loop(calls)


def test_the_last_fill_says_partially_filled_and_filled_follows(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await socket.send("add_order", 2, **WS_BUY)
            *_, trade, filled = await events(socket, "filled")
            assert (trade["exec_type"], trade["order_status"]) == ("trade", "partially_filled")
            assert trade["cum_qty"] == Decimal("0.1"), "it says so although it is complete"
            assert filled["order_status"] == "filled"

    in_loop(calls)


def test_a_cancelled_order_may_have_been_executed_in_part(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("partial_fill", fraction=0.5)
            txid = (await client.private("AddOrder", **REST_BUY))["result"]["txid"][0]
            row = (await client.private("QueryOrders", txid=txid))["result"][txid]
            assert (row["status"], row["vol_exec"]) == ("canceled", "0.05000000")

    in_loop(calls)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_client_id_is_unique_among_open_orders_only(tmp_path: Path, *, is_open: bool) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            named = (WS_LIMIT if is_open else WS_BUY) | {"cl_ord_id": "kx-1"}
            assert (await socket.ask("add_order", **named))["success"]
            again = await socket.ask("add_order", 2, **named)
            assert again["success"] == (not is_open)
            truth = await running.truth()
            assert truth["duplicate_client_ids"] == ([] if is_open else ["kx-1"])

    in_loop(calls)


def test_a_trade_row_has_no_client_id_and_query_orders_takes_none(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await client.private("AddOrder", **REST_BUY, cl_ord_id="kx-1")
            [row] = (await client.private("TradesHistory"))["result"]["trades"].values()
            assert "cl_ord_id" not in row
            refused = await client.private("QueryOrders", cl_ord_id="kx-1")
            assert refused["error"] == ["EGeneral:Invalid arguments:txid"]
            [found] = (await client.private("ClosedOrders", cl_ord_id="kx-1"))["result"][
                "closed"
            ].values()
            assert found["cl_ord_id"] == "kx-1"

    in_loop(calls)


def test_errors_come_with_status_200(tmp_path: Path) -> None:
    async def calls() -> None:
        async with (
            exchange(tmp_path) as running,
            Client(running) as client,
            client.post("AddOrder", **REST_BUY | {"pair": "FOO"}) as response,
        ):
            assert response.status == 200
            assert await response.json() == {"error": ["EQuery:Unknown asset pair"]}

    in_loop(calls)


@pytest.mark.parametrize(("holds", "is_sold"), [("at-once", False), ("when-triggered", True)])
def test_a_resting_stop_holds_the_coins_of_a_second_sell(
    tmp_path: Path, holds: str, *, is_sold: bool
) -> None:
    """As freqtrade#4163 met it, unless the exchange is told otherwise: nobody could verify it."""

    async def calls() -> None:
        async with (
            exchange(tmp_path, "--stops-hold", holds) as running,
            Client(running) as client,
        ):
            socket = await client.trader()
            await socket.ask("add_order", **WS_STOP | {"order_qty": 1})
            sell = WS_BUY | {"side": "sell", "order_qty": 1}
            assert (await socket.ask("add_order", 2, **sell))["success"] == is_sold

    in_loop(calls)


def test_the_dead_man_s_switch_takes_the_stops_too(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("add_order", **WS_STOP)
            await running.ask(lambda: running.control.order(WS_LIMIT))
            await socket.ask("cancel_all_orders_after", 2, timeout=1)
            await running.fault("clock_skew", skew_s=60)
            status = {"open"}
            while "open" in status:
                status = {order["status"] for order in (await running.truth())["orders"]}
            assert status == {"canceled"}, "also what was placed by hand"

    in_loop(calls)


def test_heartbeats_begin_with_the_first_subscription(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            quiet, loud = await client.socket("/public/v2"), await client.socket("/public/v2")
            await loud.ask("subscribe", channel="instrument")
            await loud.channel("heartbeat", None)
            await quiet.ask("ping")
            assert [m for m in quiet.heard if m.get("channel") == "heartbeat"] == []

    in_loop(calls)


def test_a_request_number_that_is_none_is_refused(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            for text in ('"\\ud800"', '"a"', "true", str(2**63), "[1]"):
                await socket.ws.send_str(f'{{"method":"ping","req_id":{text}}}')
                assert "EGeneral:Invalid arguments" in (await socket.receive())["error"]
            await socket.ask("ping", 7)

    in_loop(calls)
