"""Does the inbox keep what must not be lost, and own up to what it drops?"""

import asyncio
from decimal import Decimal

import pytest

from s1mpletrader.errors import InternalError
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import GapNoticed, Input, MarketTick, TimerFired
from tests.exchange.world import BTC_USD, HandClock, play

SOL_USD = Symbol("SOL/USD")


def tick(trade_id: int, symbol: Symbol = BTC_USD) -> MarketTick:
    return MarketTick(symbol, Decimal(1), Decimal(1), "buy", trade_id, Micros(trade_id))


async def take(inbox: Inbox, number: int) -> list[Input | None]:
    return [await inbox.get() for _ in range(number)]


def test_inputs_come_out_in_the_order_they_came_in() -> None:
    async def scene() -> None:
        inbox = Inbox(HandClock())
        items: list[Input] = [tick(1), TimerFired(), tick(2)]
        for item in items:
            inbox.put(item)
        assert len(inbox) == 3
        assert await take(inbox, 3) == items

    play(scene)


def test_a_full_inbox_drops_new_market_data_and_reports_one_gap() -> None:
    async def scene() -> None:
        inbox = Inbox(HandClock(), market_max=4)
        for trade_id in range(1, 9):
            inbox.put(tick(trade_id))
        inbox.put(TimerFired())
        assert inbox.dropped == 4
        taken = await take(inbox, 6)
        assert taken == [
            *(tick(each) for each in range(1, 5)),
            GapNoticed("inbox", "BTC/USD from trade 5"),
            TimerFired(),
        ]
        inbox.put(tick(20))
        assert await inbox.get() == tick(20)

    play(scene)


def test_dropping_ends_only_when_half_is_free_again() -> None:
    async def scene() -> None:
        inbox = Inbox(HandClock(), market_max=4)
        for trade_id in range(1, 6):
            inbox.put(tick(trade_id))
        await take(inbox, 1)
        inbox.put(tick(6))
        assert inbox.dropped == 2
        await take(inbox, 1)
        inbox.put(tick(7))
        assert inbox.dropped == 2

    play(scene)


def test_order_events_have_room_when_market_data_has_none() -> None:
    inbox = Inbox(HandClock(), market_max=1, reserved_max=3)
    inbox.put(tick(1))
    inbox.put(tick(2))  # dropped: its gap notice takes one place
    inbox.put(TimerFired())
    inbox.put(TimerFired())
    with pytest.raises(InternalError, match="takes none"):
        inbox.put(TimerFired())


def test_a_source_that_can_wait_is_told_when_there_is_room() -> None:
    async def scene() -> None:
        inbox = Inbox(HandClock(), reserved_max=4)
        for _ in range(3):
            inbox.put(TimerFired())
        assert not inbox.has_room
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(inbox.room())
            await inbox.get()
            await waiting
        assert inbox.has_room

    play(scene)


def test_it_says_how_long_data_of_an_instrument_has_been_waiting() -> None:
    async def scene() -> None:
        clock = HandClock()
        inbox = Inbox(clock)
        assert inbox.oldest_market_us(BTC_USD) == 0
        inbox.put(tick(1))
        clock.monotonic += 3 * SECOND
        inbox.put(tick(2))
        assert inbox.oldest_market_us(BTC_USD) == 3 * SECOND
        assert inbox.oldest_market_us(SOL_USD) == 0
        await inbox.get()
        assert inbox.oldest_market_us(BTC_USD) == 0
        await inbox.get()
        assert inbox.oldest_market_us(BTC_USD) == 0

    play(scene)


def test_a_closed_inbox_still_gives_what_waits() -> None:
    async def scene() -> None:
        inbox = Inbox(HandClock())
        inbox.put(TimerFired())
        inbox.close()
        assert await take(inbox, 2) == [TimerFired(), None]
        await inbox.room()

    play(scene)


def test_a_waiting_consumer_is_woken() -> None:
    async def scene() -> None:
        inbox = Inbox(HandClock())
        async with asyncio.TaskGroup() as group:
            taken = group.create_task(inbox.get())
            await asyncio.sleep(0)
            inbox.put(TimerFired())
        assert taken.result() == TimerFired()

    play(scene)
