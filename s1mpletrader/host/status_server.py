"""How does a monitoring system ask whether the engine is well?

HTTP on loopback without login, therefore without money and without commands (SAFETY X): /livez,
/readyz, /healthz, /metrics. What they say is decided in `core.health`.
"""

import errno
import ipaddress
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from s1mpletrader.core.health import Beats, Check, Verdict, verdict
from s1mpletrader.errors import ConfigurationError, Locked
from s1mpletrader.model.base import SECOND
from s1mpletrader.ports import Clock

CLOSE_WAIT_S = 1.0
HEALTHY = 200
UNHEALTHY = 503


class HealthSource(Protocol):
    """Who knows how the engine is."""

    def beats(self) -> Beats:
        """Return what the parts last told of themselves."""
        ...


class StatusServer:
    """Serves one engine's health; port 0 takes a free one, see `port` after `start`."""

    def __init__(
        self,
        source: HealthSource,
        clock: Clock,
        registry: CollectorRegistry,
        *,
        host: str = "127.0.0.1",
        port: int = 8480,
    ) -> None:
        self._source = source
        self._clock = clock
        self._registry = registry
        self._host = host
        self._runner: web.AppRunner | None = None
        self.port = port

    async def start(self) -> None:
        """Listen; raises `ConfigurationError` beyond loopback, `Locked` if the port is taken."""
        require_loopback(self._host)
        app = web.Application(client_max_size=1024)
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_WAIT_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self.port).start()
        except OSError as error:
            await self.close()
            if error.errno != errno.EADDRINUSE:
                raise
            text = f"port {self.port} on {self._host} is taken"
            raise Locked(text, hint="stop the other program, or configure another port") from error
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _judge(self) -> tuple[Verdict, Beats]:
        beats = self._source.beats()
        return verdict(beats, self._clock.monotonic_us()), beats

    async def _livez(self, request: web.Request) -> web.Response:
        found, _ = self._judge()
        return _page(request, found.alive, is_ok=found.is_alive)

    async def _readyz(self, request: web.Request) -> web.Response:
        found, _ = self._judge()
        return _page(request, found.alive + found.ready, is_ok=found.is_ready)

    async def _healthz(self, _: web.Request) -> web.Response:
        found, beats = self._judge()
        tick_us = beats.health.last_tick_timestamp
        tick = None if tick_us is None else datetime.fromtimestamp(tick_us / SECOND, UTC)
        body = {
            "schema": "s1mpletrader.health/1",
            "status": found.status,
            "reasons": found.reasons,
            **msgspec.structs.asdict(beats.health),
            "last_tick_timestamp": tick,
            "up_s": (self._clock.monotonic_us() - beats.started_us) / SECOND,
        }
        status = HEALTHY if found.is_alive else UNHEALTHY
        raw = msgspec.json.encode(body)
        return web.Response(body=raw, status=status, content_type="application/json")

    async def _metrics(self, _: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def require_loopback(host: str) -> None:
    """Raise `ConfigurationError` for an address that others can reach."""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        text = f"the status pages would listen on {host}, which is no loopback address"
        raise ConfigurationError(text, hint="use 127.0.0.1 and a tunnel, e.g. ssh -L")


def _page(request: web.Request, checks: tuple[Check, ...], *, is_ok: bool) -> web.Response:
    lines = ["ok" if is_ok else "not ok"]
    if "verbose" in request.query or not is_ok:
        lines += [f"[{'+' if each.is_ok else '-'}]{each.name} {each.detail}" for each in checks]
    return web.Response(text="\n".join(lines) + "\n", status=HEALTHY if is_ok else UNHEALTHY)
