"""How is one WebSocket kept connected?

Dial, subscribe, listen, notice silence, back off, again, for ever (E1, E2, W3). When to do what is
decided by `core.connection`; what is said and heard is the talk's affair.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

import aiohttp

from s1mpletrader.core.connection import Connection, ConnectionLimits, Phase
from s1mpletrader.errors import ExchangeError, ExchangeUnavailable
from s1mpletrader.exchange import request_codec
from s1mpletrader.exchange.frame_codec import Frame, Reply, read_frame
from s1mpletrader.exchange.frame_socket import FrameSocket
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.exchange.rest_client import USER_AGENT
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.ports import Clock

_PONG = "pong"
_LAST_CHANCE_S = 0.05
"""Even a late event loop looks at what has already arrived before it calls a line silent."""


class Talk(Protocol):
    """What is said and heard on a line."""

    async def prepare(self) -> None:
        """Fetch what the connection needs (a token) before it is dialled."""
        ...

    def opened(self, socket: FrameSocket) -> Sequence[str]:
        """Take the new connection; return the frames that subscribe."""
        ...

    def heard(self, frame: Frame) -> None:
        """Take a frame; raises `ExchangeError` to have the connection dropped."""
        ...

    @property
    def is_subscribed(self) -> bool:
        """Whether every subscription of this connection was acknowledged."""
        ...

    def lost(self, why: str) -> None:
        """Give up the connection."""
        ...

    async def room(self) -> None:
        """Wait until another frame can be taken."""
        ...

    def next_request(self) -> int:
        """Return a fresh `req_id`."""
        ...


class Line:
    """One connection for ever; `on_change(line, why)` is called after every change."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        talk: Talk,
        *,
        clock: Clock,
        protocol: ProtocolClock,
        dice: Callable[[], float],
        limits: ConnectionLimits,
        on_change: Callable[[str], None],
    ) -> None:
        self._session = session
        self._url = url
        self._talk = talk
        self._clock = clock
        self._protocol = protocol
        self._dice = dice
        self._on_change = on_change
        self._state = Connection(limits=limits)
        self._is_silent = False
        self._ping: tuple[int, Micros] | None = None

    @property
    def state(self) -> Connection:
        """The connection as it is now."""
        return self._state

    @property
    def is_silent(self) -> bool:
        """Whether the liveness limit was missed and no new connection is open yet."""
        return self._is_silent

    async def run(self) -> NoReturn:
        """Keep connected until cancelled; only `Fenced` and broken rules end it."""
        while True:
            await self._pause()
            self._state = self._state.dialled(self._clock.monotonic_us())
            try:
                why = await self._live()
            except ExchangeError as error:
                why = f"{error} ({error.hint})" if error.hint else str(error)
            self._talk.lost(why)
            self._state = self._state.lost(self._clock.monotonic_us(), self._dice())
            self._on_change(why)

    async def _pause(self) -> None:
        wait_us = self._state.deadline_us - self._clock.monotonic_us()
        if wait_us > 0:
            await asyncio.sleep(wait_us / SECOND)

    async def _live(self) -> str:
        """Live one connection; return why it ended."""
        try:
            async with asyncio.timeout(self._state.limits.silence_max_s):
                await self._talk.prepare()
                socket = await FrameSocket.dial(
                    self._session, self._url, {"User-Agent": USER_AGENT}
                )
        except TimeoutError:
            return "no connection in time"
        self._ping = None
        try:
            return await self._listen(socket)
        finally:
            await socket.close()

    async def _listen(self, socket: FrameSocket) -> str:
        self._state = self._state.opened(self._clock.monotonic_us())
        self._is_silent = False
        for frame in self._talk.opened(socket):
            if not socket.write(frame):
                raise ExchangeUnavailable("closed before the subscription")
        self._ask(socket, self._clock.monotonic_us())  # the sooner the exchange's time is known
        self._on_change("")
        while True:
            await self._talk.room()
            data = await self._receive(socket)
            if data is not None:
                self._hear(read_frame(data))
            now_us = self._clock.monotonic_us()
            # what has arrived is heard first; before the subscription no frame is a reprieve
            may_be_silent = data is None or self._state.phase is Phase.OPEN
            if may_be_silent and self._state.is_silent(now_us):
                return self._fall_silent()
            if self._state.wants_ping(now_us):
                self._ask(socket, now_us)

    async def _receive(self, socket: FrameSocket) -> str | None:
        """Return the next frame, None when something has to be decided first."""
        wait_s = (self._state.deadline_us - self._clock.monotonic_us()) / SECOND
        try:
            async with asyncio.timeout(max(wait_s, _LAST_CHANCE_S)):
                return await socket.receive()
        except TimeoutError:
            return None

    def _hear(self, frame: Frame) -> None:
        now_us = self._clock.monotonic_us()
        if isinstance(frame, Reply) and frame.method == _PONG:
            # a pong proves a socket, not a subscription: stalled feeds answer pings for hours
            self._learn_time(frame, now_us)
            return
        self._talk.heard(frame)
        if self._state.phase is Phase.OPEN and self._talk.is_subscribed:
            self._state = self._state.subscribed(now_us)
            self._on_change("")
        else:
            self._state = self._state.heard(now_us)

    def _ask(self, socket: FrameSocket, now_us: Micros) -> None:
        req_id = self._talk.next_request()
        self._ping = (req_id, now_us)
        self._state = self._state.asked(now_us)
        if not socket.write(request_codec.ping(req_id)):
            raise ExchangeUnavailable("closed before the ping")

    def _learn_time(self, pong: Reply, now_us: Micros) -> None:
        if self._ping is None or pong.req_id != self._ping[0]:
            return
        if pong.time_in_us is not None and pong.time_out_us is not None:
            self._protocol.observe(self._ping[1], now_us, pong.time_in_us, pong.time_out_us)
        self._ping = None

    def _fall_silent(self) -> str:
        self._is_silent = True
        what = "acknowledgement" if self._state.phase is Phase.OPEN else "message"
        why = f"no {what} for {self._state.limits.silence_max_s} s"
        self._on_change(why)
        return why
