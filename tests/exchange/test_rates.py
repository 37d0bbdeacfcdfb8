"""Do looks, look-ups, the lease and an hour of trading fit what the smallest account may ask?"""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from s1mpletrader.core.rate_budget import OrderBudget, RateBudget
from s1mpletrader.errors import ExchangeUnavailable
from s1mpletrader.exchange.kraken_connector import KrakenConnector
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId
from s1mpletrader.model.looks import Complete, OrderFound, Unavailable
from s1mpletrader.model.orders import Ack, Amended, CancelDone, OrderType, Side, TimeInForce
from tests.exchange.counting_kraken import TXID, CountingKraken, connector, in_s
from tests.exchange.virtual_time import JumpingClock, play_at_once
from tests.exchange.world import BTC_USD, an_order, pass_door

HOUR_S = 3_600
LOOK_EVERY_S = 300
LEASE_EVERY_S = 12
TRADE_EVERY_S = 110


def order(kraken: CountingKraken, number: int, *, stop: bool = False) -> Any:
    own = ClientOrderId(f"1b9d6bcd-bbfd-4b2d-9b5d-{number:012}")
    over: dict[str, Any] = {"client_id": own, "deadline_us": in_s(kraken.clock, 5)}
    if stop:
        over |= {
            "side": Side.SELL,
            "type": OrderType.STOP_LOSS,
            "limit_price": None,
            "trigger_price": Decimal(20_000),
            "tif": TimeInForce.GTC,
        }
    return an_order(**over)


async def full_look(exchange: KrakenConnector) -> None:
    """Look as the engine does: what finds no points in a minute is asked for again."""
    look = await exchange.look(Micros(0), balances=True)
    if isinstance(look, Unavailable):
        look = await exchange.look(Micros(0), balances=True)
    assert isinstance(look, Complete), look


