"""Does the operation end in order, and fill its gaps politely?"""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId, Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Ack, OrderRole, Reject
from s1mpletrader.ports import Exchange, MarketFeed
from s1mpletrader.services import history_keeper
from s1mpletrader.services import operation_service as module
from s1mpletrader.services.desk import Desk
from s1mpletrader.services.history_keeper import HistoryKeeper
from s1mpletrader.services.operation_service import Beginning, OperationService
from tests.core.test_trader import PAIR, Stage, submit_in, tick
from tests.exchange.world import HandClock
from tests.persistence.on_loop import on_loop
from tests.services.test_desk import desk_of


class Silent:
    """A service manager that nobody runs."""

    def ready(self, status: str) -> None: ...

    def status(self, text: str) -> None: ...

    def watchdog(self) -> None: ...

    def stopping(self, status: str) -> None: ...

    def extend_timeout(self, for_us: Micros) -> None: ...


class LateFeed:
    """History that does not show the newest trades yet."""

    def __init__(self) -> None:
        self.reads = 0

    async def run(self) -> None: ...

    async def history(self, symbol: Symbol, since_us: Micros) -> Sequence[Tick]:
        del symbol, since_us
        self.reads += 1
        await asyncio.sleep(0)
        return ()


async def draw(public_us: Micros) -> int:
    return public_us


def operation_on(desk: Desk, feed: MarketFeed | None = None) -> OperationService:
    clock = HandClock()
    return OperationService(
        desk,
        cast("Inbox", None),
        cast("Exchange", None),
        feed or LateFeed(),
        clock,
        Silent(),
        cast("Beginning", None),
        draw,
        clock.wall_us,
        lambda: 0.5,
    )


def bare() -> Stage:
    """Return a trader that holds 10 without a stop: the exchange refused it just now."""
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "10", "100", "O1"))
    stage.close(entry, "10", "O1")
    refused = Reject("EOrder:Insufficient funds")
    stage.tell(inputs.Submitted(stop.order.client_id, refused))
    return stage


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMER_STEP_S", 0.001)


@on_loop
async def test_a_stop_of_the_process_waits_for_the_stop_of_a_bare_holding() -> None:
    """What was bought a moment ago is covered before nobody is left to do it (SAFETY W4)."""
    stage = bare()
    desk = desk_of(stage.trader)
    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(operation_on(desk).stop("SIGTERM"))
        await asyncio.sleep(0.02)
        assert not ending.done()
        group = desk.handle(inputs.LeaseRenewed(Micros(HandClock().wall_us())))
        (stop,) = [each for each in group.records if isinstance(each, records.Intended)]
        assert stop.role is OrderRole.STOP
        answer = inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O3")))
        desk.handle(answer)
    assert stage.trader.books.is_stopped


@on_loop
async def test_history_that_lags_is_not_asked_for_without_a_pause() -> None:
    desk, feed = desk_of(Stage().trader), LateFeed()
    keeper = HistoryKeeper(PAIR, tick("100"), Micros(0))
    keeper.admit(trade(9))
    async with asyncio.TaskGroup() as tasks:
        filling = tasks.create_task(operation_on(desk, feed)._fill(keeper))
        await asyncio.sleep(0.05)
        filling.cancel()
    assert feed.reads == 1


@on_loop
async def test_a_burst_that_finds_no_room_is_marked_once_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Everything has a limit, with a reaction: the rest is read as history later."""
    monkeypatch.setattr(history_keeper, "WAITING_MAX", 2)
    stage = Stage()
    stage.start()
    desk = desk_of(stage.trader)
    operation = operation_on(desk)
    keeper = HistoryKeeper(PAIR, tick("100"), Micros(0))
    operation._keepers[PAIR] = keeper
    first = keeper.last_id
    keeper.admit(trade(first + 3))  # its gap is being filled
    for trade_id in range(first + 4, first + 9):
        operation._take(trade(trade_id))
    assert desk.handled == 1
    (halt,) = [each for each in stage.trader.books.halts.values() if each.reason == "warming_up"]
    assert halt.why == f"BTC/USD from {first + 5} on finds no room to wait for history"


def trade(trade_id: int) -> inputs.MarketTick:
    last = tick("1")
    return inputs.MarketTick(PAIR, last.price, last.qty, "buy", trade_id, Micros(trade_id))
