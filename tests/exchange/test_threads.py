"""Would what happened to users of other programs happen to ours?

Each test names the public threads in which the trouble is told. What concerns decisions rather
than the wire is tested in tests/core.
"""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from s1mpletrader.errors import ExchangeUnavailable
from s1mpletrader.exchange import error_codec
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.inputs import ConnectionChanged, OrderEvent
from s1mpletrader.model.looks import Complete, NotShown, OrderFound, Partial, Unavailable
from s1mpletrader.model.orders import CancelDone, Reject, Unknown
from tests.core.test_connection import dials_of_a_storm, most_within
from tests.exchange.fake_kraken import FakeKraken, failing, order_row, page, silence, trade_row
from tests.exchange.test_frame_codec import report, trade
from tests.exchange.test_look import SINCE, full, look_at
from tests.exchange.test_private_socket import close, drop, error, on, say_nothing, submits
from tests.exchange.test_private_socket import without_txid as ack_without_txid
from tests.exchange.world import BTC_USD, CLIENT_ID, QUICK, World, an_order, pass_door, play, world

TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")
Act = Callable[[web.WebSocketResponse, dict[str, Any]], Awaitable[None]]


async def submit(here: World) -> Any:
    return await here.kraken.connector.submit(an_order(), may_send=pass_door)


async def buy_and(here: World, fake: FakeKraken) -> None:
    """Let the exchange execute what it never answered to."""
    fake.closed = {
        TXID: order_row(cl_ord_id=CLIENT_ID, status="closed", vol_exec="0.01000000", closetm=2.0)
    }
    fake.trades = {"T1": trade_row(TXID, time=2.0)}
    look = await here.kraken.connector.look(SINCE, balances=False)
    assert isinstance(look, Complete)
    assert [(row.client_id, row.vol_exec) for row in look.closed] == [
        (CLIENT_ID, Decimal("0.01000000"))
    ]


@pytest.mark.parametrize(
    "act",
    [drop, close, say_nothing, error("EService:Unavailable"), error("EGeneral:Internal error")],
)
def test_an_order_that_was_executed_without_an_answer_is_found_and_never_sent_again(
    act: Act,
) -> None:
    """Krakenex #60 and #98, XChange #1758 and #1899, BitBot #27, nautilus_trader #4215.

    Also npm-kraken-api #37, hummingbot #493 and #2342, catalyst #317.
    """

    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", act))
        async with world(fake) as here:
            await here.subscribed()
            assert isinstance(await submit(here), Unknown)
            if act in {drop, close}:
                await here.subscribed()
            await buy_and(here, fake)
        assert submits(fake) == 1

    play(scene)


def test_an_acknowledgement_without_an_id_is_not_an_order_called_none() -> None:
    """Freqtrade #8913 and #9587."""

    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", ack_without_txid))
        async with world(fake) as here:
            await here.subscribed()
            assert isinstance(await submit(here), Unknown)

    play(scene)


@pytest.mark.parametrize("fault", [page(502), page(520), silence(1.0), failing("EService:Busy")])
def test_an_order_that_could_not_be_asked_for_is_not_an_order_that_is_not_there(fault: Any) -> None:
    """Hummingbot #8457 and #3374, freqtrade #4278."""

    async def scene() -> None:
        fake = FakeKraken(faults={"QueryOrders": [fault] * 3, "OpenOrders": [fault] * 3})
        async with world(fake) as here:
            await here.subscribed()
            assert isinstance(await here.kraken.connector.order_state(TXID), NotShown)
            with pytest.raises(ExchangeUnavailable):
                await here.kraken.connector.find(CLIENT_ID)

    play(scene)


@pytest.mark.parametrize("call", ["OpenOrders", "ClosedOrders", "TradesHistory", "BalanceEx"])
def test_a_list_that_could_not_be_read_is_not_an_empty_list(call: str) -> None:
    """nautilus_trader #4617, #3023 and PR #3715."""
    fake = full(3)
    fake.faults[call] = [page(503)] * 3
    assert isinstance(play(lambda: look_at(fake)), Partial | Unavailable)


def test_a_subscription_that_is_acknowledged_and_mute_is_left() -> None:
    """nautilus_trader #4255, alpaca-py #740: pongs come, nothing else does."""

    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            fake.is_stalled = True
            async with asyncio.timeout(QUICK.silence_max_s * 2):
                await here.until(ConnectionChanged, state="silent")

    play(scene)


def test_a_quiet_market_is_not_a_lost_connection() -> None:
    """Openalgo #1419."""

    async def scene() -> None:
        async with world(FakeKraken()) as here:
            await here.subscribed()
            await asyncio.sleep(QUICK.silence_max_s * 3)
            assert len(here.inbox) == 0

    play(scene)


