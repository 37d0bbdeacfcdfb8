"""Does nobody hear of anything that a crash could take back?"""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.errors import StoragePoisoned
from s1mpletrader.simulator.commands import Command, Place
from s1mpletrader.simulator.event_log import EventLog
from s1mpletrader.simulator.exchange import Exchange
from tests.simulator.harness import Client, exchange, in_loop

WS_BUY: dict[str, Any] = {
    "symbol": "BTC/USD",
    "side": "buy",
    "order_type": "market",
    "order_qty": 0.1,
}


def test_no_answer_and_no_event_before_the_disk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, reached, append = threading.Event(), threading.Event(), EventLog.append

    def slow(log: EventLog, commands: Sequence[Command]) -> None:
        if any(type(command).__name__ == "Place" for command in commands):
            reached.set()
            flushed.wait(10)
        append(log, commands)

    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("subscribe", channel="executions")
            await socket.receive()
            monkeypatch.setattr(EventLog, "append", slow)
            await socket.send("add_order", 5, **WS_BUY)
            assert await asyncio.to_thread(reached.wait, 10)
            before = len(socket.heard)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await socket.receive()
            flushed.set()
            reply = await socket.until(lambda message: message.get("req_id") == 5)
            assert reply["success"]
            assert len(socket.heard) > before + 1

    in_loop(calls)


def test_an_exchange_that_tells_before_it_writes_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = asyncio.Event()

    async def hasty(exchange: Exchange) -> None:
        while True:
            jobs = await exchange._next_jobs()
            commands, events = exchange._apply(jobs)
            exchange._tell(jobs, events)
            if any(isinstance(command, Place) for command in commands):
                await written.wait()
            if commands:
                exchange._log.append(commands)

    async def calls() -> None:
        monkeypatch.setattr(Exchange, "run", hasty)
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            reply = await socket.ask("add_order", 5, **WS_BUY)
            assert reply["success"]
            assert not written.is_set(), "answered, and the disk has nothing"
            written.set()

    in_loop(calls)


async def books(directory: Path, *, trade: bool) -> dict[str, Any]:
    async with exchange(directory) as running, Client(running) as client:
        if trade:
            socket = await client.trader()
            assert (await socket.ask("add_order", **WS_BUY))["success"]
        audit: dict[str, Any] = await running.ask(lambda: running.control.audit("main"))
        return dict(audit["accounts"])


def test_what_was_answered_is_there_after_a_restart(tmp_path: Path) -> None:
    async def calls() -> None:
        before = await books(tmp_path, trade=True)
        assert await books(tmp_path, trade=False) == before

    in_loop(calls)


def test_an_exchange_that_does_not_write_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def calls() -> None:
        await books(tmp_path, trade=False)
        with monkeypatch.context() as sabotage:
            sabotage.setattr(EventLog, "append", lambda _log, _commands: None)
            before = await books(tmp_path, trade=True)
        assert await books(tmp_path, trade=False) != before

    in_loop(calls)


def test_a_failing_disk_ends_the_exchange_unanswered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_log: EventLog, _commands: Sequence[Command]) -> None:
        raise StoragePoisoned("the test's disk is broken")

    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            monkeypatch.setattr(EventLog, "append", fail)
            await socket.send("add_order", 5, **WS_BUY)
            with pytest.raises(ConnectionError):
                await socket.until(lambda message: message.get("req_id") == 5)

    with pytest.raises(ExceptionGroup) as caught:
        in_loop(calls)
    assert caught.group_contains(StoragePoisoned)
