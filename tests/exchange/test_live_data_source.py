"""Is a lost connection noticed, told and restored, and does nothing get lost with it?"""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from s1mpletrader.errors import Fenced, InternalError
from s1mpletrader.exchange import account_codec, live_data_source, talks
from s1mpletrader.exchange.live_data_source import TAPE_ENDED
from s1mpletrader.model.inputs import (
    ConnectionChanged,
    ExchangeStatus,
    GapNoticed,
    InstrumentsChanged,
    MarketTick,
    OrderEvent,
    TimerFired,
)
from s1mpletrader.model.orders import Ack, Unknown
from tests.exchange.fake_kraken import PAIRS, FakeKraken, failing, page, trades_frame
from tests.exchange.test_frame_codec import report, trade
from tests.exchange.test_private_socket import error, on
from tests.exchange.world import BTC_USD, CLIENT_ID, QUICK, World, an_order, pass_door, play, world


def public_row(trade_id: int) -> list[Any]:
    return ["30000.1", "0.1", 1_700_000_000 + trade_id, "b", "m", "", trade_id]


def states(here: World) -> list[str]:
    return [item.state for item in here.taken if isinstance(item, ConnectionChanged)]


def test_a_connection_comes_up_in_steps() -> None:
    async def scene() -> None:
        async with world(FakeKraken()) as here:
            await here.subscribed()
            assert states(here) == ["up", "subscribed"]
            assert ExchangeStatus("online") in here.taken
            assert here.kraken.protocol.is_synchronised

    play(scene)


@pytest.mark.parametrize("side", ["public", "private"])
def test_either_line_lost_is_the_connection_lost(side: str) -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.drop(side)
            down = await here.until(ConnectionChanged, state="down")
            assert side in down.why
            assert "1001" in down.why
            assert down.attempts == 1
            await here.subscribed()

    play(scene)


def test_a_feed_that_stalls_but_answers_pings_is_silent() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            fake.is_stalled = True
            silent = await here.until(ConnectionChanged, state="silent")
            assert "no message for" in silent.why
            await here.until(ConnectionChanged, state="down")
            fake.is_stalled = False
            await here.subscribed()

    play(scene)


def test_a_feed_that_acknowledges_and_then_stalls_is_never_forgiven() -> None:
    async def scene() -> None:
        fake = FakeKraken(is_stalled=True)
        limits: dict[str, Any] = {"limits": QUICK}
        async with world(fake, **limits) as here:
            await here.until(ConnectionChanged, state="down", attempts=2)

    play(scene)


def test_a_dead_subscription_of_trades_is_found_while_heartbeats_come() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push("public", trades_frame(1, 2))
            await here.until(MarketTick, trade_id=2)
            fake.public_trades = [public_row(each) for each in (1, 2, 3)]
            async with asyncio.timeout(QUICK.silence_max_s * 2):
                down = await here.until(ConnectionChanged, state="down")
            assert "BTC/USD is acknowledged and dead: trade 3" in down.why
            fake.trade_snapshot = (2, 3)
            await here.subscribed()
            assert (await here.until(MarketTick, trade_id=3)).history

    play(scene)


def test_a_quiet_market_is_not_a_dead_subscription() -> None:
    async def scene() -> None:
        fake = FakeKraken(public_trades=[public_row(1)])
        async with world(fake) as here:
            await here.subscribed()
            await asyncio.sleep(QUICK.silence_max_s * 1.5)
            fake.faults["Trades"] = [failing("EService:Busy")] * 3
            await asyncio.sleep(QUICK.silence_max_s * 1.5)
            assert len(here.inbox) == 0
            assert sum(1 for call, _ in fake.calls if call == "Trades") >= 2

    play(scene)


def test_dead_executions_are_found_by_an_order_that_nobody_reports() -> None:
    async def scene() -> None:
        fake = FakeKraken(is_mute=True)
        async with world(fake) as here:
            await here.subscribed()
            answer = await here.kraken.connector.submit(an_order(), may_send=pass_door)
            assert isinstance(answer, Ack)
            async with asyncio.timeout(QUICK.silence_max_s):
                down = await here.until(ConnectionChanged, state="down")
            assert f"{answer.txid} was accepted and not reported" in down.why
            await here.subscribed()

    play(scene)


def test_an_exchange_that_freezes_is_left_and_found_again() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            thaw = fake.freeze()
            await here.until(ConnectionChanged, state="silent")
            await here.until(ConnectionChanged, state="down", attempts=2)
            thaw.set()
            await here.subscribed()

    play(scene)