async def every(seconds: float, step: Callable[[], Any]) -> None:
    for _ in range(int(HOUR_S // seconds)):
        await asyncio.gather(step(), asyncio.sleep(seconds))


async def trade(kraken: CountingKraken, exchange: KrakenConnector) -> None:
    """Enter, protect, raise the stop twice, cancel it, leave; look up what is not certain."""
    number = len(kraken.placed) * 10
    assert isinstance(await exchange.submit(order(kraken, number), may_send=pass_door), Ack)
    for _ in range(2):
        await exchange.find(ClientOrderId(f"1b9d6bcd-bbfd-4b2d-9b5d-{number:012}"))
        await asyncio.sleep(1)
    stop = order(kraken, number + 1, stop=True)
    placed = await exchange.submit(stop, may_send=pass_door)
    assert isinstance(placed, Ack)
    for _ in range(2):
        amended = await exchange.amend(
            placed.txid,
            qty=Decimal("0.02"),
            trigger_price=Decimal(20_000),
            deadline_us=in_s(kraken.clock, 5),
            symbol=BTC_USD,
        )
        assert amended == Amended()
    assert await exchange.cancel(stop.client_id, placed.txid) == CancelDone(known=True)
    for _ in range(3):
        assert isinstance(await exchange.order_state(ExchangeOrderId(TXID)), OrderFound)
    left = await exchange.submit(order(kraken, number + 2, stop=True), may_send=pass_door)
    assert isinstance(left, Ack)


async def an_hour(clock: JumpingClock) -> CountingKraken:
    kraken = CountingKraken(clock)
    exchange, rest = connector(kraken)
    await rest.private("GetWebSocketsToken", urgent=True)
    await full_look(exchange)
    await full_look(exchange)
    async with asyncio.TaskGroup() as group:
        group.create_task(every(LOOK_EVERY_S, lambda: full_look(exchange)))
        group.create_task(every(LEASE_EVERY_S, exchange.balances))
        group.create_task(every(TRADE_EVERY_S, lambda: trade(kraken, exchange)))
    return kraken


async def a_wild_strategy(clock: JumpingClock) -> CountingKraken:
    """Enter as fast as answers come, and need a stop now and then."""
    kraken = CountingKraken(clock)
    exchange, _ = connector(kraken)
    let_go = 0
    for number in range(240):
        entry = order(kraken, number)
        answer = await exchange.submit(entry, may_send=pass_door)
        if isinstance(answer, Ack):
            let_go += 1
        else:
            assert "order rate budget" in str(answer)
        if number % 40 == 39:
            stop = order(kraken, 1_000 + number, stop=True)
            placed = await exchange.submit(stop, may_send=pass_door)
            assert isinstance(placed, Ack), placed
            amended = await exchange.amend(
                placed.txid,
                qty=Decimal("0.02"),
                trigger_price=Decimal(20_000),
                deadline_us=in_s(clock, 5),
                symbol=BTC_USD,
            )
            assert amended == Amended()
        await asyncio.sleep(0.05)
    assert 40 <= let_go < 200
    return kraken


def test_two_full_looks_and_an_hour_of_trading_fit_the_starter_limits() -> None:
    kraken = play_at_once(an_hour)
    assert kraken.refused == []
    assert kraken.calls.count("ClosedOrders") == 2 + HOUR_S // LOOK_EVERY_S
    assert len(kraken.placed) == 3 * (HOUR_S // TRADE_EVERY_S)


def test_the_second_of_two_looks_waits_only_for_its_points() -> None:
    async def scene(clock: JumpingClock) -> float:
        exchange, _ = connector(CountingKraken(clock))
        await full_look(exchange)
        begun = clock.now_s
        await full_look(exchange)
        return clock.now_s - begun

    assert 10 < play_at_once(scene) < 30


def test_a_wild_strategy_never_makes_the_exchange_refuse_a_stop() -> None:
    assert play_at_once(a_wild_strategy).refused == []


def test_a_refusal_of_the_exchange_holds_entries_back_and_lets_cancels_go() -> None:
    async def scene(clock: JumpingClock) -> None:
        kraken = CountingKraken(clock)
        exchange, _ = connector(kraken)
        first = order(kraken, 1)
        answer = await exchange.submit(first, may_send=pass_door)
        assert isinstance(answer, Ack)
        # another program trades the same account: our count is too low
        kraken.limits.charge_order("main", BTC_USD, 59, clock.monotonic_us())
        await exchange.submit(order(kraken, 2), may_send=pass_door)
        assert len(kraken.refused) == 1
        held = await exchange.submit(order(kraken, 3, stop=True), may_send=pass_door)
        assert "order rate budget" in str(held)
        refused = await exchange.amend(
            answer.txid,
            qty=Decimal(1),
            trigger_price=Decimal(1),
            deadline_us=in_s(clock, 5),
            symbol=BTC_USD,
        )
        assert "not sent: the order rate budget" in str(refused)
        await exchange.cancel(first.client_id, answer.txid)
        assert len(kraken.placed) == 2
        await asyncio.sleep(60)
        kraken.refused.clear()
        again = await exchange.submit(order(kraken, 4), may_send=pass_door)
        assert isinstance(again, Ack)

    play_at_once(scene)


def test_what_never_leaves_is_not_counted() -> None:
    async def scene(clock: JumpingClock) -> None:
        kraken = CountingKraken(clock)
        exchange, _ = connector(kraken)
        assert kraken.private is not None
        kraken.private.detach("gone")
        for _ in range(100):
            await exchange.cancel(ClientOrderId("nobody's"), ExchangeOrderId(TXID))
            await exchange.amend(
                ExchangeOrderId(TXID),
                qty=Decimal(1),
                trigger_price=Decimal(1),
                deadline_us=in_s(clock, 5),
                symbol=BTC_USD,
            )
        assert exchange._pace._budgets == {}

    play_at_once(scene)


def ask_without_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RateBudget, "wait_us", lambda *_, **__: Micros(0))


def trade_without_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OrderBudget, "allows", lambda *_, **__: True)


def believe_that_a_call_arrives_when_it_leaves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RateBudget, "answered", lambda self, _: self)


async def reads_without_end(clock: JumpingClock) -> CountingKraken:
    kraken = CountingKraken(clock)
    _, rest = connector(kraken)
    for _ in range(200):
        await rest.private("OpenOrders", urgent=True)
    return kraken


def test_reads_without_end_are_never_refused() -> None:
    assert play_at_once(reads_without_end).refused == []


@pytest.mark.parametrize(
    ("sabotage", "scene"),
    [
        (ask_without_count, an_hour),
        (trade_without_count, a_wild_strategy),
        (believe_that_a_call_arrives_when_it_leaves, reads_without_end),
    ],
)
def test_a_rate_budget_ignored_is_noticed(
    sabotage: Callable[[pytest.MonkeyPatch], None], scene: Any
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        try:
            refused = play_at_once(scene).refused
        except (AssertionError, ExchangeUnavailable, ExceptionGroup):
            return
    assert refused


def test_the_decay_is_the_starters() -> None:
    kraken = CountingKraken(JumpingClock())
    assert kraken.limits.tier.rest_decay * SECOND == 330_000
