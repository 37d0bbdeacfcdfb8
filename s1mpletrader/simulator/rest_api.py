"""How does a REST request come in and its answer go out, or get lost?"""

import asyncio
import urllib.parse
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from s1mpletrader.simulator import refusal, requests, rest_public, rest_reads, wire
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
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.faults import Faults, Request
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.rest_rows import description

BODY_MAX = 64 * 1024
SILENT_MAX_S = 120.0
"""How long an answer that never comes keeps its connection."""
TOKEN_LIFE_S = 900
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"
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
    "CancelOrder": CLOSE,
    "CancelAll": CLOSE,
    "CancelAllOrdersAfter": CLOSE,
}
"""Every private call and what a key must be allowed to do for it."""


class RestApi:
    """`/0/public/*` and `/0/private/*`."""

    def __init__(self, desk: Desk, doorkeeper: Doorkeeper, faults: Faults) -> None:
        self._desk = desk
        self._doorkeeper = doorkeeper
        self._faults = faults

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
        asked = Request("rest", method)
        body = await request.read()
        await self._faults.delay(asked)
        exchange = self._desk.exchange
        try:
            params = dict(request.query) | _parameters(request, body)
            self._faults.reject(asked)
            result = await exchange.ask(
                lambda: wire.encode(
                    rest_public.answer(exchange.venue, method, params, exchange.now_us())
                )
            )
        except Refused as refused:
            return await self._leave(request, asked, _error(refused))
        return await self._leave(request, asked, _success(result))

    async def private(self, request: web.Request) -> web.StreamResponse:
        """Verify, count and answer a private call."""
        method, body = request.match_info["method"], await request.read()
        asked = Request("rest", method)
        await self._faults.delay(asked)
        try:
            params = _parameters(request, body)
            key = self._doorkeeper.verify(
                request.headers.get("API-Key", ""),
                request.headers.get("API-Sign", ""),
                request.path,
                str(params.get("nonce", "")),
                body,
            )
            asked = Request("rest", method, key.account)
            await self._admit(key, asked, params)
            result = wire.encode(await self._answer(key, method, params))
        except Refused as refused:
            return await self._leave(request, asked, _error(refused))
        return await self._leave(request, asked, _success(result))

    async def _admit(self, key: ApiKey, asked: Request, params: Mapping[str, Any]) -> None:
        """Use the nonce up, then see whether the call may be made at all."""
        nonce = int(params["nonce"])
        await self._desk.exchange.perform(lambda at_us: UseNonce(at_us, key.key, nonce))
        if asked.method not in PERMISSIONS:
            raise Refused(refusal.UNKNOWN_METHOD)
        key.require(PERMISSIONS[asked.method])
        self._desk.limits.charge_rest(key.key, asked.method, self._desk.exchange.now_us())
        self._faults.reject(asked)

    async def _answer(self, key: ApiKey, method: str, params: Mapping[str, Any]) -> Any:
        match method:
            case "AddOrder":
                return await self._add_order(key, params)
            case "AmendOrder":
                return {"amend_id": await self._desk.amend(key, params)}
            case "CancelOrder":
                txid, client_id = params.get("txid"), params.get("cl_ord_id")
                if bool(txid) == bool(client_id):
                    raise Refused(refusal.INVALID_ARGUMENTS)
                found = await self._desk.cancel(key, txid=txid or None, client_id=client_id or None)
                return {"count": len(found)}
            case "CancelAll":
                return {"count": await self._desk.cancel_all(key)}
            case "CancelAllOrdersAfter":
                now, fires = await self._desk.arm_dead_man(key, params)
                return {
                    "currentTime": wire.rfc3339_seconds(now),
                    "triggerTime": "0" if fires is None else wire.rfc3339_seconds(fires),
                }
            case "GetWebSocketsToken":
                now = self._desk.exchange.now_us()
                token = self._doorkeeper.issue_token(key, now)
                return {"token": token, "expires": TOKEN_LIFE_S}
            case _:
                return await self._read(key, method, params)

    async def _add_order(self, key: ApiKey, params: Mapping[str, Any]) -> Any:
        order = await self._desk.place(key, params, requests.rest_draft)
        answer: dict[str, Any] = {"descr": {"order": description(order)}}
        if order.txid:
            answer["txid"] = [order.txid]
        return answer

    async def _read(self, key: ApiKey, method: str, params: Mapping[str, Any]) -> Any:
        exchange, lags = self._desk.exchange, self._faults.lags_us()

        def look() -> Any:
            asking = rest_reads.Asking(key, exchange.now_us(), lags)
            return rest_reads.answer(exchange.venue, asking, method, params)

        return await exchange.ask(look)

    async def _leave(
        self, request: web.Request, asked: Request, response: web.Response
    ) -> web.StreamResponse:
        """Send the answer, unless a fault holds it back or loses it."""
        held = self._faults.take("hold_answers", asked)
        if held is not None:
            held.holding += 1
            await held.released.wait()
            held.holding -= 1
        lost = self._faults.take("answer_lost", asked)
        if lost is None:
            return response
        if lost.spec.how == "http_502":
            return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")
        if lost.spec.how == "silent":
            await asyncio.sleep(SILENT_MAX_S)
        if request.transport is not None:
            request.transport.abort()
        return response


def _parameters(request: web.Request, body: bytes) -> dict[str, Any]:
    if "json" in request.headers.get("Content-Type", ""):
        return wire.decode(body) if body else {}
    try:
        return dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:
        raise Refused(refusal.INVALID_ARGUMENTS) from None


def _success(result: bytes) -> web.Response:
    return _json(b'{"error":[],"result":' + result + b"}")


def _error(refused: Refused) -> web.Response:
    return _json(wire.encode({"error": [refused.code]}))


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", charset="utf-8")
