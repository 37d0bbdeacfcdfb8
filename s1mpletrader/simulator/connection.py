"""How do messages leave a WebSocket connection, in order, with heartbeats, or not at all?"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientConnectionResetError, WSMessage, web

from s1mpletrader.simulator import wire
from s1mpletrader.simulator.auth import ApiKey
from s1mpletrader.simulator.faults import Faults, Request
from s1mpletrader.simulator.subscriptions import Subscription
from s1mpletrader.simulator.values import Event, StatusChanged, TapeEnded
from s1mpletrader.simulator.venue import Venue

OUT_MAX = 20_000
"""Messages a slow client may leave unread; then it is cut off."""
HEARTBEAT_S = 1.0
API_VERSION = "v2"
VERSION = "2.0.10"


class Connection:
    """One client's socket: its subscriptions and what waits to be sent."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, number: int, faults: Faults
    ) -> None:
        self.is_private = request.path.startswith("/private")
        self.number = number
        self.key: ApiKey | None = None
        """Whose token a private subscription of this connection used."""
        self.subscriptions: dict[tuple[str, str], Subscription] = {}
        self.held = asyncio.Event()
        self.held.set()
        self._socket = socket
        self._request = request
        self._faults = faults
        self._out: asyncio.Queue[bytes] = asyncio.Queue(OUT_MAX)

    @property
    def as_request(self) -> Request:
        """What faults match this connection by."""
        channel = "ws_private" if self.is_private else "ws_public"
        return Request(channel, "", self.key.account if self.key else "")  # type: ignore[arg-type]

    def send(self, message: dict[str, Any], *, is_pong: bool = False) -> None:
        """Queue a message; a client that does not read is cut off."""
        stall = self._faults.stall(self.as_request)
        if stall is not None and not (is_pong and stall.spec.pongs):
            return
        try:
            self._out.put_nowait(wire.encode(message))
        except asyncio.QueueFull:
            self.abort()

    def send_status(self, venue: Venue) -> None:
        """Say how the exchange is."""
        row = {
            "api_version": API_VERSION,
            "connection_id": self.number,
            "system": venue.status,
            "version": VERSION,
            "tape_ended": venue.tape_ended,
        }
        self.send({"channel": "status", "type": "update", "data": [row]})

    def hear(self, venue: Venue, events: Sequence[Event]) -> None:
        """Tell what this connection has subscribed to."""
        for subscription in self.subscriptions.values():
            for message in subscription.hear(venue, events):
                self.send(message)
        if any(isinstance(event, StatusChanged | TapeEnded) for event in events):
            self.send_status(venue)

    def abort(self) -> None:
        """Reset the connection without a goodbye."""
        transport = self._request.transport
        if transport is not None:
            transport.abort()

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
            if (
                not self.subscriptions
                or not self.held.is_set()
                or self._faults.stall(self.as_request)
            ):
                return
            body = b'{"channel":"heartbeat"}'
        await self.held.wait()
        await self._socket.send_str(body.decode())
