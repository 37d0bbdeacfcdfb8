"""Do ordered faults look to a client like the real thing, and does the truth stay the truth?"""

import asyncio
import functools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from s1mpletrader.simulator.fault_specs import FaultSpec
from tests.simulator.harness import Client, Running, eventually, exchange, in_loop

BUY = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "0.1"}
WS_BUY: dict[str, Any] = {
    "symbol": "BTC/USD",
    "side": "buy",
    "order_type": "market",
    "order_qty": 0.1,
}
STOP: dict[str, Any] = {
    "symbol": "BTC/USD",
    "side": "sell",
    "order_type": "stop-loss",
    "order_qty": 0.1,
    "triggers": {"price": 100},
}


async def order_fault(running: Running, spec: FaultSpec) -> int:
    return int((await running.ask(lambda: running.control.add_fault(spec))).id)


async def fills(running: Running) -> list[dict[str, Any]]:
    audit = await running.ask(lambda: running.control.audit("main"))
    return list(audit["accounts"]["main"]["fills"])


async def until_hit(running: Running, fault: int) -> None:
    async def is_hit() -> bool:
        return bool((await running.ask(lambda: running.control.fault(fault))).hits)

    await eventually(is_hit)


async def until_filled(running: Running) -> None:
    async def is_filled() -> bool:
        return bool(await fills(running))

    await eventually(is_filled)


