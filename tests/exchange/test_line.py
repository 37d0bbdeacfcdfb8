"""Is a line left at once when its socket takes nothing, and never confused by odd pongs?"""

import json
from typing import Any

import pytest

from s1mpletrader.exchange.frame_socket import FrameSocket
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.model.inputs import ConnectionChanged, MarketTick, TimerFired
from s1mpletrader.model.orders import Unknown
from tests.exchange.fake_kraken import FakeKraken, trades_frame
from tests.exchange.world import CLIENT_ID, HandClock, play, world


@pytest.mark.parametrize(
    ("refused", "told"), [("subscribe", "before the subscription"), ("ping", "before the ping")]
)
def test_a_socket_that_takes_no_byte_is_left(
    refused: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = FrameSocket.write

    def closed(self: FrameSocket, text: str) -> bool:
        return json.loads(text)["method"] != refused and write(self, text)

    async def scene() -> None:
        with monkeypatch.context() as patch:
            async with world(FakeKraken()) as here:
                patch.setattr(FrameSocket, "write", closed)
                down = await here.until(ConnectionChanged, state="down")
                assert told in down.why
                patch.undo()
                await here.subscribed()

    play(scene)


@pytest.mark.parametrize(
    "pong",
    [
        '{"method":"pong","req_id":999999,"time_in":"2099-01-01T00:00:00Z"}',
        '{"method":"pong"}',
        '{"method":"pong","req_id":%d}',
        '{"method":"pong","req_id":%d,"time_in":"2099-01-01T00:00:00Z"}',
        (
            '{"method":"pong","req_id":%d,"time_in":"2098-01-01T00:00:00Z",'
            '"time_out":"2099-01-01T00:00:00Z"}'
        ),
        '{"method":"subscribe","success":true,"result":{"channel":"trade"}}',
        '{"channel":"trade","type":"update","data":[]}',
        '{"error":"Exceeded msg rate"}',
    ],
)
def test_an_odd_answer_moves_no_clock_and_costs_nothing(pong: str) -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            before = here.kraken.protocol.now_us()
            for side, line in (
                ("public", here.kraken.feed._public),
                ("private", here.kraken.feed._private),
            ):
                asked = line._ping[0] if line._ping else 0
                await fake.push(side, pong % asked if "%d" in pong else pong)
            await fake.push("public", trades_frame(1))
            await here.until(MarketTick)
            assert 0 <= here.kraken.protocol.now_us() - before < 5_000_000

    play(scene)


def test_a_request_that_was_given_up_is_not_answered_twice() -> None:
    async def scene() -> None:
        clock = HandClock()
        private = PrivateSocket(clock=clock, protocol=ProtocolClock(clock))
        private.renew("a token for nobody")
        assert private._token == ""
        assert isinstance(await private.cancel(CLIENT_ID, None), Unknown)

    play(scene)


def test_a_waiting_consumer_is_woken_by_the_end() -> None:
    async def scene() -> None:
        async with world(FakeKraken(), connect=False) as here:
            here.inbox.put(TimerFired())
            here.inbox.close()
            assert await here.inbox.get() == TimerFired()
            assert await here.inbox.get() is None
            assert await here.inbox.get() is None

    play(scene)


def test_a_line_that_only_times_out_is_asked_and_then_silent() -> None:
    """No frame at all: the receive ends without one, a ping is asked for, then it is silent."""

    async def scene() -> None:
        fake = FakeKraken(heartbeat_s=60.0)
        answer: Any = None

        async def swallow(socket: Any, asked: dict[str, Any]) -> bool:
            del socket
            return bool(asked["method"] == "ping")

        fake.on_request = swallow
        async with world(fake) as here:
            await here.subscribed()
            answer = await here.until(ConnectionChanged, state="silent")
        assert "no message for" in answer.why

    play(scene)
