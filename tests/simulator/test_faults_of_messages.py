"""Do messages get lost, doubled, overtaken and corrupted as ordered?"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.harness import (
    WS_BUY,
    Client,
    Running,
    Socket,
    eventually,
    exchange,
    in_loop,
    process,
)


async def sequences(socket: Socket, until: int) -> list[int]:
    found: list[int] = []
    while until not in found:
        message = await socket.receive()
        if message.get("channel") == "executions":
            found.append(message["sequence"])
    return found


@pytest.mark.parametrize(
    ("kind", "arguments", "heard"),
    [
        ("duplicate", {}, [1, 2, 3, 3, 4, 5]),
        ("gap", {}, [1, 2, 4, 5]),
        ("reorder", {}, [1, 2, 4, 3, 5]),
        ("reorder", {"window": 2}, [1, 2, 4, 5]),
    ],
)
def test_an_execution_is_doubled_lost_or_overtaken(
    tmp_path: Path, kind: str, arguments: dict[str, Any], heard: list[int]
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault(kind, method="executions", skip=2, **arguments)
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await socket.send("add_order", 2, **WS_BUY)
            assert await sequences(socket, 5) == heard
            if kind == "reorder" and len(heard) == 4:
                assert await sequences(socket, 3) == [3]
            assert await running.hits(kind) == 1

    in_loop(calls)


def test_a_message_that_nobody_overtakes_comes_a_heartbeat_later(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("reorder", method="pong")
            socket = await client.socket("/public/v2")
            await socket.ask("ping", 7)

    in_loop(calls)


def test_a_reply_comes_twice(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("duplicate", method="add_order")
            socket = await client.trader()
            first = await socket.ask("add_order", **WS_BUY)
            assert first == await socket.receive()
            assert len((await running.truth())["orders"]) == 1

    in_loop(calls)


def test_a_book_s_checksum_is_wrong(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            sockets = [await client.socket("/public/v2") for _ in range(2)]
            await running.fault("checksum_corrupt", method="book", skip=1)
            right: list[list[int]] = []
            for socket in sockets:
                await socket.send("subscribe", channel="book", symbol=["BTC/USD"])
                message = await socket.channel("book", "snapshot")
                right.append([message["data"][0]["checksum"]])
            await running.ask(lambda: running.control.step(4))
            for socket, heard in zip(sockets, right, strict=True):
                heard.append((await socket.channel("book"))["data"][0]["checksum"])
            assert right[0][0] == right[1][0] ^ 1
            assert right[0][1] == right[1][1]

    in_loop(calls)


def test_a_subscription_is_acknowledged_and_dead(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("dead_subscription", method="trade")
            socket = await client.socket("/public/v2")
            ack = await socket.ask("subscribe", channel="trade", symbol=["BTC/USD"])
            assert ack["success"]
            await socket.ask("subscribe", 2, channel="ticker", symbol=["BTC/USD"])
            await running.ask(lambda: running.control.step(8))
            await socket.channel("ticker", "update")
            await socket.channel("heartbeat", None)
            assert not [m for m in socket.heard if m.get("channel") == "trade"]
            assert await running.hits("dead_subscription") == 1

    in_loop(calls)


def test_a_stall_counts_the_connections_it_silenced(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            await socket.ask("subscribe", channel="trade", symbol=["BTC/USD"])
            await running.fault("silent_stall", channel="ws", for_s=0.2)
            await running.ask(lambda: running.control.step(4))
            await running.ask(lambda: running.control.step(4))
            assert await running.hits("silent_stall") == 1

            async def is_over() -> bool:
                return all(f.released for f in await running.ask(running.control.faults))

            await eventually(is_over)
            await running.ask(lambda: running.control.step(2))
            await socket.channel("trade")

    in_loop(calls)


@pytest.mark.slow
def test_a_frozen_exchange_answers_nothing_and_keeps_its_sockets(tmp_path: Path) -> None:
    async def calls(running: Running) -> None:
        async with Client(running) as client:
            socket = await client.trader()
            await running.fault("freeze", when="before", method="add_order", for_s=0.5)
            await socket.send("add_order", 5, **WS_BUY)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await socket.receive()
            reply = await socket.until(lambda message: message.get("req_id") == 5)
            assert reply["success"]
            assert await running.hits("freeze") == 1

    with process(tmp_path, "--paused") as (_, running):
        in_loop(lambda: calls(running))