def test_an_accepted_order_whose_answer_is_a_502(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await order_fault(running, FaultSpec("answer_lost", method="AddOrder", how="http_502"))
            async with client.post("AddOrder", **BUY) as response:
                assert response.status == 502
                assert "<html>" in await response.text()
            assert len(await fills(running)) == 1
            assert (await client.private("AddOrder", **BUY))["error"] == []

    in_loop(calls)


def test_an_accepted_order_whose_connection_breaks(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await order_fault(running, FaultSpec("answer_lost", method="add_order", count=2))
            with pytest.raises(aiohttp.ClientError):
                await client.private("AddOrder", **BUY)
            socket = await client.trader()
            with pytest.raises(ConnectionError):
                await socket.ask("add_order", **WS_BUY)
            assert len(await fills(running)) == 2

    in_loop(calls)


def test_an_accepted_order_that_is_never_answered(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await order_fault(running, FaultSpec("answer_lost", how="silent", method="add_order"))
            socket = await client.trader()
            await socket.send("add_order", 5, **WS_BUY)
            await until_filled(running)
            await socket.ask("ping", 6)
            assert not [message for message in socket.heard if message.get("req_id") == 5]

    in_loop(calls)


def test_an_answer_is_held_until_it_is_released(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            fault = await order_fault(running, FaultSpec("hold_answers", method="add_order"))
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await socket.send("add_order", 5, **WS_BUY)
            await until_filled(running)
            state = await running.ask(lambda: running.control.fault(fault))
            assert (state.hits, state.holding, state.armed) == (1, 1, False)
            before = len(socket.heard)
            await socket.send("ping", 6)
            await running.ask(lambda: running.control.release(fault))
            await socket.until(lambda message: message.get("req_id") == 5)
            late = [m for m in socket.heard[before:] if m.get("channel") == "executions"]
            assert late[-1]["data"][0]["exec_type"] == "filled", "the events were held, too"

    in_loop(calls)


def test_an_answer_held_beyond_the_client_s_death_changes_nothing(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            fault = await order_fault(running, FaultSpec("hold_answers"))
            async with Client(running) as client:
                await running.ask(lambda: running.control.remove(fault))
                socket = await client.trader()
                fault = await order_fault(running, FaultSpec("hold_answers", method="add_order"))
                await socket.send("add_order", 5, **WS_BUY)
                await until_filled(running)
            await running.ask(lambda: running.control.release(fault))
            assert len(await fills(running)) == 1

    in_loop(calls)


def deadline(seconds: float) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_request_in_flight_outlives_its_client(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            spec = FaultSpec("delay_in_flight", method="add_order", delay_s=0.2)
            fault = await order_fault(running, spec)
            async with Client(running) as client:
                socket = await client.trader()
                await socket.send("add_order", **WS_BUY)
                await until_hit(running, fault)
            assert await fills(running) == []
            await until_filled(running)

    in_loop(calls)


def test_a_request_that_arrives_after_its_deadline_is_not_accepted(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            spec = FaultSpec("delay_in_flight", method="add_order", delay_s=0.3, count=2)
            await order_fault(running, spec)
            late = await client.private("AddOrder", **BUY, deadline=deadline(0.1))
            assert late["error"] == ["EService:Deadline elapsed"]
            timely = await client.private("AddOrder", **BUY, deadline=deadline(5))
            assert timely["error"] == []

    in_loop(calls)


def test_a_rest_request_overtaken_in_flight_has_an_invalid_nonce(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            spec = FaultSpec("delay_in_flight", method="AddOrder", delay_s=0.2)
            fault = await order_fault(running, spec)
            async with asyncio.TaskGroup() as tasks:
                late = tasks.create_task(client.private("AddOrder", **BUY))
                await until_hit(running, fault)
                assert (await client.private("Balance"))["error"] == []
            assert (await late)["error"] == ["EAPI:Invalid nonce"]

    in_loop(calls)


def test_a_silent_stall_swallows_everything_but_pongs(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            await socket.ask("subscribe", channel="trade", symbol=["BTC/USD"])
            fault = await order_fault(running, FaultSpec("silent_stall", channel="ws"))
            await running.ask(lambda: running.control.step(8))
            await socket.ask("ping", 2)
            assert socket.heard[-1]["method"] == "pong"
            assert socket.heard[-2].get("method") == "subscribe"
            await running.ask(lambda: running.control.remove(fault))
            await running.ask(lambda: running.control.step(2))
            [trade] = (await socket.channel("trade"))["data"]
            assert trade["trade_id"] > 2, "what was swallowed is a gap in the ids"
            mute = FaultSpec("silent_stall", channel="ws_public", pongs=False)
            await order_fault(running, mute)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await socket.ask("ping", 3)

    in_loop(calls)


def test_lists_lag_behind_the_truth(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            faults = [
                await order_fault(running, FaultSpec("visibility_lag", list=name, delay_s=60))
                for name in ("OpenOrders", "ClosedOrders", "TradesHistory", "Ledgers")
            ]
            await socket.ask("add_order", **STOP)
            txid = (await socket.ask("add_order", 2, **WS_BUY))["result"]["order_id"]

            async def counts() -> list[int]:
                opened = (await client.private("OpenOrders"))["result"]["open"]
                closed = (await client.private("ClosedOrders"))["result"]["count"]
                trades = (await client.private("TradesHistory"))["result"]["count"]
                return [len(opened), closed, trades]

            assert await counts() == [0, 0, 0]
            found = (await client.private("QueryOrders", txid=txid))["result"]
            assert found[txid]["status"] == "closed"
            for fault in faults:
                await running.ask(functools.partial(running.control.remove, fault))
            assert await counts() == [1, 1, 1]

    in_loop(calls)


def test_a_cut_resets_everybody_and_lets_nobody_in(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("add_order", **STOP)
            assert await running.ask(lambda: running.control.cut(30)) >= 1
            with pytest.raises(ConnectionError):
                await socket.receive()
            with pytest.raises(aiohttp.ClientError):
                await client.public("Time")
            with pytest.raises(aiohttp.ClientError):
                await client.socket()
            await running.ask(lambda: running.control.step(4))
            await running.ask(lambda: running.control.cut(0))
            assert (await client.private("Balance"))["error"] == []

    in_loop(calls)


def test_a_drop_resets_once(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            public, private = await client.socket("/public/v2"), await client.socket()
            assert await running.ask(lambda: running.control.drop("ws_private")) == 1
            with pytest.raises(ConnectionError):
                await private.receive()
            await public.ask("ping")
            await client.socket()

    in_loop(calls)


def test_the_next_submits_are_rejected_as_ordered(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            error = "EOrder:Insufficient funds"
            await order_fault(running, FaultSpec("reject_next", method="add_order", error=error))
            socket = await client.trader()
            assert (await socket.ask("add_order", **WS_BUY))["error"] == error
            assert (await socket.ask("add_order", 2, **WS_BUY))["success"]
            assert len(await fills(running)) == 1

    in_loop(calls)
