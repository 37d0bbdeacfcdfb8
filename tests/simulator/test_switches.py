"""Do the switches for what nobody could verify switch?"""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from s1mpletrader.simulator import rate_limits
from tests.simulator.harness import REST_BUY, WS_BUY, WS_LIMIT, WS_STOP, Client, exchange, in_loop


@pytest.mark.parametrize("options", [(), ("--ledger-first",)])
def test_balances_are_told_before_or_after_the_execution(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, *options) as running, Client(running) as client:
            socket = await client.trader()
            for number, channel in enumerate(("executions", "balances"), start=1):
                await socket.ask("subscribe", number, channel=channel)
            await socket.ask("add_order", 9, **WS_BUY)
            told = [m["channel"] for m in socket.heard if m.get("type") == "update"][1:]
            executions = ["executions"] * 4
            assert told == (["balances", *executions] if options else [*executions, "balances"])

    in_loop(calls)


@pytest.mark.parametrize("options", [(), ("--stops-trade-with-own",)])
def test_a_stop_gives_way_to_own_orders_or_not(tmp_path: Path, options: tuple[str, ...]) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, *options) as running, Client(running) as client:
            socket = await client.trader()
            last = (await running.ask(running.control.audit))["last"]["BTC/USD"]
            own = WS_LIMIT | {"limit_price": round(float(last) * 0.9999 - 0.01, 2)}
            assert (await socket.ask("add_order", 1, **own))["success"]
            stop = WS_STOP | {"order_qty": 1}
            txid = (await socket.ask("add_order", 2, **stop))["result"]["order_id"]
            await running.fault("trigger_races", method="cancel_order")
            await socket.ask("cancel_order", 3, order_id=[txid])
            orders = {order["txid"]: order for order in (await running.truth())["orders"]}
            assert (orders[txid]["reason"] == "Self trade prevention") == (not options)

    in_loop(calls)


def test_a_duplicate_client_id_is_refused_in_other_words(tmp_path: Path) -> None:
    async def calls() -> None:
        words = "EOrder:Duplicate cl_ord_id"
        async with (
            exchange(tmp_path, "--duplicate-error", words) as running,
            Client(running) as client,
        ):
            socket = await client.trader()
            named = WS_LIMIT | {"cl_ord_id": "kx-1"}
            await socket.ask("add_order", 1, **named)
            assert (await socket.ask("add_order", 2, **named))["error"] == words

    in_loop(calls)


@pytest.mark.parametrize("cost", [1, 2])
def test_closed_orders_cost_one_or_two(tmp_path: Path, cost: int) -> None:
    async def calls() -> None:
        options = ("--decay-factor", "1", "--closed-orders-cost", str(cost))
        async with exchange(tmp_path, *options) as running, Client(running) as client:
            for _ in range(3):
                await client.private("ClosedOrders")
            counters = await running.ask(running.control.counters)
            assert round(counters["rest"]["SIM-ENGINE"]["highest"]) == 3 * cost

    in_loop(calls)


def test_connections_are_counted_and_one_too_many_is_refused(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--limit-connects") as running, Client(running) as client:
            for _ in range(rate_limits.CONNECTS_MAX):
                await (await client.socket()).ws.close()
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await client.socket()
            connects = (await running.ask(running.control.counters))["connects"]["all"]
            assert connects == {"level": 150, "highest": 150, "max": 150, "refused": 1}

    in_loop(calls)


def test_an_idle_connection_is_closed_a_subscribed_one_is_not(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--idle-close", "0.2") as running, Client(running) as client:
            busy, idle = await client.socket("/public/v2"), await client.socket("/public/v2")
            await busy.ask("subscribe", channel="instrument")
            with pytest.raises(ConnectionError):
                await idle.receive()
            assert idle.ws.close_code == 1001
            await busy.ask("ping", 2)
            assert (await client.private("AddOrder", **REST_BUY))["error"] == []

    in_loop(calls)


def test_a_balance_update_names_its_trade(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("subscribe", channel="balances")
            await socket.send("add_order", 2, **WS_BUY)
            rows: list[dict[str, Any]] = (await socket.channel("balances"))["data"]
            [fill] = (await running.truth())["fills"]
            assert {row["ref_id"] for row in rows} == {fill["exec_id"]}
            assert sorted(row["asset"] for row in rows) == ["BTC", "USD"]

    in_loop(calls)
