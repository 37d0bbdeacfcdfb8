"""Would the tests notice if a promise were broken on purpose?

Each sabotage is a real patch of the connector; the scene that guards the promise must fail.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from s1mpletrader.core import fencing
from s1mpletrader.errors import ExchangeError, Fenced
from s1mpletrader.exchange import error_codec, private_socket, request_codec
from s1mpletrader.exchange.account_reader import AccountReader
from s1mpletrader.exchange.kraken_connector import KrakenConnector
from s1mpletrader.exchange.line import Line
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.exchange.subscription_watch import TradeWatch
from s1mpletrader.exchange.talks import PrivateTalk
from s1mpletrader.model.inputs import ConnectionChanged
from s1mpletrader.model.looks import Complete
from s1mpletrader.model.orders import Ack, NewOrder, Reject, SubmitAnswer, Unknown
from tests.exchange.fake_kraken import FakeKraken, page, trades_frame
from tests.exchange.test_look import full, look_at
from tests.exchange.test_private_socket import error, on, say_nothing, submits, watch_the_door
from tests.exchange.world import EPOCH, an_order, pass_door, play, world

Scene = Callable[[], None]


def an_unanswered_order_leaves_once() -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", say_nothing))
        async with world(fake) as here:
            await here.subscribed()
            await here.kraken.connector.submit(an_order(), may_send=pass_door)
        assert submits(fake) == 1

    play(scene)


def an_order_whose_bytes_left_never_leaves_by_rest() -> None:
    async def vanish(socket: Any, asked: dict[str, Any]) -> None:
        del asked
        await socket.close()

    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", vanish))
        async with world(fake) as here:
            await here.subscribed()
            answer = await here.kraken.connector.submit(an_order(), may_send=pass_door)
            assert isinstance(answer, Unknown)
        assert submits(fake) == 1
        assert not [call for call, _ in fake.calls if call == "AddOrder"]

    play(scene)


def a_newer_copy_is_not_fenced_by_an_older_one() -> None:
    """Two processes with one key: whoever drew the higher epoch speaks, however late."""

    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake, connect=False) as old:
            for _ in range(5):
                await old.kraken.connector.balances()
            private = old.kraken.connector._rest
            nonces = list(fake.nonces)
            private.begin(EPOCH + 1)  # the newer copy, or the same one after a restart
            try:
                await old.kraken.connector.balances()
            except Fenced:
                pytest.fail("the older copy's nonces fence the newer one")
            private._epoch, private._counter = EPOCH, len(nonces)
            with pytest.raises(Fenced):
                await old.kraken.connector.balances()

    play(scene)


def a_dead_subscription_is_found() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push("public", trades_frame(1))
            fake.public_trades = [
                ["1", "1", 1_700_000_000 + each, "b", "m", "", each] for each in (1, 2)
            ]
            async with asyncio.timeout(2):
                await here.until(ConnectionChanged, state="down")

    play(scene)


def a_failing_service_proves_nothing() -> None:
    async def scene() -> None:
        fake = FakeKraken(on_request=on("add_order", error("EService:Unavailable")))
        async with world(fake) as here:
            await here.subscribed()
            answer = await here.kraken.connector.submit(an_order(), may_send=pass_door)
            assert isinstance(answer, Unknown)

    play(scene)


def a_look_without_its_second_page_is_not_complete() -> None:
    look = play(lambda: look_at(full(60)))
    assert not isinstance(look, Complete) or len(look.closed) == 60


def a_look_with_a_failing_list_is_not_complete() -> None:
    fake = full(3)
    fake.faults["TradesHistory"] = [page(502)] * 3
    assert not isinstance(play(lambda: look_at(fake)), Complete)


def a_look_over_a_lost_connection_is_not_complete() -> None:
    fake = full(3)

    async def lose(params: dict[str, str]) -> Any:
        await fake.drop("private")
        await asyncio.sleep(0.1)
        return await page(200, '{"error":[],"result":{"trades":{},"count":0}}')(params)

    fake.faults["TradesHistory"] = [lose]
    assert not isinstance(play(lambda: look_at(fake)), Complete)


def nothing_comes_between_door_and_byte() -> None:
    async def scene() -> None:
        async with world(FakeKraken()) as here:
            await here.subscribed()
            door, told = watch_the_door(here)
            assert isinstance(await here.kraken.connector.submit(an_order(), may_send=door), Ack)
            assert told[:2] == ["byte", "turn"]

    play(scene)


def an_invalid_nonce_is_final() -> None:
    async def scene() -> None:
        fake = FakeKraken(nonces=[(EPOCH + 1) * 2**32])
        async with world(fake, connect=False) as here:
            with pytest.raises(Fenced):
                await here.kraken.connector.balances()

    play(scene)


def a_stalled_feed_that_answers_pings_is_silent() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            fake.is_stalled = True
            async with asyncio.timeout(2):
                await here.until(ConnectionChanged, state="silent")

    play(scene)


def a_missing_executions_message_is_noticed() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            await here.subscribed()
            await fake.push_report(skip=1)
            async with asyncio.timeout(1):
                await here.until(ConnectionChanged, state="down")

    play(scene)


def resend_on_unknown(patch: pytest.MonkeyPatch) -> None:
    submit = KrakenConnector.submit

    async def twice(
        self: KrakenConnector, order: NewOrder, *, may_send: Callable[[], str | None]
    ) -> SubmitAnswer | str:
        answer = await submit(self, order, may_send=may_send)
        if isinstance(answer, Unknown):
            return await submit(self, order, may_send=may_send)
        return answer

    patch.setattr(KrakenConnector, "submit", twice)


def fall_back_to_rest(patch: pytest.MonkeyPatch) -> None:
    submit = KrakenConnector.submit

    async def by_rest(
        self: KrakenConnector, order: NewOrder, *, may_send: Callable[[], str | None]
    ) -> SubmitAnswer | str:
        answer = await submit(self, order, may_send=may_send)
        if isinstance(answer, Unknown):
            with suppress(ExchangeError):
                await self._rest.private("AddOrder", {"cl_ord_id": order.client_id})
        return answer

    patch.setattr(KrakenConnector, "submit", by_rest)


def forget_the_epoch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fencing, "nonce", lambda _, counter: counter)


def never_ask_for_quiet_symbols(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TradeWatch, "next_question", lambda *_: None)


def call_a_failing_service_a_reject(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(error_codec, "submit_failure", Reject)


def read_only_the_first_page(patch: pytest.MonkeyPatch) -> None:
    async def first(
        self: AccountReader, call: str, params: Any, read: Callable[[Any], Any], _: Any
    ) -> Any:
        return read(await self._rest.private(call, {**params, "ofs": "0"})).rows

    patch.setattr(AccountReader, "_all", first)


def take_a_failed_list_for_an_empty_one(patch: pytest.MonkeyPatch) -> None:
    everything = AccountReader._all

    async def lenient(self: AccountReader, *args: Any) -> Any:
        try:
            return await everything(self, *args)
        except Exception:  # noqa: BLE001 -- the sabotage
            return ()

    patch.setattr(AccountReader, "_all", lenient)


def forget_the_connection(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PrivateSocket, "connection", 1)
    patch.setattr(PrivateSocket, "is_connected", True)


def wait_between_door_and_byte(patch: pytest.MonkeyPatch) -> None:
    async def slow(
        self: PrivateSocket, order: NewOrder, *, may_send: Callable[[], str | None]
    ) -> SubmitAnswer | str:
        assert self._socket is not None
        req_id = self.next_request()
        frame = request_codec.add_order(order, self._token, req_id)
        if refusal := may_send():
            return refusal
        await asyncio.sleep(0)
        self._write(self._socket, req_id, frame)
        answer = await self._answer(req_id)
        return private_socket._submit_answer(answer) if not isinstance(answer, Unknown) else answer

    patch.setattr(PrivateSocket, "submit", slow)


def resynchronise_the_nonce(patch: pytest.MonkeyPatch) -> None:
    private = RestClient._ask_private

    async def again(self: RestClient, call: str, params: Any) -> Any:
        try:
            return await private(self, call, params)
        except Fenced:
            self._fenced = None
            self.begin(self._epoch + 2**31)
            return await private(self, call, params)

    patch.setattr(RestClient, "_ask_private", again)


def take_a_pong_for_data(patch: pytest.MonkeyPatch) -> None:
    def lenient(self: Line, _: Any, now_us: Any) -> None:
        self._state = self._state.heard(now_us)

    patch.setattr(Line, "_learn_time", lenient)


def ignore_the_sequence(patch: pytest.MonkeyPatch) -> None:
    def lenient(self: PrivateTalk, executions: Any) -> None:
        for each in executions.reports:
            self._inbox.put(self._merge.merge(each))

    patch.setattr(PrivateTalk, "_take", lenient)


SABOTAGES: list[tuple[Callable[[pytest.MonkeyPatch], None], Scene]] = [
    (resend_on_unknown, an_unanswered_order_leaves_once),
    (fall_back_to_rest, an_order_whose_bytes_left_never_leaves_by_rest),
    (forget_the_epoch, a_newer_copy_is_not_fenced_by_an_older_one),
    (never_ask_for_quiet_symbols, a_dead_subscription_is_found),
    (call_a_failing_service_a_reject, a_failing_service_proves_nothing),
    (read_only_the_first_page, a_look_without_its_second_page_is_not_complete),
    (take_a_failed_list_for_an_empty_one, a_look_with_a_failing_list_is_not_complete),
    (forget_the_connection, a_look_over_a_lost_connection_is_not_complete),
    (wait_between_door_and_byte, nothing_comes_between_door_and_byte),
    (resynchronise_the_nonce, an_invalid_nonce_is_final),
    (take_a_pong_for_data, a_stalled_feed_that_answers_pings_is_silent),
    (ignore_the_sequence, a_missing_executions_message_is_noticed),
]


@pytest.mark.parametrize(("sabotage", "scene"), SABOTAGES)
def test_a_broken_promise_is_noticed(
    sabotage: Callable[[pytest.MonkeyPatch], None], scene: Scene
) -> None:
    scene()
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        with pytest.raises((AssertionError, TimeoutError, pytest.fail.Exception)):
            scene()
