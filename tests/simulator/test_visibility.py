"""Do the lists lag behind the truth, each in its own way?"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.harness import (
    REST_BUY,
    WS_LIMIT,
    Client,
    Running,
    eventually,
    exchange,
    in_loop,
)

PATIENT = ("--decay-factor", "100000")
"""Asking again and again is not what is tested here."""


async def shown(client: Client, name: str) -> int:
    result = (await client.private(name))["result"]
    key = {"OpenOrders": "open", "ClosedOrders": "closed", "TradesHistory": "trades"}
    return len(result[key.get(name, "ledger")])


@pytest.mark.parametrize("name", ["ClosedOrders", "TradesHistory", "Ledgers"])
def test_a_list_shows_things_late_and_then_for_good(tmp_path: Path, name: str) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, *PATIENT) as running, Client(running) as client:
            before = await shown(client, name)
            await running.fault("visibility_lag", list=name, delay_s=0.3)
            assert (await client.private("AddOrder", **REST_BUY))["error"] == []
            after = await shown(client, name)
            assert after <= before
            assert await running.hits("visibility_lag") >= 1

            async def is_shown() -> bool:
                return await shown(client, name) > before

            await eventually(is_shown)

    in_loop(calls)


def test_balances_lag_behind_the_trade(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, *PATIENT) as running, Client(running) as client:
            fault = await running.fault("visibility_lag", list="Balances", delay_s=0.2)

            async def has_coins(amount: str) -> bool:
                return bool((await client.private("Balance"))["result"]["XXBT"] == amount)

            async def starts() -> bool:
                return await has_coins("1.0000000000")

            await eventually(starts)
            assert (await client.private("AddOrder", **REST_BUY))["error"] == []
            assert await has_coins("1.0000000000")
            extended = (await client.private("BalanceEx"))["result"]["XXBT"]
            assert extended["balance"] == "1.0000000000"
            await running.ask(lambda: running.control.release(fault.id))
            assert await has_coins("1.1000000000")

    in_loop(calls)


async def closed_order(running: Running, client: Client) -> str:
    txid: str = await running.ask(lambda: running.control.order(WS_LIMIT))
    assert (await client.private("CancelOrder", txid=txid))["error"] == []
    return txid


def test_an_order_leaves_one_list_before_it_shows_in_the_next(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, *PATIENT) as running, Client(running) as client:
            await running.fault("visibility_lag", list="ClosedOrders", delay_s=30)
            await closed_order(running, client)
            assert await shown(client, "OpenOrders") == 0
            assert await shown(client, "ClosedOrders") == 0

    in_loop(calls)


def test_a_stale_list_shows_a_closed_order_as_it_was(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, *PATIENT) as running, Client(running) as client:
            txid = await running.ask(lambda: running.control.order(WS_LIMIT))
            fault = await running.fault(
                "visibility_lag", list="OpenOrders", delay_s=0.2, stale=True
            )

            async def is_shown() -> bool:
                return await shown(client, "OpenOrders") == 1

            await eventually(is_shown)
            await running.fault("fill_while_disconnected", fraction=0.5)
            assert (await client.private("CancelOrder", txid=txid))["error"] == []
            row = (await client.private("OpenOrders"))["result"]["open"][txid]
            assert (row["status"], row["vol_exec"]) == ("open", "0.00000000")
            assert await shown(client, "ClosedOrders") == 1, "both lists at once"
            await running.ask(lambda: running.control.release(fault.id))
            assert await shown(client, "OpenOrders") == 0

    in_loop(calls)


def test_lags_are_drawn_for_each_order_by_a_seed(tmp_path: Path) -> None:
    async def drawn(running: Running, client: Client, seed: int) -> set[str]:
        fault = await running.fault(
            "visibility_lag", list="ClosedOrders", delay_s=3000, drawn=True, seed=seed
        )
        result = (await client.private("ClosedOrders"))["result"]["closed"]
        await running.ask(lambda: running.control.release(fault.id))
        return set(result)

    async def calls() -> None:
        async with exchange(tmp_path, *PATIENT) as running, Client(running) as client:
            for _ in range(12):
                await closed_order(running, client)
            skew = await running.fault("clock_skew", skew_s=1500)
            first = await drawn(running, client, 1)
            assert 0 < len(first) < 12
            assert await drawn(running, client, 1) == first
            assert await drawn(running, client, 2) != first
            await running.ask(lambda: running.control.release(skew.id))

    in_loop(calls)


def test_what_is_never_shown_late_is_never_lost(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, *PATIENT) as running, Client(running) as client:
            for name in ("OpenOrders", "Balances", "Ledgers"):
                await running.fault("visibility_lag", list=name, delay_s=60, stale=True)
            before: Any = (await running.truth())["balances"]
            assert (await client.private("AddOrder", **REST_BUY))["error"] == []
            truth = await running.truth()
            bought = Decimal(truth["balances"]["BTC"]) - Decimal(before["BTC"])
            assert bought == Decimal("0.1")

    in_loop(calls)
