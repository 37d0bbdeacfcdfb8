"""Does the connector get on with the simulated exchange, in fair weather and foul?

A real process on a real port: the two share no code but values and matching.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.core.connection import ConnectionLimits
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.endpoints import Endpoints
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.kraken import KrakenSettings, open_kraken
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId
from s1mpletrader.model.inputs import ConnectionChanged, MarketTick, OrderEvent
from s1mpletrader.model.looks import Complete, OrderFound
from s1mpletrader.model.orders import (
    Ack,
    Amended,
    CancelDone,
    Duplicate,
    OrderType,
    Reject,
    Side,
    TimeInForce,
    Unknown,
)
from s1mpletrader.simulator.auth import simulated_key
from s1mpletrader.simulator.control_client import ControlClient
from s1mpletrader.simulator.faults import FaultSpec
from tests.exchange.fake_kraken import FakeKraken
from tests.exchange.world import BTC_USD, QUICK, RealClock, World, an_order, pass_door, play

pytestmark = pytest.mark.slow

TAPE = Path(__file__).parents[2] / "data" / "tapes" / "coinbase_btcusd_1h.csv"
IDS = [ClientOrderId(f"1b9d6bcd-bbfd-4b2d-9b5d-{number:012}") for number in range(10)]
QUICK_BUT_PATIENT = ConnectionLimits(silence_max_s=3.0, ping_after_s=1.5, backoff=QUICK.backoff)


class Simulator:
    """The process and its control client."""

    def __init__(self, base: str, control: ControlClient, pid: int) -> None:
        self.base = base
        self.control = control
        self.pid = pid


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with simulated(tmp_path) as found:
        yield found


@contextmanager
def simulated(tmp_path: Path) -> Iterator[Simulator]:
    """Run a simulated exchange that stands still."""
    command = [sys.executable, "-m", "s1mpletrader.simulator", "--tape", str(TAPE), "--port", "0"]
    command += ["--state", str(tmp_path), "--paused", "--decay-factor", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base = process.stdout.readline().rpartition("//")[2].strip()
        try:
            yield Simulator(base, ControlClient(tmp_path / "control.sock"), process.pid)
        finally:
            process.terminate()
            process.wait(10)


@asynccontextmanager
async def trading(simulator: Simulator, **over: Any) -> AsyncIterator[World]:
    key = simulated_key("SIM-ENGINE", "main")
    base, clock = simulator.base, RealClock()
    inbox = Inbox(clock)
    accepted: list[Micros] = []
    values: dict[str, Any] = {
        "endpoints": Endpoints(
            f"http://{base}", f"ws://{base}/public/v2", f"ws://{base}/private/v2"
        ),
        "symbols": (BTC_USD,),
        "rate_decay_factor": 1_000.0,
        "submit_timeout_s": 0.5,
        "history_pause_s": 0.0,
    }
    async with (
        open_kraken(
            KrakenSettings(**values | over),
            Credentials.from_text(key.key, key.secret),
            clock=clock,
            dice=lambda: 0.5,
            inbox=inbox,
            on_accepted=accepted.append,
        ) as kraken,
        asyncio.TaskGroup() as group,
    ):
        second = await kraken.connector.server_time_us() // SECOND
        kraken.connector.begin(second)
        running = group.create_task(kraken.feed.run())
        try:
            here = World(FakeKraken(), kraken, inbox, accepted)
            await here.subscribed()
            yield here
        finally:
            running.cancel()


def market_buy(client_id: ClientOrderId, here: World, qty: str = "0.01") -> Any:
    return an_order(
        client_id=client_id,
        type=OrderType.MARKET,
        limit_price=None,
        tif=TimeInForce.GTC,
        qty=Decimal(qty),
        deadline_us=Micros(here.kraken.protocol.now_us() + 5 * SECOND),
    )


def stop(client_id: ClientOrderId, here: World, trigger: str) -> Any:
    return an_order(
        client_id=client_id,
        side=Side.SELL,
        type=OrderType.STOP_LOSS,
        limit_price=None,
        trigger_price=Decimal(trigger),
        tif=TimeInForce.GTC,
        qty=Decimal("0.005"),
        deadline_us=Micros(here.kraken.protocol.now_us() + 5 * SECOND),
    )


def test_a_holding_is_bought_protected_amended_and_looked_at(simulator: Simulator) -> None:
    async def scene() -> None:
        async with trading(simulator) as here:
            connector = here.kraken.connector
            instruments = {each.symbol for each in await connector.load_instruments()}
            assert instruments == {"BTC/USD", "SOL/USD"}
            assert await connector.status() == "online"
            simulator.control.step(5)
            tick = await here.until(MarketTick, history=False)
            began = here.kraken.protocol.now_us()
            bought = await connector.submit(market_buy(IDS[0], here), may_send=pass_door)
            assert isinstance(bought, Ack)
            event = await here.until(OrderEvent, kind="fill", txid=bought.txid)
            assert event.fill is not None
            assert (event.client_id, event.fill.fee_asset) == (IDS[0], "USD")
            resting = stop(IDS[1], here, str((tick.price / 2).quantize(Decimal("0.1"))))
            placed = await connector.submit(resting, may_send=pass_door)
            assert isinstance(placed, Ack)
            assert await connector.submit(resting, may_send=pass_door) == Duplicate()
            assert resting.trigger_price is not None
            amended = await connector.amend(
                placed.txid,
                qty=Decimal("0.01"),
                trigger_price=resting.trigger_price,
                deadline_us=Micros(here.kraken.protocol.now_us() + 5 * SECOND),
                symbol=BTC_USD,
            )
            assert amended == Amended()
            found = await connector.find(IDS[1])
            assert found is not None
            assert (found.qty, found.trigger_price) == (Decimal("0.01"), resting.trigger_price)
            look = await connector.look(Micros(began - SECOND), balances=True)
            assert isinstance(look, Complete)
            assert [row.txid for row in look.open] == [placed.txid]
            assert [row.txid for row in look.closed] == [bought.txid]
            assert {fill.exec_id for fill in look.trades} >= {event.fill.exec_id}
            shown = await connector.order_state(bought.txid)
            assert isinstance(shown, OrderFound)
            assert set(shown.fills) == set(look.trades)
            assert event.fill in shown.fills
            assert look.balances is not None
            assert look.balances.is_stable
            cost = sum((fill.cost + fill.fee for fill in look.trades), Decimal(0))
            totals = {str(row.asset): row.total for row in look.balances.rows}
            assert totals["USD"] == 10_000 - cost
            assert totals["BTC"] == Decimal("1.01")
            cancelled = await connector.cancel(IDS[1], placed.txid)
            assert cancelled == CancelDone(known=True)
            await here.until(OrderEvent, kind="closed", txid=placed.txid)
            assert await connector.cancel(IDS[1], placed.txid) == CancelDone(known=False)

    play(scene)


def test_a_refusal_is_a_reject(simulator: Simulator) -> None:
    async def scene() -> None:
        async with trading(simulator) as here:
            simulator.control.step(1)
            order = market_buy(IDS[0], here, "1000")
            answer = await here.kraken.connector.submit(order, may_send=pass_door)
            assert answer == Reject("EOrder:Insufficient funds")

    play(scene)


@pytest.mark.parametrize("how", ["close", "silent"])
def test_a_lost_answer_is_unknown_and_the_order_is_found(simulator: Simulator, how: Any) -> None:
    async def scene() -> None:
        async with trading(simulator) as here:
            simulator.control.step(1)
            simulator.control.add_fault(FaultSpec("answer_lost", method="add_order", how=how))
            began = here.kraken.protocol.now_us()
            order = market_buy(IDS[0], here)
            answer = await here.kraken.connector.submit(order, may_send=pass_door)
            assert isinstance(answer, Unknown)
            if how == "close":
                await here.subscribed()
            look = await here.kraken.connector.look(Micros(began - SECOND), balances=False)
            assert isinstance(look, Complete)
            assert [row.client_id for row in look.closed] == [IDS[0]]
            assert look.trades

    play(scene)


def test_a_stalled_feed_is_left(simulator: Simulator) -> None:
    async def scene() -> None:
        async with trading(simulator) as here:
            here.patience_s = 15.0
            stall = simulator.control.add_fault(FaultSpec("silent_stall", channel="ws_private"))
            silent = await here.until(ConnectionChanged, state="silent")
            assert "private" in silent.why
            simulator.control.remove(stall.id)
            await here.subscribed()

    play(scene)


def test_a_frozen_exchange_is_left_within_the_patience(simulator: Simulator) -> None:
    async def scene() -> None:
        async with trading(simulator, limits=QUICK_BUT_PATIENT) as here:
            os.kill(simulator.pid, signal.SIGSTOP)
            try:
                async with asyncio.timeout(QUICK_BUT_PATIENT.silence_max_s + 1):
                    await here.until(ConnectionChanged, state="silent")
                # its kernel accepts connections that nobody serves
                await here.until(ConnectionChanged, state="down", attempts=1)
            finally:
                os.kill(simulator.pid, signal.SIGCONT)
            here.patience_s = 15.0
            await here.subscribed()

    play(scene)


def test_the_network_cut_and_back(simulator: Simulator) -> None:
    async def scene() -> None:
        async with trading(simulator, limits=QUICK_BUT_PATIENT) as here:
            simulator.control.step(3)
            await here.until(MarketTick)
            simulator.control.cut(0.5)
            assert (await here.until(ConnectionChanged, state="down")).attempts >= 1
            simulator.control.step(3)
            assert (await here.subscribed()).connection >= 2
            simulator.control.step(1)
            answer = await here.kraken.connector.submit(
                market_buy(IDS[0], here), may_send=pass_door
            )
            assert isinstance(answer, Ack)

    play(scene)


def test_history_joins_the_feed(simulator: Simulator) -> None:
    async def scene() -> None:
        async with trading(simulator) as here:
            simulator.control.step(4_000)
            while (await here.until(MarketTick)).trade_id < 1_500:
                pass
            ticks = [item for item in here.taken if isinstance(item, MarketTick)]
            history = await here.kraken.feed.history(BTC_USD, Micros(0))
            assert [tick.trade_id for tick in history] == list(range(1, history[-1].trade_id + 1))
            known = {tick.trade_id: tick for tick in history}
            for tick in ticks:
                assert known[tick.trade_id].price == tick.price
                assert known[tick.trade_id].time_us == tick.time_us

    play(scene)
