"""Does an order leave at most once, and is every answer taken for what it proves?"""

import asyncio
import inspect
import json
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from s1mpletrader.errors import Fenced
from s1mpletrader.exchange.private_socket import NOT_CONNECTED, PrivateSocket
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.inputs import ConnectionChanged, OrderEvent, Submitted
from s1mpletrader.model.orders import (
    Ack,
    Amended,
    CancelDone,
    Duplicate,
    Reject,
    SubmitAnswer,
    Unknown,
)
from tests.exchange.fake_kraken import FakeKraken, refusal, reply
from tests.exchange.test_frame_codec import report
from tests.exchange.world import BTC_USD, CLIENT_ID, World, an_order, pass_door, play, world

TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")
Handler = Callable[[web.WebSocketResponse, dict[str, Any]], Awaitable[bool]]


def on(method: str, act: Callable[[web.WebSocketResponse, dict[str, Any]], Any]) -> Handler:
    async def handle(socket: web.WebSocketResponse, asked: dict[str, Any]) -> bool:
        if asked["method"] != method:
            return False
        await act(socket, asked)
        return True

    return handle


def submits(fake: FakeKraken) -> int:
    return sum(1 for asked in fake.received if asked["method"] == "add_order")


async def drop(socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
    assert socket._req is not None
    assert socket._req.transport is not None
    socket._req.transport.abort()


async def close(socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
    await socket.close(code=1001, message=b"CloudFlare WebSocket proxy restarting")


async def say_nothing(_: web.WebSocketResponse, __: dict[str, Any]) -> None:
    pass


async def half_a_frame(socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
    assert socket._req is not None
    assert socket._req.transport is not None
    socket._req.transport.write(b"\x81\x7e\x01\x00{")
    socket._req.transport.close()


async def nonsense(socket: web.WebSocketResponse, _: dict[str, Any]) -> None:
    await socket.send_str("<html>520</html>")


async def without_txid(socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
    await socket.send_str(json.dumps(reply(asked, result={})))


def error(text: str) -> Callable[[web.WebSocketResponse, dict[str, Any]], Awaitable[None]]:
    async def answer(socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        await socket.send_str(refusal(asked, text))

    return answer


async def submit(here: World) -> SubmitAnswer | str:
    return await here.kraken.connector.submit(an_order(), may_send=pass_door)


@pytest.mark.parametrize(
    ("act", "slow"),
    [
        (drop, False),
        (close, False),
        (half_a_frame, False),
        (nonsense, False),
        (without_txid, False),
        (say_nothing, True),
        (error("EService:Unavailable"), True),
        (error("EGeneral:Internal error"), True),
        (error("EService:Deadline elapsed"), False),
    ],
)
def test_what_proves_nothing_is_unknown_and_the_order_left_once(act: Any, *, slow: bool) -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", act))
        async with world(fake) as here:
            await here.subscribed()
            answer = await submit(here)
            assert isinstance(answer, Unknown), answer
            assert answer.slow is slow
            if act in {drop, close, half_a_frame, nonsense}:
                await here.subscribed()  # a new connection does not repeat it either
        assert submits(fake) == 1

    play(scene)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EOrder:Insufficient funds", Reject("EOrder:Insufficient funds")),
        ("EOrder:Rate limit exceeded", Reject("EOrder:Rate limit exceeded")),
        ("EGeneral:Invalid arguments:cl_ord_id", Duplicate()),
    ],
)
def test_a_known_error_is_taken_for_what_it_proves(text: str, expected: SubmitAnswer) -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", error(text)))
        async with world(fake) as here:
            await here.subscribed()
            assert await submit(here) == expected

    play(scene)


def test_a_token_that_is_not_valid_any_more_costs_the_connection() -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", error("ESession:Invalid session")))
        async with world(fake) as here:
            await here.subscribed()
            assert await submit(here) == Reject("ESession:Invalid session")
            assert (await here.subscribed()).connection == 2
        assert sum(1 for name, _ in fake.calls if name == "GetWebSocketsToken") == 2

    play(scene)


def test_without_a_connection_nothing_is_sent_and_that_is_certain() -> None:
    async def scene() -> None:
        asked: list[bool] = []
        async with world(FakeKraken(), connect=False) as here:
            answer = await here.kraken.connector.submit(
                an_order(), may_send=lambda: asked.append(True)
            )
            assert answer == NOT_CONNECTED
            assert asked == []  # a door is not asked in vain
            amended = await here.kraken.connector.amend(
                TXID,
                qty=an_order().qty,
                trigger_price=an_order().qty,
                deadline_us=Micros(0),
                symbol=BTC_USD,
            )
            cancelled = await here.kraken.connector.cancel(CLIENT_ID, TXID)
            assert isinstance(amended, Unknown)
            assert isinstance(cancelled, Unknown)

    play(scene)


def test_the_doors_refusal_is_returned_and_nothing_left() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            answer = await here.kraken.connector.submit(an_order(), may_send=lambda: "halted")
            assert answer == "halted"
            assert isinstance(await submit(here), Ack)
        assert submits(fake) == 1

    play(scene)


def test_unsent_bytes_before_it_keep_an_order_back() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            socket = here.kraken.connector._private._socket
            assert socket is not None
            transport = socket._socket._writer.transport
            transport.get_write_buffer_size = lambda: 1  # type: ignore[method-assign]
            answer = await submit(here)
            assert isinstance(answer, str)
            assert "unsent bytes" in answer
            assert (await here.kraken.connector.cancel(CLIENT_ID, None)) == Unknown(
                f"{NOT_CONNECTED}; nothing was sent"
            )
        assert submits(fake) == 0

    play(scene)


def test_a_socket_that_closes_at_the_door_has_sent_nothing() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            socket = here.kraken.connector._private._socket
            assert socket is not None

            def close_then_pass() -> None:
                socket._socket._writer.transport.abort()

            answer = await here.kraken.connector.submit(an_order(), may_send=close_then_pass)
            assert answer == NOT_CONNECTED
        assert submits(fake) == 0

    play(scene)


def watch_the_door(here: World) -> tuple[Callable[[], str | None], list[str]]:
    """Return a door, and what happened from then on: the first byte, turns of the loop."""
    socket = here.kraken.connector._private._socket
    assert socket is not None
    transport = socket._socket._writer.transport
    write, told = transport.write, list[str]()

    def note(data: bytes) -> None:
        told.append("byte")
        write(data)

    def door() -> str | None:
        transport.write = note  # type: ignore[method-assign,assignment]
        asyncio.get_running_loop().call_soon(told.append, "turn")
        return None

    return door, told


def test_nothing_happens_between_the_door_and_the_first_byte() -> None:
    async def scene() -> None:
        async with world(FakeKraken()) as here:
            await here.subscribed()
            door, told = watch_the_door(here)
            assert isinstance(await here.kraken.connector.submit(an_order(), may_send=door), Ack)
            assert told[:2] == ["byte", "turn"]

    play(scene)
    assert not inspect.iscoroutinefunction(PrivateSocket._submit_now)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_nothing_comes_between_door_and_byte_of_an_encrypted_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)

    async def scene() -> None:
        async with world(FakeKraken(tls=served)) as here:
            await here.subscribed()
            door, told = watch_the_door(here)
            assert isinstance(await here.kraken.connector.submit(an_order(), may_send=door), Ack)
            assert told[:2] == ["byte", "turn"]

    play(scene)


def test_an_event_may_come_before_its_reply() -> None:
    async def scene() -> None:
        fake = FakeKraken()

        async def event_first(socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
            await fake.push_report(report(order_id=TXID, cl_ord_id=CLIENT_ID))
            await socket.send_str(json.dumps(reply(asked, result={"order_id": TXID})))

        fake.on_request = on("add_order", event_first)
        async with world(fake) as here:
            await here.subscribed()
            assert await submit(here) == Ack(TXID)
            assert (await here.until(OrderEvent)).client_id == CLIENT_ID

    play(scene)


def test_a_late_answer_is_evidence_and_comes_in_as_an_input() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        kept: list[dict[str, Any]] = []

        async def keep(_: web.WebSocketResponse, asked: dict[str, Any]) -> None:
            kept.append(asked)

        fake.on_request = on("add_order", keep)
        async with world(fake) as here:
            await here.subscribed()
            assert isinstance(await submit(here), Unknown)
            late = json.dumps(reply(kept[0], result={"order_id": TXID}))
            await fake.push("private", late)
            await fake.push("private", late)  # repeated: taken once
            assert await here.until(Submitted) == Submitted(CLIENT_ID, Ack(TXID))
            fake.on_request = None
            assert isinstance(await submit(here), Ack)
            await here.until(OrderEvent)
            assert len(here.inbox) == 0

    play(scene)


def test_answers_out_of_order_find_their_requests() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        kept: list[dict[str, Any]] = []

        async def swap(socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
            kept.append(asked)
            if len(kept) == 2:
                for each in reversed(kept):
                    txid = f"O-{each['params']['cl_ord_id']}"
                    await socket.send_str(json.dumps(reply(each, result={"order_id": txid})))

        fake.on_request = on("add_order", swap)
        async with world(fake) as here, asyncio.TaskGroup() as group:
            await here.subscribed()
            orders = [an_order(client_id=each) for each in ("one", "two")]
            answers = [
                group.create_task(here.kraken.connector.submit(each, may_send=pass_door))
                for each in orders
            ]
            assert [await each for each in answers] == [
                Ack(ExchangeOrderId("O-one")),
                Ack(ExchangeOrderId("O-two")),
            ]

    play(scene)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (None, Amended()),
        (error("EOrder:Unknown order"), Reject("EOrder:Unknown order")),
        (error("EService:Busy"), Unknown("EService:Busy", slow=True)),
        (say_nothing, Unknown("no answer within 0.3 s", slow=True)),
    ],
)
def test_an_amend_is_amended_refused_or_unknown(act: Any, expected: object) -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("amend_order", act) if act else None)
        async with world(fake) as here:
            await here.subscribed()
            answer = await here.kraken.connector.amend(
                TXID,
                qty=an_order().qty,
                trigger_price=an_order().qty,
                deadline_us=Micros(0),
                symbol=BTC_USD,
            )
            assert answer == expected

    play(scene)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (None, CancelDone(known=True)),
        (error("EOrder:Unknown order"), CancelDone(known=False)),
        (error("EService:Busy"), Unknown("EService:Busy")),
    ],
)
def test_no_answer_to_a_cancel_says_what_became_of_the_order(act: Any, expected: object) -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("cancel_order", act) if act else None)
        async with world(fake) as here:
            await here.subscribed()
            assert await here.kraken.connector.cancel(CLIENT_ID, None) == expected

    play(scene)


def test_who_is_fenced_sends_nothing_more() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            fake.nonces.append(2**63)
            with pytest.raises(Fenced):
                await here.kraken.connector.balances()
            for call in (
                submit(here),
                here.kraken.connector.cancel(CLIENT_ID, None),
                here.kraken.connector.amend(
                    TXID,
                    qty=an_order().qty,
                    trigger_price=an_order().qty,
                    deadline_us=Micros(0),
                    symbol=BTC_USD,
                ),
            ):
                with pytest.raises(Fenced):
                    await call
        assert submits(fake) == 0

    play(scene)


def test_only_so_many_late_answers_are_waited_for() -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", say_nothing))
        async with world(fake, submit_timeout_s=0.01) as here:
            await here.subscribed()
            private = here.kraken.connector._private
            private._late_max = 2
            for _ in range(4):
                await submit(here)
            assert len(private._late) == 2
            assert private._pending == {}

    play(scene)


def test_the_connection_counts_and_is_told() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            assert (await here.subscribed()).connection == 1
            await fake.drop("private")
            assert (await here.until(ConnectionChanged, state="down")).connection == 1
            assert (await here.subscribed()).connection == 2

    play(scene)
