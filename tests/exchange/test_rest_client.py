"""Does a read ask politely, prove who asks, and never hide what went wrong?"""

import asyncio
import time

import pytest
from aiohttp import web

from s1mpletrader.errors import (
    ExchangeProtocolError,
    ExchangeRefused,
    ExchangeUnavailable,
    Fenced,
    InternalError,
)
from s1mpletrader.exchange.rest_client import USER_AGENT
from s1mpletrader.exchange.wire import BYTES_MAX
from s1mpletrader.model.base import SECOND
from tests.exchange.fake_kraken import Answer, FakeKraken, failing, page, silence
from tests.exchange.world import EPOCH, play, world


def called(fake: FakeKraken, call: str) -> int:
    return sum(1 for name, _ in fake.calls if name == call)


@pytest.mark.parametrize(
    "fault", [page(502), page(520), page(429), page(200), page(200, ""), silence(2.0)]
)
def test_a_read_is_repeated_when_no_answer_of_the_exchange_came(fault: web.Response) -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"SystemStatus": [fault]})  # type: ignore[list-item]
        async with world(fake, connect=False) as here:
            assert await here.kraken.connector.status() == "online"
        assert called(fake, "SystemStatus") == 2

    play(scene)


def test_a_read_is_repeated_within_bounds() -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"SystemStatus": [page(502)] * 9})
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeUnavailable, match="HTTP 502"):
                await here.kraken.connector.status()
        assert called(fake, "SystemStatus") == 3

    play(scene)


@pytest.mark.parametrize("text", ["EService:Unavailable", "EAPI:Rate limit exceeded"])
def test_an_answer_of_the_exchange_itself_is_not_argued_with(text: str) -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"BalanceEx": [failing(text)]})
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeUnavailable, match=text):
                await here.kraken.connector.balances()
        assert called(fake, "BalanceEx") == 1
        assert here.accepted == []

    play(scene)


def test_a_refusal_says_what_is_missing() -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"BalanceEx": [failing("EGeneral:Permission denied")]})
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeRefused, match="Permission denied"):
                await here.kraken.connector.balances()

    play(scene)


def test_an_exchange_that_cannot_be_reached_is_unavailable() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake, connect=False) as here:
            here.kraken.connector._rest._base_url = "http://127.0.0.1:1"
            with pytest.raises(ExchangeUnavailable, match="no answer"):
                await here.kraken.connector.status()

    play(scene)


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    async def endless(_: dict[str, str]) -> web.StreamResponse:
        return web.Response(body=b'{"error":[],"result":"' + b"x" * BYTES_MAX + b'"}')

    async def scene() -> None:
        fake = FakeKraken(faults={"SystemStatus": [endless] * 3})
        async with world(fake, connect=False, rest_timeout_s=5.0) as here:
            with pytest.raises(ExchangeUnavailable, match="larger than"):
                await here.kraken.connector.status()

    play(scene)


def test_json_that_is_not_an_answer_is_a_broken_protocol() -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"SystemStatus": [page(200, "{}")]})
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeProtocolError):
                await here.kraken.connector.status()

    play(scene)


def test_a_redirect_is_not_followed() -> None:
    async def elsewhere(_: dict[str, str]) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://127.0.0.1:1/steal"})

    async def scene() -> None:
        fake = FakeKraken(faults={"BalanceEx": [elsewhere] * 3})
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeUnavailable, match="HTTP 307"):
                await here.kraken.connector.balances()

    play(scene)


def test_nonces_are_the_epochs_and_rise_with_every_attempt() -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"BalanceEx": [page(502)]})
        async with world(fake, connect=False) as here:
            await here.kraken.connector.balances()
            await here.kraken.connector.balances()
        first = EPOCH * 2**32 + 1
        assert fake.nonces == [first, first + 1, first + 2]

    play(scene)


def test_private_calls_of_many_tasks_arrive_in_the_order_of_their_nonces() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake, connect=False) as here, asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(here.kraken.connector.balances())
        assert len(fake.nonces) == 20  # the fake refuses one out of order

    play(scene)


