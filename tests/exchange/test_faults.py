"""Does the connector take every fault of the simulated exchange for what it is?

One scene a fault: what comes in, what may be concluded, and that trading goes on afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.errors import Fenced
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.inputs import (
    ConnectionChanged,
    ExchangeStatus,
    MarketTick,
    OrderEvent,
    Submitted,
)
from s1mpletrader.model.looks import Complete, Partial, Unavailable
from s1mpletrader.model.orders import Ack, Reject, Unknown
from s1mpletrader.simulator.fault_specs import FaultSpec
from tests.exchange.test_with_simulator import (
    IDS,
    QUICK_BUT_PATIENT,
    Simulator,
    market_buy,
    simulated,
    stop,
    trading,
)
from tests.exchange.world import World, pass_door, play

pytestmark = pytest.mark.slow
LIMITS: dict[str, Any] = {"limits": QUICK_BUT_PATIENT, "submit_timeout_s": 2.0}
FOUND_S = QUICK_BUT_PATIENT.silence_max_s + 1.5
"""Within the patience; a second and a half for two busy processors."""


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with simulated(tmp_path) as found:
        found.control.step(1)
        yield found


async def buy(here: World, number: int) -> Any:
    return await here.kraken.connector.submit(market_buy(IDS[number], here), may_send=pass_door)


def scene_of(simulator: Simulator, act: Callable[[World], Awaitable[None]], **over: Any) -> None:
    async def scene() -> None:
        async with trading(simulator, **LIMITS | over) as here:
            here.patience_s = 12.0
            await act(here)

    play(scene)


@pytest.mark.parametrize("kind", ["gap", "reorder"])
def test_a_hole_in_the_executions_costs_the_connection_and_nothing_else(
    simulator: Simulator, kind: Any
) -> None:
    async def act(here: World) -> None:
        simulator.control.add_fault(FaultSpec(kind, channel="ws_private", method="executions"))
        assert isinstance(await buy(here, 0), Ack | Unknown)  # the hole may come before the answer
        down = await here.until(ConnectionChanged, state="down")
        assert "is missing" in down.why
        await here.subscribed()
        look = await here.kraken.connector.look(Micros(0), balances=False)
        assert isinstance(look, Complete)
        assert [row.client_id for row in look.closed] == [IDS[0]]

    scene_of(simulator, act)


def test_a_repeated_event_is_taken_once(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        fault = FaultSpec("duplicate", channel="ws_private", method="executions", count=50)
        simulator.control.add_fault(fault)
        assert isinstance(await buy(here, 0), Ack)
        await here.until(OrderEvent, kind="closed")
        fills = [i.fill for i in here.taken if isinstance(i, OrderEvent) and i.fill is not None]
        assert sum(fill.qty for fill in fills) == Decimal("0.01")

    scene_of(simulator, act)


def test_trades_that_are_acknowledged_and_never_come_are_missed(simulator: Simulator) -> None:
    async def scene() -> None:
        async with trading(simulator, **LIMITS) as here:
            here.patience_s = FOUND_S
            simulator.control.step(3)
            last = await here.until(MarketTick, history=False)
            dead = FaultSpec("dead_subscription", channel="ws_public", method="trade")
            fault = simulator.control.add_fault(dead)
            simulator.control.drop("ws_public")
            await here.until(ConnectionChanged, state="down")
            await here.subscribed()
            simulator.control.step(3)
            down = await here.until(ConnectionChanged, state="down")
            assert "is acknowledged and dead" in down.why
            simulator.control.remove(fault.id)
            await here.subscribed()
            assert (await here.until(MarketTick)).trade_id > last.trade_id

    play(scene)


def test_executions_that_are_acknowledged_and_never_come_are_missed(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        dead = FaultSpec("dead_subscription", channel="ws_private", method="executions")
        fault = simulator.control.add_fault(dead)
        simulator.control.drop("ws_private")
        await here.until(ConnectionChanged, state="down")
        await here.subscribed()
        answer = await buy(here, 0)
        assert isinstance(answer, Ack)
        async with asyncio.timeout(FOUND_S):
            down = await here.until(ConnectionChanged, state="down")
        assert f"{answer.txid} was accepted and not reported" in down.why
        simulator.control.remove(fault.id)
        await here.subscribed()
        assert (await here.until(OrderEvent, kind="fill")).txid == answer.txid

    scene_of(simulator, act)


@pytest.mark.parametrize("how", ["close", "silent"])
def test_a_lost_request_is_unknown_and_not_at_the_exchange(simulator: Simulator, how: Any) -> None:
    async def act(here: World) -> None:
        simulator.control.add_fault(FaultSpec("request_lost", method="add_order", how=how))
        assert isinstance(await buy(here, 0), Unknown)
        if how != "silent":
            await here.subscribed()
        look = await here.kraken.connector.look(Micros(0), balances=False)
        assert isinstance(look, Complete)
        assert (len(look.open), len(look.closed), len(look.trades)) == (0, 0, 0)

    scene_of(simulator, act)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("EService:Busy", Unknown),
        ("EService:Unavailable", Unknown),
        ("EGeneral:Internal error", Unknown),
        ("EService:Deadline elapsed", Unknown),
        ("EOther:Nobody documented this", Unknown),
        ("EOrder:Insufficient funds", Reject),
        ("EOrder:Rate limit exceeded", Reject),
        ("EService:Market in cancel_only mode", Reject),
    ],
)
def test_errors_prove_what_the_table_says(simulator: Simulator, error: str, kind: Any) -> None:
    async def act(here: World) -> None:
        simulator.control.add_fault(FaultSpec("reject_next", method="add_order", error=error))
        assert isinstance(await buy(here, 0), kind)

    scene_of(simulator, act)


def test_a_refusal_after_the_timeout_is_evidence_that_comes_in(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        late = FaultSpec(
            "reject_late", method="add_order", error="EOrder:Insufficient funds", delay_s=3.0
        )
        simulator.control.add_fault(late)
        assert isinstance(await buy(here, 0), Unknown)
        assert (await here.until(Submitted)).answer == Reject("EOrder:Insufficient funds")

    scene_of(simulator, act)


def test_tokens_that_are_forgotten_are_fetched_again(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        simulator.control.forget_tokens()
        answer = await buy(here, 0)
        assert answer == Reject("ESession:Invalid session")
        await here.until(ConnectionChanged, state="down")
        await here.subscribed()
        assert isinstance(await buy(here, 1), Ack)

    scene_of(simulator, act)


def test_another_program_with_our_key_ends_us(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        simulator.control.add_fault(FaultSpec("second_instance"))
        with pytest.raises(Fenced):
            await here.kraken.connector.balances()
        with pytest.raises(Fenced):
            await buy(here, 0)

    with suppress(Fenced):  # the feed may be the first to learn of it
        scene_of(simulator, act)


@pytest.mark.parametrize("skew_s", [3_600.0, -3_600.0, 86_400.0])
def test_a_clock_that_is_put_off_moves_us_only_after_it_was_said_again(
    simulator: Simulator, skew_s: float
) -> None:
    async def act(here: World) -> None:
        before = here.kraken.protocol.now_us()
        simulator.control.add_fault(FaultSpec("clock_skew", skew_s=skew_s))
        await here.kraken.connector.cancel(IDS[9], None)  # one answer with the new time
        assert abs(here.kraken.protocol.now_us() - before) < 10 * SECOND
        for _ in range(4):
            await here.kraken.connector.cancel(IDS[9], None)
        moved = here.kraken.protocol.now_us() - before
        assert moved > (skew_s - 10) * SECOND if skew_s > 0 else 0 <= moved < 10 * SECOND

    scene_of(simulator, act)


def test_short_pages_are_read_to_the_last_row(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        for number in range(4):
            assert isinstance(await buy(here, number), Ack)
        simulator.control.add_fault(FaultSpec("partial_page", rows=1, count=1_000))
        look = await here.kraken.connector.look(Micros(0), balances=True)
        assert isinstance(look, Complete)
        assert len(look.closed) == 4

    scene_of(simulator, act)


def test_a_look_that_the_rate_limit_ends_is_no_look(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        simulator.control.add_fault(FaultSpec("rate_limited", channel="rest", skip=2))
        look = await here.kraken.connector.look(Micros(0), balances=True)
        assert isinstance(look, Partial | Unavailable)
        assert isinstance(await here.kraken.connector.look(Micros(0), balances=True), Complete)

    scene_of(simulator, act)


def test_fees_in_the_coin_are_read_as_such(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        simulator.control.add_fault(FaultSpec("fee_in_base", method="add_order"))
        assert isinstance(await buy(here, 0), Ack)
        fill = (await here.until(OrderEvent, kind="fill")).fill
        assert fill is not None
        assert fill.fee_asset == "BTC"

    scene_of(simulator, act)


def test_an_entry_that_fills_in_part_says_so_in_quantities(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        fault = FaultSpec("partial_fill", method="add_order", fraction=0.5)
        simulator.control.add_fault(fault)
        assert isinstance(await buy(here, 0), Ack)
        await here.until(OrderEvent, kind="closed")
        fills = [i.fill for i in here.taken if isinstance(i, OrderEvent) and i.fill is not None]
        assert 0 < sum(fill.qty for fill in fills) < Decimal("0.01")

    scene_of(simulator, act)


def test_what_was_filled_while_disconnected_is_told_on_return(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        simulator.control.step(5)
        tick = await here.until(MarketTick)
        assert isinstance(await buy(here, 0), Ack)
        await here.until(OrderEvent, kind="closed")
        resting = stop(IDS[1], here, str((tick.price / 2).quantize(Decimal("0.1"))))
        placed = await here.kraken.connector.submit(resting, may_send=pass_door)
        assert isinstance(placed, Ack)
        gone = FaultSpec("fill_while_disconnected", fraction=1.0, for_s=0.5)
        simulator.control.add_fault(gone)
        await here.until(ConnectionChanged, state="down")
        event = await here.until(OrderEvent, kind="fill", txid=placed.txid)
        assert event.client_id in {None, IDS[1]}

    scene_of(simulator, act)


def test_maintenance_is_told_and_its_end_too(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        simulator.control.add_fault(FaultSpec("status", status="cancel_only", for_s=1.0))
        await here.until(ExchangeStatus, status="cancel_only")
        await here.until(ExchangeStatus, status="online")
        assert isinstance(await buy(here, 0), Ack)

    scene_of(simulator, act)


def test_the_exchanges_own_counters_are_never_near_their_limits(simulator: Simulator) -> None:
    async def act(here: World) -> None:
        for number in range(5):
            answer = await buy(here, number)
            assert isinstance(answer, Ack)
            await here.kraken.connector.cancel(IDS[number], answer.txid)
        assert isinstance(await here.kraken.connector.look(Micros(0), balances=True), Complete)
        counters = simulator.control.counters()
        assert max(counters["rest"].get("SIM-ENGINE", {"level": 0})["level"], 0) <= 15

    scene_of(simulator, act)
