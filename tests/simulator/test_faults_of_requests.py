"""What does a client see when its request or the answer meets a fault, and what is the truth?"""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.simulator.harness import (
    REST_BUY,
    WS_BUY,
    WS_LIMIT,
    WS_STOP,
    Client,
    Running,
    Socket,
    exchange,
    in_loop,
)


def executed(truth: dict[str, Any]) -> list[str]:
    return [order["executed"] for order in truth["orders"]]


async def words(socket: Socket, until: str) -> list[str]:
    """Return the executions' words in the order heard, up to `until`."""
    found: list[str] = []
    while until not in found:
        message = await socket.receive()
        if message.get("channel") == "executions" and message["type"] == "update":
            found.append(message["data"][0]["exec_type"])
        elif message.get("method"):
            found.append(message["method"])
    return found


@pytest.mark.parametrize("how", ["close", "close_1006", "http_502", "http_503", "http_520"])
@pytest.mark.parametrize("kind", ["request_lost", "answer_lost"])
def test_a_rest_order_is_lost_before_or_after_it_was_accepted(
    tmp_path: Path, kind: str, how: str
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault(kind, method="AddOrder", how=how)
            if how.startswith("http"):
                async with client.post("AddOrder", **REST_BUY) as response:
                    assert response.status == int(how.removeprefix("http_"))
                    assert "<html>" in await response.text()
            else:
                with pytest.raises(aiohttp.ClientError) as caught:
                    await client.private("AddOrder", **REST_BUY)
                assert isinstance(caught.value, aiohttp.ServerDisconnectedError) == (
                    how == "close_1006"
                )
            assert len(executed(await running.truth())) == (kind == "answer_lost")
            assert await running.hits(kind) == 1

    in_loop(calls)


@pytest.mark.parametrize(("how", "code"), [("close", 1006), ("close_1001", 1001)])
@pytest.mark.parametrize("kind", ["request_lost", "answer_lost"])
def test_a_socket_closes_before_or_after_an_order_was_accepted(
    tmp_path: Path, kind: str, how: str, code: int
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault(kind, channel="ws", method="add_order", how=how)
            socket = await client.trader()
            with pytest.raises(ConnectionError):
                await socket.ask("add_order", **WS_BUY)
            assert socket.ws.close_code == code
            assert len(executed(await running.truth())) == (kind == "answer_lost")

    in_loop(calls)


def test_a_request_that_never_arrives_is_never_answered(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("request_lost", method="add_order", how="silent")
            socket = await client.trader()
            await socket.send("add_order", 5, **WS_BUY)
            await running.until_hit("request_lost")
            await socket.ask("ping", 6)
            assert executed(await running.truth()) == []

    in_loop(calls)


@pytest.mark.parametrize(
    ("kind", "arguments", "error"),
    [
        ("rate_limited", {}, "EOrder:Rate limit exceeded"),
        ("expired_token", {}, "ESession:Invalid session"),
        ("reject_late", {"error": "EOrder:Invalid price", "delay_s": 0.1}, "EOrder:Invalid price"),
        ("reject_next", {}, "EService:Busy"),
    ],
)
def test_an_order_is_refused_as_ordered(
    tmp_path: Path, kind: str, arguments: dict[str, Any], error: str
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault(kind, method="add_order", **arguments)
            socket = await client.trader()
            before = asyncio.get_running_loop().time()
            assert (await socket.ask("add_order", **WS_BUY))["error"] == error
            passed = asyncio.get_running_loop().time() - before
            assert passed >= arguments.get("delay_s", 0)
            assert executed(await running.truth()) == []
            assert (await socket.ask("add_order", 2, **WS_BUY))["success"]
            assert await running.hits(kind) == 1

    in_loop(calls)


def test_a_read_is_refused_for_its_rate_or_its_nonce(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("rate_limited", method="OpenOrders")
            await running.fault("invalid_nonce", method="Balance")
            await running.fault("rate_limited", method="Time", how="http_429")
            late = await client.private("OpenOrders")
            assert late["error"] == ["EAPI:Rate limit exceeded"]
            assert (await client.private("Balance"))["error"] == ["EAPI:Invalid nonce"]
            with pytest.raises(ValueError, match="Expecting value"):
                await client.public("Time")
            assert (await client.private("Balance"))["error"] == []

    in_loop(calls)


def test_an_answer_comes_late(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("answer_late", method="add_order", delay_s=0.3)
            socket = await client.trader()
            await socket.send("add_order", 5, **WS_BUY)
            await running.until_hit("answer_late")
            assert executed(await running.truth()) == ["0.1"]
            assert not [message for message in socket.heard if message.get("req_id") == 5]
            await socket.until(lambda message: message.get("req_id") == 5)

    in_loop(calls)


def test_events_come_before_their_reply_unless_ordered_otherwise(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await socket.send("add_order", 5, **WS_BUY)
            assert (await words(socket, "add_order"))[-2:] == ["filled", "add_order"]
            await running.fault("events_after_reply", method="add_order", delay_s=0.05)
            await socket.send("add_order", 6, **WS_BUY)
            order = ["add_order", "pending_new", "new", "trade", "filled"]
            assert await words(socket, "filled") == order
            assert await running.hits("events_after_reply") == 1

    in_loop(calls)


def test_the_market_offers_only_a_part(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("partial_fill", method="add_order", fraction=0.25)
            socket = await client.trader()
            await socket.ask("add_order", **WS_BUY)
            [order] = (await running.truth())["orders"]
            assert (order["executed"], order["status"]) == ("0.02500000", "canceled")

    in_loop(calls)


@pytest.mark.parametrize("method", ["cancel_order", "amend_order"])
def test_a_fill_overtakes_a_cancel_or_an_amend(tmp_path: Path, method: str) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            txid = (await socket.ask("add_order", **WS_LIMIT))["result"]["order_id"]
            await running.fault("fill_races", method=method, fraction=0.4)
            name: Any = [txid] if method == "cancel_order" else txid
            more = {} if method == "cancel_order" else {"order_qty": 0.06}
            assert (await socket.ask(method, 2, order_id=name, **more))["success"]
            [order] = (await running.truth())["orders"]
            assert order["executed"] == "0.04000000"
            assert order["status"] == ("canceled" if method == "cancel_order" else "open")

    in_loop(calls)


def test_an_amend_below_what_was_filled_meanwhile_is_refused(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            txid = (await socket.ask("add_order", **WS_LIMIT))["result"]["order_id"]
            await running.fault("fill_races", method="amend_order", fraction=0.4)
            reply = await socket.ask("amend_order", 2, order_id=txid, order_qty=0.03)
            assert reply["error"] == "EGeneral:Invalid arguments:order_qty"

    in_loop(calls)


def test_a_stop_triggers_while_it_is_amended(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            txid = (await socket.ask("add_order", **WS_STOP))["result"]["order_id"]
            await running.fault("trigger_races", method="amend_order")
            reply = await socket.ask("amend_order", 2, order_id=txid, order_qty=0.2)
            assert reply["error"] == "EOrder:Unknown order"
            [order] = (await running.truth())["orders"]
            assert (order["triggered"], order["executed"]) == (True, "0.1")

    in_loop(calls)


def test_fees_are_taken_in_base(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("fee_in_base", method="add_order")
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await socket.send("add_order", 2, **WS_BUY)
            trade = await socket.until(
                lambda m: m.get("channel") == "executions" and "fees" in str(m)
            )
            [fee] = trade["data"][0]["fees"]
            assert (fee["asset"], str(fee["qty"])) == ("BTC", "0.0004000000")
            balances = (await client.private("Balance"))["result"]
            assert balances["XXBT"] == "1.0996000000"
            assert (await running.truth())["orders"][0]["fee_in_base"]

    in_loop(calls)


def test_a_page_is_shorter_than_promised(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            for _ in range(3):
                assert (await client.private("AddOrder", **REST_BUY))["error"] == []
            await running.fault("partial_page", method="ClosedOrders", rows=1)
            first = (await client.private("ClosedOrders"))["result"]
            assert (len(first["closed"]), first["count"]) == (1, 3)
            rest = (await client.private("ClosedOrders", ofs=1))["result"]
            assert len(rest["closed"]) == 2

    in_loop(calls)


def test_a_fault_waits_for_the_order_it_was_meant_for(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("reject_next", side="sell", order_type="stop-loss")
            await running.fault("reject_next", symbol="SOL/USD", error="EOrder:Invalid price")
            socket = await client.trader()
            assert (await socket.ask("add_order", **WS_BUY))["success"]
            assert (await socket.ask("add_order", 2, **WS_STOP))["error"] == "EService:Busy"
            solana = {"pair": "SOLUSD", "type": "buy", "ordertype": "market", "volume": "1"}
            assert (await client.private("AddOrder", **solana))["error"] == ["EOrder:Invalid price"]

    in_loop(calls)


def test_what_a_seed_draws_is_drawn_again(tmp_path: Path) -> None:
    async def hit(running: Running, client: Client) -> list[bool]:
        fault = await running.fault("reject_next", method="Time", chance=0.5, seed=3, count=100)
        answers = [bool((await client.public("Time"))["error"]) for _ in range(12)]
        await running.ask(lambda: running.control.remove(fault.id))
        return answers

    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            first = await hit(running, client)
            assert first == await hit(running, client)
            assert 0 < sum(first) < 12

    in_loop(calls)