def test_an_exchange_that_accepts_and_drops_is_not_stormed() -> None:
    """nautilus_trader #1339 and #1989, alpaca-py #740."""
    assert 2 * most_within(dials_of_a_storm(0.01), 600 * SECOND) < 150


def test_an_attempt_that_hangs_is_noticed_as_much_as_a_connection_that_does() -> None:
    """Lean.Brokerages.InteractiveBrokers #246: the detector ran only while connected."""

    async def scene() -> None:
        fake = FakeKraken()
        thaw = fake.freeze()
        async with world(fake) as here:
            down = await here.until(ConnectionChanged, state="down", attempts=2)
            assert "no connection in time" in down.why
            thaw.set()
            await here.subscribed()

    play(scene)


def test_a_refused_subscription_is_not_swallowed() -> None:
    """passivbot_lighter #3: eight hours without orders."""

    async def scene() -> None:
        fake = FakeKraken(on_request=on("subscribe", error("EGeneral:Permission denied")))
        async with world(fake) as here:
            down = await here.until(ConnectionChanged, state="down")
            assert "subscription refused: EGeneral:Permission denied" in down.why

    play(scene)


def test_a_restart_of_the_exchanges_edge_is_told_and_survived() -> None:
    """python-kraken-sdk #352: close 1001, reconnected without a word, given up after seven."""

    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            for _ in range(9):
                await fake.drop("private")
                assert "1001" in (await here.until(ConnectionChanged, state="down")).why
                await here.subscribed()

    play(scene)


def test_what_was_filled_while_the_line_was_down_comes_with_its_return() -> None:
    """Lean.Brokerages.InteractiveBrokers #249."""

    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            fake.snapshot = [trade(cl_ord_id=CLIENT_ID, symbol="BTC/USD", side="buy")]
            await fake.drop("private")
            assert (await here.until(OrderEvent, kind="fill")).client_id == CLIENT_ID

    play(scene)


def test_events_without_a_symbol_keep_their_orders_symbol() -> None:
    """What ccxt.pro's watch_orders loses: updates of the kinds new, canceled, filled name none."""

    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push_report(report(cl_ord_id=CLIENT_ID, symbol=BTC_USD, side="buy"))
            await fake.push_report(trade())
            event = await here.until(OrderEvent, kind="fill")
            assert event.fill is not None
            assert (event.client_id, event.fill.symbol) == (CLIENT_ID, BTC_USD)
            await fake.push_report(report(exec_type="canceled", order_status="canceled"))
            assert (await here.until(OrderEvent, kind="closed")).client_id == CLIENT_ID

    play(scene)


def test_a_cancelled_order_that_was_partly_filled_is_not_an_order_that_never_was() -> None:
    """Freqtrade #10436, #9128, #3647 and #6907: status words instead of quantities."""

    async def scene() -> None:
        fake = FakeKraken()
        fake.closed = {
            TXID: order_row(status="canceled", vol_exec="0.00400000", closetm=2.0, trades=["T1"])
        }
        fake.trades = {"T1": trade_row(TXID, vol="0.00400000", time=2.0)}
        async with world(fake) as here:
            await here.subscribed()
            found = await here.kraken.connector.order_state(TXID)
            assert isinstance(found, OrderFound)
            assert found.vol_exec == sum((fill.qty for fill in found.fills), Decimal(0))
            assert found.closed_us == Micros(2 * SECOND)

    play(scene)


@pytest.mark.parametrize("text", ["EOrder:Unknown order", "EOrder:Unknown order:OAAAAA"])
def test_a_cancel_of_an_order_that_is_gone_is_no_error(text: str) -> None:
    """Hummingbot #1664: cancels believed, and cancels that failed for good reasons."""

    async def scene() -> None:
        fake = FakeKraken(on_request=on("cancel_order", error(text)))
        async with world(fake) as here:
            await here.subscribed()
            for _ in range(2):
                answer = await here.kraken.connector.cancel(CLIENT_ID, TXID)
                assert answer == CancelDone(known=False)

    play(scene)


@pytest.mark.parametrize(
    "text",
    [
        "EOrder:Insufficient funds",  # freqtrade #4163: a stop holds the coins
        "EOrder:Invalid price:Invalid secondary price argument",  # freqtrade #4151
        "EGeneral:Invalid arguments:price",  # freqtrade #9673
    ],
)
def test_a_refused_stop_is_told_as_refused_at_once(text: str) -> None:
    """So that the holding is protected in another way, and not in five seconds."""
    assert error_codec.submit_failure(text) == Reject(text)