def test_an_invalid_nonce_is_fenced_for_good_and_never_resynchronised() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        fake.nonces = [2**63]
        async with world(fake, connect=False) as here:
            for _ in range(3):
                with pytest.raises(Fenced, match="another instance"):
                    await here.kraken.connector.balances()
        assert called(fake, "BalanceEx") == 1

    play(scene)


def test_no_private_call_leaves_before_the_epoch_is_drawn() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake, connect=False) as here:
            here.kraken.connector._rest._epoch = 0
            with pytest.raises(InternalError, match="epoch"):
                await here.kraken.connector.balances()
        assert fake.calls[-1][0] == "AssetPairs"

    play(scene)


def test_nonces_that_are_used_up_end_the_process_and_not_the_order() -> None:
    async def scene() -> None:
        async with world(FakeKraken(), connect=False) as here:
            here.kraken.connector._rest._counter = 2**32 - 1
            with pytest.raises(InternalError, match="used up"):
                await here.kraken.connector.balances()

    play(scene)


def test_an_epoch_only_rises() -> None:
    async def scene() -> None:
        async with world(FakeKraken(), connect=False) as here:
            here.kraken.connector.begin(EPOCH + 1)
            with pytest.raises(InternalError, match="not above"):
                here.kraken.connector.begin(EPOCH + 1)

    play(scene)


def test_the_lease_counts_from_when_an_accepted_call_was_sent() -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"BalanceEx": [silence(0.2)]})
        async with world(fake, connect=False, rest_timeout_s=5.0) as here:
            with pytest.raises(ExchangeUnavailable):
                await here.kraken.connector.balances()
            assert here.accepted == []
            before = here.kraken.protocol.now_us()
            await here.kraken.connector.balances()
            (sent,) = here.accepted
            assert before <= sent <= here.kraken.protocol.now_us()

    play(scene)


def test_a_look_waits_for_the_rate_budget_and_a_stop_does_not() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake, connect=False, rate_decay_factor=1.0) as here:
            rest = here.kraken.connector._rest
            await here.kraken.connector.load_instruments()
            for _ in range(12):
                await rest.private("OpenOrders")
            rest._rate_wait_max_us = SECOND
            with pytest.raises(ExchangeUnavailable, match="rate budget"):
                await rest.private("OpenOrders")
            await here.kraken.connector.balances()

    play(scene)


def test_a_call_waits_until_the_counter_allows_it() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake, connect=False, rate_decay_factor=100.0) as here:
            for _ in range(20):
                await here.kraken.connector._rest.private("OpenOrders")
        assert called(fake, "OpenOrders") == 20

    play(scene)


def test_an_absurd_time_draws_no_epoch() -> None:
    def lie(second: int) -> Answer:
        async def answer(_: dict[str, str]) -> web.StreamResponse:
            return web.json_response({"error": [], "result": {"unixtime": second}})

        return answer

    async def scene() -> None:
        fake = FakeKraken(faults={"Time": [lie(4_000_000_000)]})
        async with world(fake, connect=False) as here:
            second_us = await here.kraken.connector.server_time_us()
            assert abs(second_us // SECOND - time.time()) < 2
            fake.faults["Time"] = [lie(4_000_000_000), lie(1), lie(3_000_000_000)]
            with pytest.raises(ExchangeUnavailable, match="makes no sense"):
                await here.kraken.connector.server_time_us()

    play(scene)


def test_the_exchange_is_told_who_asks() -> None:
    seen: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers["User-Agent"])
        return web.json_response({"error": [], "result": {"unixtime": int(time.time())}})

    async def scene() -> None:
        fake = FakeKraken()
        fake._public = note  # type: ignore[method-assign]
        async with world(fake, connect=False) as here:
            await here.kraken.connector.server_time_us()
            assert here.kraken.protocol.is_synchronised

    play(scene)
    assert seen == [USER_AGENT]