def test_a_token_is_renewed_before_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_codec, "TOKEN_LIFE_MIN_S", 0.15)
    monkeypatch.setattr(talks, "TOKEN_LIFE_MIN_S", 0.15)

    async def scene() -> None:
        fake = FakeKraken(token_life_s=0)
        async with world(fake) as here:
            await here.subscribed()
            fake.faults["GetWebSocketsToken"] = [failing("EService:Busy")]
            fake.token = "a newer token"
            async with asyncio.timeout(2):
                while here.kraken.feed._private_socket._token != fake.token:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await here.kraken.connector.submit(an_order(), may_send=pass_door)
            assert fake.received[-1]["params"]["token"] == fake.token
            assert not any(
                isinstance(i, ConnectionChanged) and i.state == "down" for i in here.taken
            )

    play(scene)


@pytest.mark.parametrize("text", ["ESession:Invalid session", "EGeneral:Invalid token"])
def test_an_answer_about_the_token_fetches_a_new_one(text: str) -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("cancel_order", error(text)))
        async with world(fake) as here:
            await here.subscribed()
            answer = await here.kraken.connector.cancel(CLIENT_ID, None)
            assert answer == Unknown(text)
            await here.until(ConnectionChanged, state="down")
            await here.subscribed()
        assert sum(1 for call, _ in fake.calls if call == "GetWebSocketsToken") == 2

    play(scene)


def test_changed_rules_of_a_pair_come_in_as_an_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_data_source, "INSTRUMENTS_EVERY_S", 0.05)

    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            before = {each.symbol: each for each in await here.kraken.connector.load_instruments()}
            await here.subscribed()
            dearer = {"XXBTZUSD": PAIRS["XXBTZUSD"] | {"ordermin": "0.0001"}}
            fake.pairs = PAIRS | dearer
            fake.faults["Assets"] = [failing("EService:Busy")]
            changed = (await here.until(InstrumentsChanged)).instruments
            assert changed == (replace(before[BTC_USD], qty_min=Decimal("0.0001")),)
            await asyncio.sleep(0.2)
            assert len(here.inbox) == 0

    play(scene)


def test_heartbeats_alone_keep_a_connection() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await asyncio.sleep(QUICK.silence_max_s * 2)
            assert len(here.inbox) == 0

    play(scene)


def test_a_busy_line_is_asked_for_the_time_all_the_same() -> None:
    async def scene() -> None:
        fake = FakeKraken(heartbeat_s=0.01)
        async with world(fake) as here:
            await here.subscribed()
            await asyncio.sleep(3 * QUICK.ping_every_s)
        assert fake.pings["private"] >= 3

    play(scene)


def test_a_subscription_that_is_never_acknowledged_costs_the_connection() -> None:
    async def swallow(socket: Any, asked: dict[str, Any]) -> bool:
        del socket
        return bool(asked["method"] == "subscribe")

    async def scene() -> None:
        fake = FakeKraken(heartbeat_s=0.01, on_request=swallow)
        async with world(fake) as here:
            down = await here.until(ConnectionChanged, state="down", attempts=2)
            assert "no acknowledgement" in down.why

    play(scene)


def test_a_broken_rule_ends_the_feed() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake, connect=False) as here:
            here.kraken.connector._rest._epoch = 0
            await here.kraken.feed.run()

    with pytest.raises(InternalError):
        play(scene)


def test_attempts_are_counted_until_a_connection_has_lasted() -> None:
    async def scene() -> None:
        fake = FakeKraken(refuse_sockets=True)
        async with world(fake) as here:
            await here.until(ConnectionChanged, state="down", attempts=5)
            fake.refuse_sockets = False
            await here.subscribed()
            await fake.push("public", trades_frame(1))
            await here.until(MarketTick)
            await fake.push_report(report())
            await here.until(OrderEvent)
            await fake.drop("private")
            assert (await here.until(ConnectionChanged, state="down")).attempts >= 5
            await here.subscribed()
            await asyncio.sleep(QUICK.silence_max_s + 3 * fake.heartbeat_s)
            await fake.drop("private")
            assert (await here.until(ConnectionChanged, state="down")).attempts == 1

    play(scene)


@pytest.mark.parametrize(
    "fault", [page(502), failing("EGeneral:Permission denied"), failing("EService:Unavailable")]
)
def test_a_token_that_cannot_be_had_is_asked_for_again(fault: Any) -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"GetWebSocketsToken": [fault] * 3})
        async with world(fake) as here:
            await here.subscribed()

    play(scene)


def test_a_newer_instance_ends_the_feed() -> None:
    async def scene() -> None:
        fake = FakeKraken(nonces=[2**63])
        async with world(fake, connect=False) as here:
            await here.kraken.feed.run()

    with pytest.raises(Fenced):
        play(scene)


