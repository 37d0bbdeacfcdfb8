"""How does an order leave, and what did the exchange answer?

Each submit leaves at most once. Before its first byte a failure is a refusal (a text), after it
everything but a known answer is `Unknown` (SAFETY O1-O4).
"""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from s1mpletrader.exchange import error_codec, request_codec
from s1mpletrader.exchange.frame_codec import Reply
from s1mpletrader.exchange.frame_socket import FrameSocket
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId
from s1mpletrader.model.inputs import Submitted
from s1mpletrader.model.orders import (
    Ack,
    AmendAnswer,
    Amended,
    CancelAnswer,
    CancelDone,
    NewOrder,
    SubmitAnswer,
    Unknown,
)
from s1mpletrader.ports import Clock

NOT_CONNECTED = "the private WebSocket is not connected"
"""Refusal of a door: nothing was sent."""


class _Pending(NamedTuple):
    answer: asyncio.Future[Reply | Unknown]
    sent_us: Micros


class PrivateSocket:
    """Requests on the private connection, matched to their answers by `req_id`."""

    def __init__(
        self,
        *,
        clock: Clock,
        protocol: ProtocolClock,
        submit_timeout_s: float = 5.0,
        late_max: int = 1_000,
    ) -> None:
        self._clock = clock
        self._protocol = protocol
        self._submit_timeout_s = submit_timeout_s
        self._late_max = late_max
        self._socket: FrameSocket | None = None
        self._token = ""
        self._connection = 0
        self._requests = 0
        self._pending: dict[int, _Pending] = {}
        self._late: dict[int, ClientOrderId] = {}

    @property
    def connection(self) -> int:
        """Counts private connections of this run; 0 before the first."""
        return self._connection

    @property
    def is_connected(self) -> bool:
        """Whether requests can be sent."""
        return self._socket is not None

    def next_request(self) -> int:
        """Return a fresh `req_id`."""
        self._requests += 1
        return self._requests

    def attach(self, socket: FrameSocket, token: str) -> None:
        """Use a new connection."""
        self._socket = socket
        self._token = token
        self._connection += 1

    def renew(self, token: str) -> None:
        """Use a new token from the next request on."""
        if self._socket is not None:
            self._token = token

    def detach(self, why: str) -> None:
        """Give up the connection: whatever is unanswered stays unknown."""
        self._socket = None
        self._token = ""
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_result(Unknown(f"the connection was lost: {why}"))
        self._pending.clear()

    def answered(self, reply: Reply) -> Submitted | None:
        """Take a reply; a late answer to a submit is evidence and is returned as an input."""
        if reply.req_id is None:
            return None
        pending = self._pending.pop(reply.req_id, None)
        if pending is not None and not pending.answer.done():
            if reply.time_in_us is not None and reply.time_out_us is not None:
                now_us = self._clock.monotonic_us()
                self._protocol.observe(pending.sent_us, now_us, reply.time_in_us, reply.time_out_us)
            pending.answer.set_result(reply)
            return None
        client_id = self._late.pop(reply.req_id, None)
        return None if client_id is None else Submitted(client_id, _submit_answer(reply))

    async def submit(
        self, order: NewOrder, *, may_send: Callable[[], str | None]
    ) -> SubmitAnswer | str:
        """Send an order once; see `ports.Exchange.submit`."""
        socket = self._socket
        if socket is None:
            return NOT_CONNECTED
        req_id = self.next_request()
        frame = request_codec.add_order(order, self._token, req_id)
        refusal = self._submit_now(socket, req_id, frame, may_send)
        if refusal is not None:
            return refusal
        self._remember_late(req_id, order.client_id)
        answer = await self._answer(req_id)
        if isinstance(answer, Unknown):
            return answer
        self._late.pop(req_id, None)
        return _submit_answer(answer)

    async def amend(
        self,
        txid: ExchangeOrderId,
        *,
        qty: Decimal,
        trigger_price: Decimal,
        deadline_us: Micros,
    ) -> AmendAnswer:
        """Change a resting stop in place, once."""
        req_id = self.next_request()
        frame = request_codec.amend_order(
            txid,
            qty=qty,
            trigger_price=trigger_price,
            deadline_us=deadline_us,
            token=self._token,
            req_id=req_id,
        )
        answer = await self._ask(req_id, frame)
        if isinstance(answer, Unknown):
            return answer
        return Amended() if answer.ok else error_codec.amend_failure(answer.error)

    async def cancel(self, client_id: ClientOrderId, txid: ExchangeOrderId | None) -> CancelAnswer:
        """Cancel an order, once; the answer decides nothing (SAFETY O5)."""
        req_id = self.next_request()
        frame = request_codec.cancel_order(client_id, txid, self._token, req_id)
        answer = await self._ask(req_id, frame)
        if isinstance(answer, Unknown):
            return answer
        if answer.ok:
            return CancelDone(known=True)
        if error_codec.is_unknown_order(answer.error):
            return CancelDone(known=False)
        return Unknown(answer.error)

    def _submit_now(
        self,
        socket: FrameSocket,
        req_id: int,
        frame: str,
        may_send: Callable[[], str | None],
    ) -> str | None:
        """Pass the door and write, in one step of the event loop (SAFETY O2)."""
        if not socket.is_clear:
            return "the private WebSocket still has unsent bytes"
        refusal = may_send()
        if refusal is not None:
            return refusal
        return None if self._write(socket, req_id, frame) else NOT_CONNECTED

    def _write(self, socket: FrameSocket, req_id: int, frame: str) -> bool:
        answer = asyncio.get_running_loop().create_future()
        self._pending[req_id] = _Pending(answer, self._clock.monotonic_us())
        if socket.write(frame):
            return True
        del self._pending[req_id]
        return False

    async def _ask(self, req_id: int, frame: str) -> Reply | Unknown:
        socket = self._socket
        if socket is None or not socket.is_clear or not self._write(socket, req_id, frame):
            return Unknown(f"{NOT_CONNECTED}; nothing was sent")
        return await self._answer(req_id)

    async def _answer(self, req_id: int) -> Reply | Unknown:
        pending = self._pending[req_id]
        try:
            async with asyncio.timeout(self._submit_timeout_s):
                return await pending.answer
        except TimeoutError:
            return Unknown(f"no answer within {self._submit_timeout_s} s", slow=True)
        finally:
            self._pending.pop(req_id, None)

    def _remember_late(self, req_id: int, client_id: ClientOrderId) -> None:
        self._late[req_id] = client_id
        if len(self._late) > self._late_max:
            del self._late[next(iter(self._late))]


def _submit_answer(reply: Reply) -> SubmitAnswer:
    if not reply.ok:
        return error_codec.submit_failure(reply.error)
    if reply.txid is None:
        return Unknown("acknowledged without an order id")
    return Ack(reply.txid)
