"""How does a REST request come in and its answer go out, or get lost?"""

import asyncio
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from s1mpletrader.simulator import refusal, rest_public, rest_reads, wire
from s1mpletrader.simulator.actions import Actions
from s1mpletrader.simulator.auth import (
    CLOSE,
    MODIFY,
    QUERY_CLOSED,
    QUERY_FUNDS,
    QUERY_LEDGER,
    QUERY_OPEN,
    WS_TOKEN,
    ApiKey,
    Doorkeeper,
)
from s1mpletrader.simulator.commands import UseNonce
from s1mpletrader.simulator.connection import reset
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.fault_specs import How
from s1mpletrader.simulator.faults import Faults, Request, asked_for
from s1mpletrader.simulator.passage import Lost, Passage
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.rest_orders import RestOrders
from s1mpletrader.simulator.visibility import Visibility

BODY_MAX = 64 * 1024
FIELDS_MAX = 200
SILENT_MAX_S = 120.0
"""How long an answer that never comes keeps its connection."""
EDGE_PAGE = "<html><head><title>cloudflare</title></head><body>cloudflare</body></html>"
PERMISSIONS = {
    "Balance": QUERY_FUNDS,
    "BalanceEx": QUERY_FUNDS,
    "TradeBalance": QUERY_FUNDS,
    "TradeVolume": QUERY_FUNDS,
    "OpenOrders": QUERY_OPEN,
    "OpenPositions": QUERY_OPEN,
    "QueryOrders": QUERY_OPEN,
    "ClosedOrders": QUERY_CLOSED,
    "TradesHistory": QUERY_CLOSED,
    "QueryTrades": QUERY_CLOSED,
    "Ledgers": QUERY_LEDGER,
    "QueryLedgers": QUERY_LEDGER,
    "GetApiKeyInfo": "",
    "GetWebSocketsToken": WS_TOKEN,
    "AddOrder": MODIFY,
    "AmendOrder": MODIFY,
    "EditOrder": MODIFY,
    "AddOrderBatch": MODIFY,
    "CancelOrderBatch": CLOSE,
    "CancelOrder": CLOSE,
    "CancelAll": CLOSE,
    "CancelAllOrdersAfter": CLOSE,
}
"""Every private call and what a key must be allowed to do for it."""


class RestApi:
    """`/0/public/*` and `/0/private/*`."""

    def __init__(
        self, desk: Desk, doorkeeper: Doorkeeper, faults: Faults, actions: Actions
    ) -> None:
        self._desk = desk
        self._orders = RestOrders(desk)
        self._doorkeeper = doorkeeper
        self._faults = faults
        self._actions = actions

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of both halves."""
        return [
            web.get("/0/public/{method}", self.public),
            web.post("/0/public/{method}", self.public),
            web.post("/0/private/{method}", self.private),
        ]

    async def public(self, request: web.Request) -> web.StreamResponse:
        """Answer a public call."""
        method = request.match_info["method"]
        body = await request.read()
        way = Passage(self._faults, self._actions, Request("rest", method))
        exchange = self._desk.exchange

        async def answer() -> Any:
            params = dict(request.query) | _parameters(request, body)
            way.refuse()
            return await exchange.ask(
                lambda: rest_public.answer(exchange.venue, method, params, exchange.now_us())
            )

        return await self._travel(request, way, answer)

    async def private(self, request: web.Request) -> web.StreamResponse:
        """Verify, count and answer a private call."""
        method, body = request.match_info["method"], await request.read()
        key = self._doorkeeper.keys.get(request.headers.get("API-Key", ""))
        account = "" if key is None else key.account
        asked = asked_for("rest", method, account, _if_readable(request, body))
        way = Passage(self._faults, self._actions, asked)

        async def answer() -> Any:
            params = _parameters(request, body)
            asking = self._doorkeeper.verify(
                request.headers.get("API-Key", ""),
                request.headers.get("API-Sign", ""),
                request.path,
                str(params.get("nonce", "")),
                body,
            )
            await self._admit(asking, way, params)
            return await self._answer(asking, way, params)

        return await self._travel(request, way, answer)

    async def _travel(
        self, request: web.Request, way: Passage, answer: Callable[[], Awaitable[Any]]
    ) -> web.StreamResponse:
        """Let a request arrive, be answered, and its answer leave; any of it may get lost."""
        try:
            await way.arrive()
            try:
                response = _success(wire.encode(await answer()))
            except Refused as refused:
                response = _error(refused)
            held = way.hold()
            if held is not None:
                await way.held(held)
            await way.depart()
        except Lost as lost:
            return await _end(request, lost.how)
        return response

    async def _admit(self, key: ApiKey, way: Passage, params: Mapping[str, Any]) -> None:
        """Use the nonce up, then see whether the call may be made at all."""
        nonce, method = int(params["nonce"]), way.asked.method
        await self._desk.exchange.perform(lambda at_us: UseNonce(at_us, key.key, nonce))
        if method not in PERMISSIONS:
            raise Refused(refusal.UNKNOWN_METHOD)
        key.require(PERMISSIONS[method])
        self._desk.limits.charge_rest(key.key, method, self._desk.exchange.now_us())
        way.refuse()

    async def _answer(self, key: ApiKey, way: Passage, params: Mapping[str, Any]) -> Any:
        if way.asked.method in self._orders.calls:
            return await self._orders.calls[way.asked.method](key, way, params)
        if way.asked.method == "GetWebSocketsToken":
            token = self._doorkeeper.issue_token(key, self._desk.exchange.now_us())
            return {"token": token, "expires": self._doorkeeper.token_life_s}
        return await self._read(key, way, params)

    async def _read(self, key: ApiKey, way: Passage, params: Mapping[str, Any]) -> Any:
        exchange, rows = self._desk.exchange, way.page_rows()

        def look() -> Any:
            lists = Visibility(self._faults, exchange.now_us())
            asking = rest_reads.Asking(key, exchange.now_us(), lists, rows)
            return rest_reads.answer(exchange.venue, asking, way.asked.method, params)

        return await exchange.ask(look)


async def _end(request: web.Request, how: How) -> web.StreamResponse:
    """Answer like the edge, or end the connection without an answer."""
    status, _, number = how.partition("_")
    if status == "http":
        return web.Response(status=int(number), text=EDGE_PAGE, content_type="text/html")
    if how == "silent":
        await asyncio.sleep(SILENT_MAX_S)
    if how in {"close_1001", "close_1006"} and request.transport is not None:
        request.transport.close()
    else:
        reset(request)
    return web.Response()


def _if_readable(request: web.Request, body: bytes) -> dict[str, Any]:
    try:
        return _parameters(request, body)
    except Refused:
        return {}


def _parameters(request: web.Request, body: bytes) -> dict[str, Any]:
    return parameters(request.headers.get("Content-Type", ""), body)


def parameters(content_type: str, body: bytes) -> dict[str, Any]:
    """Return what a body asks for, as a form or as JSON; raises `Refused`."""
    if "json" in content_type:
        return wire.decode(body) if body else {}
    try:
        pairs = urllib.parse.parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX
        )
        return dict(pairs)
    except ValueError:
        raise Refused(refusal.INVALID_ARGUMENTS) from None


def _success(result: bytes) -> web.Response:
    return _json(b'{"error":[],"result":' + result + b"}")


def _error(refused: Refused) -> web.Response:
    return _json(wire.encode({"error": [refused.code]}))


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", charset="utf-8")
