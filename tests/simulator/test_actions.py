"""Do other hands, the network and fate act when they are told to?"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.errors import ConfigurationError
from tests.simulator.harness import (
    WS_BUY,
    WS_LIMIT,
    WS_STOP,
    Client,
    Running,
    eventually,
    exchange,
    in_loop,
    process,
)

FOREIGN = WS_LIMIT | {"cl_ord_id": "11111111-2222-4333-8444-555555555555"}


@pytest.mark.parametrize(
    ("kind", "arguments", "shown"),
    [
        ("manual_order", {"params": WS_STOP}, ("orders", "type", "stop-loss")),
        ("manual_trade", {"params": {"symbol": "BTC/USD", "side": "buy", "order_qty": 0.1}},
         ("fills", "qty", "0.1")),
        ("deposit", {"asset": "BTC", "amount": "0.5"}, ("ledger", "amount", "0.5")),
        ("withdrawal", {"asset": "USD", "amount": "9000"}, ("ledger", "amount", "-9000")),
    ],
)  # fmt: skip
def test_other_hands_act_at_once(
    tmp_path: Path, kind: str, arguments: dict[str, Any], shown: tuple[str, str, str]
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            done = await running.fault(kind, **arguments)
            part, field, value = shown
            assert (await running.truth())[part][-1][field] == value
            assert done.result
            assert (done.hits, await running.hits(kind)) == (1, 1)

    in_loop(calls)


def test_a_stop_is_cancelled_by_hand_after_it_was_accepted(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("stop_cancelled", when="after", order_type="stop-loss")
            socket = await client.trader()
            await socket.ask("add_order", 1, **WS_LIMIT)
            txid = (await socket.ask("add_order", 2, **WS_STOP))["result"]["order_id"]
            states = {o["txid"]: o["status"] for o in (await running.truth())["orders"]}
            assert states.pop(txid) == "canceled"
            assert list(states.values()) == ["open"], "only the stop"

    in_loop(calls)


def test_stops_that_end_while_others_are_cancelled_by_hand_are_none_of_its_doing(
    tmp_path: Path,
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            placed = [await socket.ask("add_order", n, **WS_STOP) for n in (1, 2)]
            txids = {each["result"]["order_id"] for each in placed}
            deeds = await asyncio.gather(*(running.fault("stop_cancelled") for _ in range(2)))
            assert {name for deed in deeds for name in deed.result.split(",") if name} == txids

    in_loop(calls)


def test_an_order_is_cancelled_by_hand(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            txid = await running.ask(lambda: running.control.order(WS_LIMIT))
            assert await running.ask(lambda: running.control.cancel(txid)) == 1
            with pytest.raises(ConfigurationError):
                await running.ask(lambda: running.control.cancel(txid))

    in_loop(calls)


def test_a_second_instance_burns_the_nonce_and_places_its_order(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            assert (await client.private("Balance"))["error"] == []
            await running.fault("second_instance", params=FOREIGN, nonce_ahead=1000)
            assert (await client.private("Balance"))["error"] == ["EAPI:Invalid nonce"]
            client.nonce += 1000
            opened = (await client.private("OpenOrders"))["result"]["open"]
            [order] = opened.values()
            assert order["cl_ord_id"] == FOREIGN["cl_ord_id"]
            assert (await running.truth())["orders"][0]["user"] == "SIM-ENGINE"

    in_loop(calls)


@pytest.mark.parametrize(
    ("status", "system", "pair"),
    [
        ("maintenance", "maintenance", "online"),
        ("cancel_only", "cancel_only", "cancel_only"),
        ("post_only", "post_only", "post_only"),
        ("limit_only", "online", "limit_only"),
    ],
)
def test_the_exchange_changes_its_state_and_comes_back(
    tmp_path: Path, status: Any, system: str, pair: str
) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await running.fault("status", status=status, for_s=0.3)
            assert (await client.public("SystemStatus"))["result"]["status"] == system
            pairs = (await client.public("AssetPairs"))["result"]
            assert {row["status"] for row in pairs.values()} == {pair}
            refused = await socket.ask("add_order", **WS_BUY)
            assert refused["error"].startswith("EService:")
            is_limit_accepted = (await socket.ask("add_order", 2, **WS_LIMIT))["success"]
            assert is_limit_accepted == (status == "limit_only")
            await socket.until(lambda m: m.get("channel") == "status")
            states = [m["data"][0]["system"] for m in socket.heard if m.get("channel") == "status"]
            assert states == ["online", system, "online"]

    in_loop(calls)


def test_orders_are_filled_while_their_owner_is_disconnected(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            for number, params in enumerate((WS_LIMIT, WS_STOP), start=1):
                await socket.ask("add_order", number, **params)
            await running.fault("fill_while_disconnected", fraction=0.5, for_s=0.2)
            with pytest.raises(ConnectionError):
                await socket.receive()

            async def is_back() -> bool:
                return bool((await running.ask(running.control.clock)).refused_for_s == 0)

            await eventually(is_back)
            orders = (await client.private("OpenOrders"))["result"]["open"]
            assert [order["vol_exec"] for order in orders.values()] == ["0.05000000"]
            fills = (await running.truth())["fills"]
            assert sorted(fill["side"] for fill in fills) == ["buy", "sell"]

    in_loop(calls)


@pytest.mark.parametrize(("how", "code"), [("close", 1006), ("close_1001", 1001)])
def test_connections_end_when_told_to(tmp_path: Path, how: str, code: int) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            private, public = await client.socket(), await client.socket("/public/v2")
            await running.fault("drop", target="ws_private", how=how)
            with pytest.raises(ConnectionError):
                await private.receive()
            assert private.ws.close_code == code
            await public.ask("ping")

    in_loop(calls)


def test_a_cut_begins_when_the_order_was_accepted(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            await running.fault("cut", when="after", method="add_order", for_s=30)
            socket = await client.trader()
            with pytest.raises(ConnectionError):
                await socket.ask("add_order", **WS_BUY)
            assert len((await running.truth())["fills"]) == 1
            assert (await running.ask(running.control.clock)).refused_for_s > 20

    in_loop(calls)


def test_forgotten_tokens_are_invalid(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await running.fault("tokens_forgotten")
            refused = await socket.ask("add_order", **WS_BUY)
            assert refused["error"] == "ESession:Invalid session"

    in_loop(calls)


@pytest.mark.parametrize(("skew_s", "drift_ppm"), [(7200.0, 0.0), (3600.0, 100_000.0)])
def test_the_exchange_s_clock_is_wrong(tmp_path: Path, skew_s: float, drift_ppm: float) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            before = (await client.public("Time"))["result"]["unixtime"]
            fault = await running.fault("clock_skew", skew_s=skew_s, drift_ppm=drift_ppm)
            ahead = (await client.public("Time"))["result"]["unixtime"] - before
            assert skew_s <= ahead < skew_s + 30
            first = await running.ask(running.control.clock)
            second = await running.ask(running.control.clock)
            assert second.protocol_us >= first.protocol_us
            socket = await client.trader()
            assert (await socket.ask("add_order", **WS_BUY))["success"]
            await running.ask(lambda: running.control.release(fault.id))
            third = await running.ask(running.control.clock)
            assert third.protocol_us >= first.protocol_us, "it never runs backwards"

    in_loop(calls)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_exchange_kills_itself_before_or_after_it_accepted(tmp_path: Path, when: str) -> None:
    async def calls(running: Running) -> None:
        async with Client(running) as client:
            await running.fault("kill", when=when, method="add_order")
            socket = await client.trader()
            with pytest.raises(ConnectionError):
                await socket.ask("add_order", **WS_BUY)

    with process(tmp_path, "--paused") as (child, running):
        in_loop(lambda: calls(running))
        assert child.wait(10) == -9
    with process(tmp_path, "--paused") as (_, running):
        fills = running.control.audit("main")["accounts"]["main"]["fills"]
        assert len(fills) == (when == "after")


def test_an_action_that_cannot_be_is_refused_and_forgotten(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running:
            wrong: list[tuple[str, dict[str, Any]]] = [
                ("withdrawal", {"asset": "BTC", "amount": "1000"}),
                ("deposit", {"asset": "DOGE"}),
                ("deposit", {"amount": "-1"}),
                ("deposit", {"account": "nobody"}),
                ("second_instance", {"key": "nobody"}),
                ("manual_order", {"params": {"symbol": "FOO"}}),
                ("manual_trade", {"params": WS_STOP}),
                ("freeze", {"for_s": 1000}),
            ]
            for kind, arguments in wrong:
                with pytest.raises(ConfigurationError):
                    await running.fault(kind, **arguments)
            assert await running.ask(running.control.faults) == []
            assert not any((await running.ask(running.control.hits)).values())

    in_loop(calls)
