"""What does an unkind exchange do to a client?

A small Kraken of our own: it checks signature and nonce, keeps one book of orders and trades, and
misbehaves on demand. It knows nothing of the connector's code.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

KEY = "test-key"
SECRET = base64.b64encode(b"a secret of the tests").decode()
TOKEN = "test-token"
Answer = Callable[[dict[str, str]], Awaitable[web.StreamResponse]]

ASSETS = {"XXBT": {"altname": "XBT"}, "ZUSD": {"altname": "USD"}, "SOL": {"altname": "SOL"}}
PAIRS = {
    "XXBTZUSD": {
        "altname": "XBTUSD",
        "wsname": "XBT/USD",
        "base": "XXBT",
        "quote": "ZUSD",
        "pair_decimals": 1,
        "lot_decimals": 8,
        "cost_decimals": 5,
        "tick_size": "0.1",
        "ordermin": "0.00005",
        "costmin": "0.5",
        "fees": [[0, 0.4], [10000, 0.35]],
    },
    "SOLUSD": {
        "altname": "SOLUSD",
        "wsname": "SOL/USD",
        "base": "SOL",
        "quote": "ZUSD",
        "pair_decimals": 2,
        "lot_decimals": 8,
        "ordermin": "0.02",
        "costmin": "0.5",
        "fees": [],
    },
    "DARK.d": {
        "altname": "DARK.d",
        "base": "XXBT",
        "quote": "ZUSD",
        "pair_decimals": 1,
        "lot_decimals": 8,
    },
}

PERMISSIONS = [
    "query-funds",
    "query-open-trades",
    "query-closed-trades",
    "query-ledger",
    "modify-trades",
    "close-trades",
    "create-ws-token",
]
ANSWERS: dict[str, Any] = {
    "AddOrder": {"descr": {"order": ""}, "txid": ["OREST-00000-000000"]},
    "GetApiKeyInfo": {"permissions": PERMISSIONS},
    "TradeVolume": {
        "fees": {"XXBTZUSD": {"fee": "0.3500"}},
        "fees_maker": {"XXBTZUSD": {"fee": "0.2000"}},
    },
}


def stamp(at: float | None = None) -> str:
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def order_row(**over: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "status": "open",
        "opentm": time.time(),
        "descr": {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "30000.0"},
        "vol": "0.01000000",
        "vol_exec": "0.00000000",
    }
    return row | over


def trade_row(txid: str, **over: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ordertxid": txid,
        "pair": "XXBTZUSD",
        "time": time.time(),
        "type": "buy",
        "price": "30000.0",
        "cost": "300.00000",
        "fee": "1.20000",
        "vol": "0.01000000",
    }
    return row | over


def public_trade(trade_id: int, price: str = "30000.1") -> str:
    return (
        f'{{"symbol":"BTC/USD","side":"buy","price":{price},"qty":0.10000000,'
        f'"ord_type":"market","trade_id":{trade_id},"timestamp":"{stamp()}"}}'
    )


def trades_frame(*trade_ids: int, kind: str = "update") -> str:
    rows = ",".join(public_trade(each) for each in trade_ids)
    return f'{{"channel":"trade","type":"{kind}","data":[{rows}]}}'


@dataclass
class FakeKraken:
    """The exchange; change its fields while it runs."""

    heartbeat_s: float = 0.05
    open: dict[str, Any] = field(default_factory=dict)
    closed: dict[str, Any] = field(default_factory=dict)
    trades: dict[str, Any] = field(default_factory=dict)
    ledger: dict[str, Any] = field(default_factory=dict)
    balances: dict[str, Any] = field(default_factory=dict)
    public_trades: list[list[Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    nonces: list[int] = field(default_factory=list)
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    """Per REST call: answers to give first, instead of the right one."""
    received: list[dict[str, Any]] = field(default_factory=list)
    """Requests on the private WebSocket."""
    on_request: Callable[[web.WebSocketResponse, dict[str, Any]], Awaitable[bool]] | None = None
    """Handles a private request instead of the fake; False lets the fake do it."""
    is_stalled: bool = False
    """Sockets stay open and pings are answered, but nothing else is said."""
    is_mute: bool = False
    """Heartbeats come and requests are answered, but no event and no trade is sent."""
    pairs: dict[str, Any] = field(default_factory=lambda: PAIRS)
    answers: dict[str, Any] = field(default_factory=lambda: dict(ANSWERS))
    """Per private call: a result that never changes."""
    token: str = TOKEN
    token_life_s: int = 900
    refuse_sockets: bool = False
    sockets: dict[str, list[web.WebSocketResponse]] = field(default_factory=dict)
    pings: dict[str, int] = field(default_factory=dict)
    sequence: int = 0
    snapshot: list[dict[str, Any]] = field(default_factory=list)
    trade_snapshot: tuple[int, ...] = ()
    port: int = 0
    tls: ssl.SSLContext | None = None
    _thawed: asyncio.Event | None = None

    @property
    def base(self) -> str:
        return f"127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["FakeKraken"]:
        app = web.Application()
        app.router.add_get("/0/public/{call}", self._public)
        app.router.add_post("/0/private/{call}", self._private)
        app.router.add_get("/{side}/v2", self._socket)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self.tls)
        await site.start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def push(self, side: str, text: str) -> None:
        for socket in self.sockets.get(side, []):
            if not socket.closed:
                await socket.send_str(text)

    async def push_report(self, *reports: dict[str, Any], skip: int = 0) -> None:
        self.sequence += 1 + skip
        await self.push("private", self.executions(reports, self.sequence))

    @staticmethod
    def executions(reports: Any, sequence: int, kind: str = "update") -> str:
        text = json.dumps(
            {"channel": "executions", "type": kind, "data": list(reports), "sequence": sequence}
        )
        # numbers with trailing zeros, as the real ones have
        return re.sub(r'"#([0-9.]+)"', r"\1", text)

    def freeze(self) -> asyncio.Event:
        """Answer nothing and say nothing, on sockets open and new, until the event is set."""
        self._thawed = asyncio.Event()
        return self._thawed

    async def drop(self, side: str) -> None:
        for socket in self.sockets.pop(side, []):
            await socket.close(code=1001, message=b"restarting")

    async def _public(self, request: web.Request) -> web.StreamResponse:
        call, query = request.match_info["call"], dict(request.query)
        self.calls.append((call, query))
        fault = self._next_fault(call)
        if fault:
            return await fault(query)
        match call:
            case "Time":
                return _result({"unixtime": int(time.time()), "rfc1123": ""})
            case "SystemStatus":
                return _result({"status": "online", "timestamp": stamp()})
            case "Assets":
                return _result(ASSETS)
            case "AssetPairs":
                return _result(self.pairs)
            case "Trades":
                since = int(query.get("since", "0"))
                rows = [row for row in self.public_trades if int(row[2] * 10**9) > since][:1000]
                rows = rows[-int(query.get("count", "1000")) :]
                last = str(int(rows[-1][2] * 10**9)) if rows else str(since)
                return _result({query["pair"]: rows, "last": last})
            case _:
                return _error("EGeneral:Unknown method")

    async def _private(self, request: web.Request) -> web.StreamResponse:
        call, body = request.match_info["call"], await request.read()
        params = dict(parse_qsl(body.decode()))
        self.calls.append((call, params))
        nonce = int(params["nonce"])
        digest = hashlib.sha256(params["nonce"].encode() + body).digest()
        signed = hmac.new(
            base64.b64decode(SECRET), request.path.encode() + digest, hashlib.sha512
        ).digest()
        if request.headers["API-Sign"] != base64.b64encode(signed).decode():
            return _error("EAPI:Invalid signature")
        if self.nonces and nonce <= self.nonces[-1]:
            return _error("EAPI:Invalid nonce")
        self.nonces.append(nonce)
        fault = self._next_fault(call)
        if fault:
            return await fault(params)
        if call in self.answers:
            return _result(self.answers[call])
        return _result(self._read(call, params))

    def _read(self, call: str, params: dict[str, str]) -> Any:
        match call:
            case "GetWebSocketsToken":
                return {"token": self.token, "expires": self.token_life_s}
            case "OpenOrders":
                wanted = params.get("cl_ord_id")
                rows = self.open.items()
                return {"open": {k: v for k, v in rows if wanted in {None, v.get("cl_ord_id")}}}
            case "ClosedOrders":
                return self._page("closed", self.closed, params)
            case "TradesHistory":
                return self._page("trades", self.trades, params)
            case "Ledgers":
                return self._page("ledger", self.ledger, params)
            case "BalanceEx":
                return self.balances
            case "QueryOrders":
                both = self.open | self.closed
                return {txid: both[txid] for txid in params["txid"].split(",") if txid in both}
            case "QueryTrades":
                return {k: self.trades[k] for k in params["txid"].split(",") if k in self.trades}
            case _:
                raise AssertionError(call)

    @staticmethod
    def _page(key: str, rows: dict[str, Any], params: dict[str, str]) -> dict[str, Any]:
        newest_first = list(reversed(rows.items()))
        begin = int(params.get("ofs", "0"))
        return {key: dict(newest_first[begin : begin + 50]), "count": len(rows)}

    def _next_fault(self, call: str) -> Answer | None:
        waiting = self.faults.get(call)
        return waiting.pop(0) if waiting else None

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_sockets:
            return web.Response(status=503)
        side = request.match_info["side"]
        await self._wait_while_frozen()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.setdefault(side, []).append(socket)
        await socket.send_str(
            '{"channel":"status","type":"update","data":[{"api_version":"v2",'
            '"connection_id":12345678901234567890,"system":"online","version":"2.0.10"}]}'
        )
        is_subscribed = False
        while not socket.closed:
            await self._wait_while_frozen()
            try:
                message = await socket.receive(timeout=self.heartbeat_s)
            except TimeoutError:
                if is_subscribed and not self.is_stalled:
                    await socket.send_str('{"channel":"heartbeat"}')
                continue
            if message.type is not web.WSMsgType.TEXT:
                break
            asked = json.loads(message.data)
            is_subscribed |= asked["method"] == "subscribe"
            await self._answer(socket, side, asked)
        return socket

    async def _wait_while_frozen(self) -> None:
        if self._thawed is not None:
            await self._thawed.wait()

    async def _answer(
        self, socket: web.WebSocketResponse, side: str, asked: dict[str, Any]
    ) -> None:
        if asked["method"] == "ping":
            self.pings[side] = self.pings.get(side, 0) + 1
            await socket.send_str(json.dumps(reply(asked, method="pong")))
            return
        if side == "private":
            self.received.append(asked)
            if self.on_request and await self.on_request(socket, asked):
                return
        if asked["method"] != "subscribe":
            done = self._done(asked)
            await socket.send_str(json.dumps(reply(asked, result=done)))
            if asked["method"] == "add_order" and not self.is_mute:
                row = {"order_id": done["order_id"], "exec_type": "new", "order_status": "new"}
                await self.push_report(row | {"timestamp": stamp()})
        elif side == "private":
            await socket.send_str(json.dumps(reply(asked, result={"channel": "executions"})))
            self.sequence = 1
            await socket.send_str(self.executions(self.snapshot, 1, "snapshot"))
        else:
            for symbol in asked["params"]["symbol"]:
                result = {"channel": "trade", "symbol": symbol, "snapshot": True}
                await socket.send_str(json.dumps(reply(asked, result=result)))
            if self.trade_snapshot:
                await socket.send_str(trades_frame(*self.trade_snapshot, kind="snapshot"))

    def _done(self, asked: dict[str, Any]) -> dict[str, Any]:
        match asked["method"]:
            case "add_order":
                txid = f"OAAAAA-BBBBB-{len(self.received):06}"
                return {"order_id": txid, "cl_ord_id": asked["params"]["cl_ord_id"]}
            case "amend_order":
                return {"amend_id": "TAMEND", "order_id": asked["params"]["order_id"]}
            case _:
                return {"order_id": "OAAAAA-BBBBB-CCCCCC"}


def reply(asked: dict[str, Any], **over: Any) -> dict[str, Any]:
    now = stamp()
    answer = {"method": asked["method"], "req_id": asked["req_id"], "success": True}
    return answer | {"time_in": now, "time_out": now} | over


def refusal(asked: dict[str, Any], error: str) -> str:
    return json.dumps(reply(asked, success=False, error=error))


def _result(result: Any) -> web.Response:
    return web.json_response({"error": [], "result": result})


def _error(text: str) -> web.Response:
    return web.json_response({"error": [text]})


def failing(text: str) -> Answer:
    """Answer with the exchange's error, status 200."""

    async def answer(params: dict[str, str]) -> web.StreamResponse:
        del params
        return _error(text)

    return answer


def page(status: int, body: str = "<html>bad gateway</html>") -> Answer:
    """Answer like an edge server."""

    async def answer(params: dict[str, str]) -> web.StreamResponse:
        del params
        return web.Response(status=status, text=body, content_type="text/html")

    return answer


def silence(for_s: float) -> Answer:
    """Answer too late."""

    async def answer(params: dict[str, str]) -> web.StreamResponse:
        del params
        await asyncio.sleep(for_s)
        return _error("EGeneral:too late to matter")

    return answer
