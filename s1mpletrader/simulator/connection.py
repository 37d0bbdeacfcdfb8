"""How do messages leave a WebSocket connection, in order, with heartbeats, or not at all?"""

import asyncio
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientConnectionResetError, WSMessage, web

from s1mpletrader.simulator import wire
from s1mpletrader.simulator.auth import ApiKey
from s1mpletrader.simulator.fault_specs import How
from s1mpletrader.simulator.faults import Faults, Request
from s1mpletrader.simulator.subscriptions import PRIVATE, Subscription
from s1mpletrader.simulator.values import Event, StatusChanged, TapeEnded
from s1mpletrader.simulator.venue import Venue

OUT_MAX = 20_000
"""Messages a slow client may leave unread; then it is cut off."""
HEARTBEAT_S = 1.0
API_VERSION = "v2"
VERSION = "2.0.10"
GOING_AWAY = 1001
RESTARTING = b"CloudFlare WebSocket proxy restarting"
HEARTBEAT = b'{"channel":"heartbeat"}'
Message = dict[str, Any]


@dataclass(slots=True)
class _Overtaken:
    """A message that waits until `by` others have passed."""

    message: Message
    by: int


class Connection:
    """One client's socket: its subscriptions and what waits to be sent."""

    def __init__(
        self, ws: web.WebSocketResponse, request: web.Request, number: int, faults: Faults
    ) -> None:
        self.is_private = request.path.startswith("/private")
        self.number = number
        self.key: ApiKey | None = None
        """Whose token a private subscription of this connection used."""
        self.subscriptions: dict[tuple[str, str], Subscription] = {}
        self.held = asyncio.Event()
        self.held.set()
        self.reading: asyncio.Task[None] | None = None
        """Who reads what the client sends."""
        self.is_leaving = False
        """Whether the connection is to end with a close frame."""
        self.replies_first = 0
        """Replies that executions and balances wait for."""
        self._socket = ws
        self._request = request
        self._faults = faults
        self._out: asyncio.Queue[bytes] = asyncio.Queue(OUT_MAX)
        self._events: list[Message] = []
        self._overtaken: list[_Overtaken] = []

    @property
    def account(self) -> str:
        """Whose private messages are sent here; empty before a private subscription."""
        return self.key.account if self.key else ""

    @property
    def as_request(self) -> Request:
        """What faults match this connection by."""
        return Request("ws_private" if self.is_private else "ws_public", "", self.account)

    def send(self, message: Message, *, is_pong: bool = False) -> None:
        """Queue a message, as the faults leave it."""
        as_request = self.as_request
        stall = self._faults.stall(as_request)
        if stall is not None and not (is_pong and stall.spec.pongs):
            self._faults.touch(stall, self.number)
            return
        name = message.get("channel") or message.get("method") or ""
        seen = Request(as_request.channel, name, as_request.account)
        if self._faults.take("gap", seen) is not None:
            return
        if name == "book" and self._faults.take("checksum_corrupt", seen) is not None:
            message["data"][0]["checksum"] ^= 1
        late = self._faults.take("reorder", seen)
        if late is not None:
            self._overtaken.append(_Overtaken(message, late.spec.window))
            return
        twice = self._faults.take("duplicate", seen) is not None
        for _ in range(2 if twice else 1):
            self._put(message)
        self._let_pass()

    def send_event(self, message: Message) -> None:
        """Queue an update of a subscription; private ones may have to wait for a reply."""
        if self.replies_first and message["channel"] in PRIVATE:
            self._events.append(message)
        else:
            self.send(message)

    def reply_has_left(self) -> None:
        """Send the events that waited, unless another reply goes first, too."""
        self.replies_first -= 1
        if not self.replies_first:
            events, self._events = self._events, []
            for message in events:
                self.send(message)

    def send_status(self, venue: Venue) -> None:
        """Say how the exchange is."""
        row = {
            "api_version": API_VERSION,
            "connection_id": self.number,
            "system": venue.system_status,
            "version": VERSION,
            "tape_ended": venue.tape_ended,
        }
        self.send({"channel": "status", "type": "update", "data": [row]})

    def hear(self, venue: Venue, events: Sequence[Event]) -> None:
        """Tell what this connection has subscribed to."""
        told_last = "executions" if venue.book.rules.ledger_first else "balances"
        for name in sorted(self.subscriptions, key=lambda name: name[0] == told_last):
            for message in self.subscriptions[name].hear(venue, events):
                self.send_event(message)
        if any(isinstance(event, StatusChanged | TapeEnded) for event in events):
            self.send_status(venue)

    def abort(self) -> None:
        """Reset the connection without a goodbye."""
        reset(self._request)

    def end(self, how: How) -> None:
        """End the connection: `close` resets it, close_1006 ends it without a close frame."""
        match how:
            case "silent":
                return
            case "close_1001":
                self.is_leaving = True
                if self.reading is not None:
                    self.reading.cancel()
            case "close_1006":
                if self._request.transport is not None:
                    self._request.transport.close()
            case _:
                self.abort()

    async def say_goodbye(self) -> None:
        """Close with 1001 and wait for the client's own close frame; nobody else may read."""
        await self._socket.close(code=GOING_AWAY, message=RESTARTING)

    async def answer_ping(self, message: WSMessage) -> None:
        """Answer a protocol ping, unless a stall swallows that, too."""
        fault = self._faults.stall(self.as_request)
        if fault is None or fault.spec.pongs:
            await self._socket.pong(message.data)

    async def pump(self) -> None:
        """Send what is queued, and a heartbeat after a second of silence; returns when closed."""
        try:
            while not self._socket.closed:
                await self.held.wait()
                await self._send_next()
        except (ConnectionResetError, ClientConnectionResetError):
            return

    async def _send_next(self) -> None:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                body = await self._out.get()
        except TimeoutError:
            if self._overtaken:
                # nobody came to overtake it
                self._put(self._overtaken.pop(0).message)
                return
            if not self.subscriptions or not self.held.is_set():
                return
            stall = self._faults.stall(self.as_request)
            if stall is not None:
                self._faults.touch(stall, self.number)
                return
            body = HEARTBEAT
        await self.held.wait()
        await self._socket.send_str(body.decode())

    def _put(self, message: Message) -> None:
        try:
            self._out.put_nowait(wire.encode(message))
        except asyncio.QueueFull:
            self.abort()

    def _let_pass(self) -> None:
        for waiting in list(self._overtaken):
            waiting.by -= 1
            if waiting.by <= 0:
                self._overtaken.remove(waiting)
                self._put(waiting.message)


def reset(request: web.Request) -> None:
    """End a connection with a TCP reset."""
    transport = request.transport
    if transport is None:
        return
    plain = transport.get_extra_info("socket")
    if plain is not None:
        # no lingering: the kernel throws away what was not sent and says RST instead of FIN
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