def test_a_missing_executions_message_costs_the_connection() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push_report(report(order_id="O1"))
            await here.until(OrderEvent, txid="O1")
            await fake.push_report(report(order_id="O3"), skip=1)
            down = await here.until(ConnectionChanged, state="down")
            assert "message 3 is missing, got 4" in down.why
            assert not any(isinstance(i, OrderEvent) and i.txid == "O3" for i in here.taken)
            assert (await here.subscribed()).connection == 2

    play(scene)


def test_a_repeated_executions_message_is_taken_once() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            for sequence in (2, 2, 3):
                row = report(order_id=f"O{sequence}")
                await fake.push("private", fake.executions([row], sequence))
            await here.until(OrderEvent, txid="O3")
            events = [item for item in here.taken if isinstance(item, OrderEvent)]
            assert [event.txid for event in events] == ["O2", "O3"]

    play(scene)


def test_what_was_filled_while_disconnected_comes_with_the_snapshot() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            fake.snapshot = [
                report(cl_ord_id=CLIENT_ID, symbol="BTC/USD", side="buy"),
                trade(cl_ord_id=CLIENT_ID),
            ]
            await fake.drop("private")
            fill = (await here.until(OrderEvent, kind="fill")).fill
            assert fill is not None
            assert fill.cost == Decimal("600.00100")

    play(scene)


def test_missed_trades_join_as_history_or_are_told_as_a_gap() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push("public", trades_frame(10))
            await here.until(MarketTick, trade_id=10)
            fake.trade_snapshot = (9, 10, 11, 12)
            await fake.drop("public")
            assert (await here.until(MarketTick, trade_id=12)).history
            await fake.push("public", trades_frame(13))
            assert not (await here.until(MarketTick, trade_id=13)).history
            assert not any(isinstance(item, GapNoticed) for item in here.taken)
            await fake.push("public", trades_frame(20))
            gap = await here.until(GapNoticed)
            assert (gap.kind, gap.detail) == ("trade_id", "BTC/USD trades 14 to 19")

    play(scene)


@pytest.mark.parametrize("text", ["<html>", '{"channel":"trade","data":7}', "[" * 5000])
def test_what_cannot_be_read_costs_the_connection(text: str) -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push("public", text)
            down = await here.until(ConnectionChanged, state="down")
            assert "unreadable" in down.why
            await here.subscribed()

    play(scene)


def test_a_frame_of_bytes_costs_the_connection() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.sockets["public"][0].send_bytes(b"\x00")
            await here.until(ConnectionChanged, state="down")
            await here.subscribed()

    play(scene)


@pytest.mark.parametrize("side", ["public", "private"])
def test_a_refused_subscription_costs_the_connection(side: str) -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push(
                side, '{"method":"subscribe","req_id":1,"success":false,"error":"ESession:x"}'
            )
            down = await here.until(ConnectionChanged, state="down")
            assert "subscription refused" in down.why

    play(scene)


def test_the_exchanges_status_is_told_when_it_changes() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            frame = '{"channel":"status","type":"update","data":[{"system":"%s"%s}]}'
            await fake.push("public", frame % ("maintenance", ""))
            await fake.push("private", frame % ("maintenance", ""))
            await fake.push("public", frame % ("online", ',"tape_ended":true'))
            await here.until(ExchangeStatus, status="online", detail=TAPE_ENDED)
            told = [item for item in here.taken if isinstance(item, ExchangeStatus)]
            assert [item.status for item in told] == ["online", "maintenance", "online"]

    play(scene)


def test_a_full_inbox_stops_reading_orders_and_loses_none() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            here.inbox._reserved_max = 10
            for number in range(40):
                await fake.push_report(report(order_id=f"O{number}"))
            await asyncio.sleep(0.1)
            assert len(here.inbox) <= 10
            await here.until(OrderEvent, txid="O39")
            assert sum(1 for item in here.taken if isinstance(item, OrderEvent)) == 40

    play(scene)


def test_trading_goes_on_after_a_reconnect() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.drop("private")
            await here.until(ConnectionChanged, state="down")
            await here.subscribed()
            answer = await here.kraken.connector.submit(an_order(), may_send=pass_door)
            assert isinstance(answer, Ack)

    play(scene)


def test_inputs_end_when_the_inbox_is_closed() -> None:
    async def scene() -> None:
        async with world(FakeKraken()) as here:
            await here.subscribed()
            here.inbox.put(TimerFired())
            here.inbox.close()
            assert TimerFired() in [item async for item in here.kraken.feed.inputs()]

    play(scene)
