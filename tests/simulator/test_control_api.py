"""Does the exchange obey the one who steers it, and nobody's nonsense?"""

from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.errors import ConfigurationError, NotRunning
from s1mpletrader.simulator.control_client import ControlClient
from s1mpletrader.simulator.fault_specs import FaultSpec
from tests.simulator.harness import Client, eventually, exchange, in_loop, process

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


def test_hands_other_than_ours_trade_and_move_money(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            txid = await running.ask(lambda: running.control.order(STOP))
            assert txid in (await client.private("OpenOrders"))["result"]["open"]
            ledger = await running.ask(lambda: running.control.transfer("BTC", "-0.5"))
            found = (await client.private("QueryLedgers", id=ledger))["result"][ledger]
            assert (found["type"], found["amount"]) == ("withdrawal", "-0.5000000000")
            await running.ask(lambda: running.control.set_status("cancel_only"))
            assert (await client.private("AddOrder", **BUY))["error"] == [
                "EService:Market in cancel_only mode"
            ]
            socket = await client.trader()
            await running.ask(running.control.forget_tokens)
            assert (await socket.ask("add_order", **WS_BUY))["error"] == "ESession:Invalid session"

    in_loop(calls)


def test_the_market_obeys_its_clock(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            control = running.control
            start = await running.ask(control.clock)
            assert (start.running, start.played) == (False, {"BTC/USD": 1, "SOL/USD": 1})
            assert await running.ask(lambda: control.step(3)) == 3
            fast = await running.ask(lambda: control.speed(36_000))
            assert (fast.speed, fast.running) == (36_000, False)
            await running.ask(control.resume)

            async def has_played() -> bool:
                return bool((await running.ask(control.clock)).played["BTC/USD"] >= 10)

            await eventually(has_played)
            stopped = await running.ask(control.pause)
            assert stopped.played == (await running.ask(control.clock)).played

    in_loop(calls)


def test_nonsense_on_the_control_socket_is_refused_with_words(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            control = running.control
            for call in (
                lambda: control.speed(0),
                lambda: control.step(0),
                lambda: control.cut(-1),
                lambda: control.release(99),
                lambda: control.transfer("FOO", "1"),
                lambda: control.transfer("BTC", "1", "nobody"),
                lambda: control.transfer("BTC", "-1000"),
                lambda: control.order({"symbol": "FOO"}),
                lambda: control.add_fault(FaultSpec("visibility_lag")),
            ):
                with pytest.raises(ConfigurationError):
                    await running.ask(call)

    in_loop(calls)


def test_no_exchange_no_answer(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        ControlClient(tmp_path / "none.sock").clock()


@pytest.mark.slow
def test_a_second_exchange_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with process(tmp_path) as (_, running), process(tmp_path) as (second, _other):
        assert second.wait(10) == 75
        assert running.control.clock().played
