"""Does a socket say truly whether bytes left, and end when it is told to?"""

import asyncio
import time

import pytest
from aiohttp import web

from s1mpletrader.errors import ConfigurationError, ExchangeUnavailable
from s1mpletrader.exchange.frame_socket import FrameSocket, open_session
from tests.exchange.fake_kraken import FakeKraken
from tests.exchange.world import play, world


def test_a_closed_socket_writes_nothing_and_says_so() -> None:
    async def scene() -> None:
        async with FakeKraken().serve() as fake, open_session() as session:
            socket = await FrameSocket.dial(session, f"ws://{fake.base}/public/v2", {})
            assert socket.is_clear
            assert socket.write('{"method":"ping","req_id":1}')
            await socket.close()
            assert not socket.write('{"method":"ping","req_id":2}')
            assert not socket.is_clear
            with pytest.raises(ExchangeUnavailable, match="ended"):
                await socket.receive()
        assert fake.pings == {"public": 1}

    play(scene)


def test_a_full_buffer_is_not_clear_and_what_is_written_then_still_leaves() -> None:
    async def scene() -> None:
        async with FakeKraken().serve() as fake, open_session() as session:
            socket = await FrameSocket.dial(session, f"ws://{fake.base}/public/v2", {})
            large = " " * 3_000_000 + '{"method":"ping","req_id":1}'
            assert socket.write(large)
            assert socket.write(large)
            assert not socket.is_clear
            await socket.close()

    play(scene)


def test_a_peer_that_never_says_goodbye_does_not_keep_us() -> None:
    async def scene() -> None:
        async def mute(request: web.Request) -> web.StreamResponse:
            socket = web.WebSocketResponse(autoclose=False)
            await socket.prepare(request)
            await asyncio.Event().wait()
            return socket

        fake = FakeKraken()
        fake._socket = mute  # type: ignore[method-assign]
        async with fake.serve(), open_session() as session:
            socket = await FrameSocket.dial(session, f"ws://{fake.base}/public/v2", {})
            began = time.monotonic()
            await socket.close(within_s=0.1)
            assert time.monotonic() - began < 1

    play(scene)


def test_nobody_there_is_unavailable() -> None:
    async def scene() -> None:
        async with open_session() as session:
            with pytest.raises(ExchangeUnavailable, match="cannot connect"):
                await FrameSocket.dial(session, "ws://127.0.0.1:1/public/v2", {})

    play(scene)


def test_an_unknown_rate_tier_is_refused_with_a_hint() -> None:
    async def scene() -> None:
        async with world(FakeKraken(), connect=False, rate_tier="gold"):
            pass

    with pytest.raises(ConfigurationError, match="gold") as refused:
        play(scene)
    assert "starter" in refused.value.hint
