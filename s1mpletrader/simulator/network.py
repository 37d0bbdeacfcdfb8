"""Can anybody reach the exchange right now?"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from s1mpletrader.model.base import SECOND
from s1mpletrader.simulator.clock import WallClock
from s1mpletrader.simulator.connection import Connection, reset
from s1mpletrader.simulator.fault_specs import How, Target

CUT_MAX_S = 3_600.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Network:
    """Cuts: existing connections are reset, new ones too until a moment."""

    def __init__(self, clock: WallClock, connections: set[Connection]) -> None:
        self._clock = clock
        self._connections = connections
        self._rest: list[web.Request] = []
        """The last request of each REST connection."""
        self._refused_until_us = 0

    @property
    def refused_for_s(self) -> float:
        """How long new connections are still refused."""
        return max(0, self._refused_until_us - self._clock.monotonic_us()) / SECOND

    def refuse(self, for_s: float) -> None:
        """Reset every new connection and request for some seconds; 0 ends it."""
        self._refused_until_us = self._clock.monotonic_us() + round(for_s * SECOND)

    def drop(self, target: Target, how: How = "close") -> int:
        """End existing connections; returns how many."""
        dropped = 0
        if target != "rest":
            for connection in list(self._connections):
                if target in {"all", "ws", connection.as_request.channel}:
                    connection.end(how)
                    dropped += 1
        if target in {"all", "rest"}:
            for request in self._rest:
                reset(request)
                dropped += 1
            self._rest = []
        return dropped

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Reset the request while the network is cut; else remember whom it came through."""
        transport = request.transport
        if transport is None:
            return web.Response()
        if self.refused_for_s > 0:
            reset(request)
            return web.Response()
        if request.path.startswith("/0/"):
            self._rest = [
                known
                for known in self._rest
                if known.transport is not None
                and known.transport is not transport
                and not known.transport.is_closing()
            ]
            self._rest.append(request)
        return await handler(request)
