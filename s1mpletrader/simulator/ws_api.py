"""How does a WebSocket message come in and its reply go out, or get lost?

A request in flight belongs to the server, not to its connection: a client that dies after
sending has still sent.
"""

import asyncio
import functools
from collections.abc import Sequence
from typing import Any

from aiohttp import WSMsgType, web

from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import refusal, requests, wire
from s1mpletrader.simulator.auth import CLOSE, MODIFY, QUERY_FUNDS, QUERY_OPEN, ApiKey, Doorkeeper
from s1mpletrader.simulator.connection import Connection
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.faults import Fault, Faults, Request
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.subscriptions import PRIVATE, chosen
from s1mpletrader.simulator.values import Event, Order

MESSAGE_MAX = 64 * 1024
IN_FLIGHT_MAX = 1_000
CANCELS_MAX = 50
SYMBOLS_MAX = 100
WRONG_ENDPOINT = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
Result = dict[str, Any]


class WsApi:
    """`/public/v2` and `/private/v2`."""

    def __init__(
        self, desk: Desk, doorkeeper: Doorkeeper, faults: Faults, tasks: asyncio.TaskGroup
    ) -> None:
        self.connections: set[Connection] = set()
        self._desk = desk
        self._doorkeeper = doorkeeper
        self._faults = faults
        self._tasks = tasks
        self._opened = 0
        self._in_flight = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of both endpoints."""
        return [
            web.get("/public/v2", self.serve),
            web.get("/private/v2", self.serve),
        ]

    def publish(self, events: Sequence[Event]) -> None:
        """Tell every connection what it has subscribed to."""
        for connection in list(self.connections):
            connection.hear(self._desk.exchange.venue, events)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse(autoping=False, max_msg_size=MESSAGE_MAX)
        await socket.prepare(request)
        self._opened += 1
        connection = Connection(socket, request, self._opened, self._faults)
        connection.send_status(self._desk.exchange.venue)
        self.connections.add(connection)
        try:
            async with asyncio.TaskGroup() as tasks:
                pump = tasks.create_task(connection.pump())
                async for message in socket:
                    if message.type is WSMsgType.PING:
                        await connection.answer_ping(message)
                    elif message.type is WSMsgType.TEXT:
                        self._receive(connection, message.data)
                pump.cancel()
        finally:
            self.connections.discard(connection)
        return socket

    def _receive(self, connection: Connection, text: str) -> None:
        if self._in_flight >= IN_FLIGHT_MAX:
            connection.send({"error": "Exceeded msg rate"})
            return
        self._in_flight += 1
        self._tasks.create_task(self._handle(connection, text, self._desk.exchange.now_us()))

    async def _handle(self, connection: Connection, text: str, time_in: Micros) -> None:
        try:
            await self._answer(connection, wire.decode(text), time_in)
        except Refused as refused:
            connection.send({"error": refused.code})
        finally:
            self._in_flight -= 1

    async def _answer(
        self, connection: Connection, message: dict[str, Any], time_in: Micros
    ) -> None:
        method, params = str(message.get("method", "")), wire.mapping(message, "params")
        account = connection.key.account if connection.key else ""
        asked = Request(connection.as_request.channel, method, account)
        await self._faults.delay(asked)
        held = self._hold(connection, asked)
        results: list[tuple[Result | None, str]] = []
        try:
            self._faults.reject(asked)
            if method == "subscribe":
                await self._subscribe(connection, message, params, time_in)
                return
            results = await self._perform(connection, method, params)
        except Refused as refused:
            results = [(None, refused.code)]
        finally:
            if held is not None:
                await self._wait_released(connection, held)
        if await self._is_lost(connection, asked):
            return
        for result, error in results:
            self._reply(connection, message, time_in, result, error)

    async def _perform(
        self, connection: Connection, method: str, params: dict[str, Any]
    ) -> list[tuple[Result | None, str]]:
        match method:
            case "ping":
                return [({}, "")]
            case "unsubscribe":
                return [(self._unsubscribe(connection, params), "")]
            case "add_order":
                key = self._trader(connection, params, MODIFY)
                return [(_added(await self._desk.place(key, params, requests.ws_draft)), "")]
            case "amend_order":
                key = self._trader(connection, params, MODIFY)
                return [(_amended(await self._desk.amend(key, params), params), "")]
            case "cancel_order":
                key = self._trader(connection, params, CLOSE)
                return await self._cancel(key, params)
            case "cancel_all":
                key = self._trader(connection, params, CLOSE)
                return [({"count": await self._desk.cancel_all(key)}, "")]
            case "cancel_all_orders_after":
                key = self._trader(connection, params, CLOSE)
                now, fires = await self._desk.arm_dead_man(key, params)
                trigger = "0" if fires is None else wire.rfc3339(fires)
                return [({"currentTime": wire.rfc3339(now), "triggerTime": trigger}, "")]
            case _:
                raise Refused(refusal.UNKNOWN_METHOD)

    async def _cancel(self, key: ApiKey, params: dict[str, Any]) -> list[tuple[Result | None, str]]:
        """Cancel each of the ids; one reply for each."""
        kinds = [name for name in ("order_id", "cl_ord_id", "order_userref") if name in params]
        if len(kinds) != 1:
            raise Refused(refusal.INVALID_ARGUMENTS)
        kind = kinds[0]
        answers: list[tuple[Result | None, str]] = []
        for name in requests.texts(params[kind], kind, CANCELS_MAX):
            try:
                found = await self._desk.cancel(
                    key,
                    txid=name if kind == "order_id" else None,
                    client_id=name if kind == "cl_ord_id" else None,
                    userref=wire.parse_int(name, kind) if kind == "order_userref" else None,
                )
                answers.extend((_named(order), "") for order in found)
            except Refused as refused:
                answers.append((None, refused.code))
        return answers

    def _trader(self, connection: Connection, params: dict[str, Any], permission: str) -> ApiKey:
        if not connection.is_private:
            raise Refused(WRONG_ENDPOINT)
        key = self._doorkeeper.bearer(
            params.get("token"), self._desk.exchange.now_us(), in_use=connection.key is not None
        )
        key.require(permission)
        return key

    async def _subscribe(
        self,
        connection: Connection,
        message: dict[str, Any],
        params: dict[str, Any],
        time_in: Micros,
    ) -> None:
        """Answer and begin each of the wanted subscriptions at one point of the event order."""
        channel = str(params.get("channel", ""))
        if channel in PRIVATE:
            key = self._trader(
                connection, params, QUERY_OPEN if channel == "executions" else QUERY_FUNDS
            )
            connection.key = key
        symbols = params.get("symbol")
        names = requests.texts(symbols, "symbol", SYMBOLS_MAX) if symbols else [""]
        for name in names:
            begin = functools.partial(self._begin, connection, message, params, name, time_in)
            await self._desk.exchange.ask(begin)

    def _begin(
        self,
        connection: Connection,
        message: dict[str, Any],
        params: dict[str, Any],
        name: str,
        time_in: Micros,
    ) -> None:
        channel = str(params.get("channel", ""))
        try:
            if (channel, name) in connection.subscriptions:
                raise Refused("Already subscribed")  # noqa: TRY301 - one reply for every refusal
            account = connection.key.account if connection.key else ""
            subscription, result = chosen(channel, params, name, account)
        except Refused as refused:
            self._reply(connection, message, time_in, None, refused.code)
            return
        connection.subscriptions[channel, name] = subscription
        wants = params.get("snapshot", channel != "trade") is True
        self._reply(connection, message, time_in, result | {"snapshot": wants}, "")
        # The private snapshot is always sent: without it `sequence` would have no beginning.
        if wants or channel == "executions":
            for sent in subscription.snapshot(self._desk.exchange.venue):
                connection.send(sent)

    def _unsubscribe(self, connection: Connection, params: dict[str, Any]) -> Result:
        channel = str(params.get("channel", ""))
        symbols = params.get("symbol")
        names = requests.texts(symbols, "symbol", SYMBOLS_MAX) if symbols else [""]
        for name in names:
            if connection.subscriptions.pop((channel, name), None) is None:
                raise Refused("Subscription Not Found")
        return {"channel": channel}

    def _reply(
        self,
        connection: Connection,
        message: dict[str, Any],
        time_in: Micros,
        result: Result | None,
        error: str,
    ) -> None:
        method = str(message.get("method", ""))
        reply: dict[str, Any] = {"method": "pong" if method == "ping" else method}
        if "req_id" in message:
            reply["req_id"] = message["req_id"]
        if method != "ping" or error:
            reply["success"] = not error
            reply |= {"error": error} if error else {"result": result}
        reply["time_in"] = wire.rfc3339(time_in)
        reply["time_out"] = wire.rfc3339(self._desk.exchange.now_us())
        connection.send(reply, is_pong=method == "ping")

    def _hold(self, connection: Connection, asked: Request) -> Fault | None:
        fault = self._faults.take("hold_answers", asked)
        if fault is not None:
            fault.holding += 1
            if fault.spec.events:
                connection.held.clear()
        return fault

    async def _wait_released(self, connection: Connection, fault: Fault) -> None:
        await fault.released.wait()
        fault.holding -= 1
        connection.held.set()

    async def _is_lost(self, connection: Connection, asked: Request) -> bool:
        fault = self._faults.take("answer_lost", asked)
        if fault is None:
            return False
        if fault.spec.how != "silent":
            connection.abort()
        return True


def _named(order: Order) -> Result:
    result: Result = {"order_id": order.txid}
    if order.draft.client_id is not None:
        result["cl_ord_id"] = order.draft.client_id
    if order.draft.userref is not None:
        result["order_userref"] = order.draft.userref
    return result


def _added(order: Order) -> Result:
    """Return the result of add_order; one that was only validated has no id."""
    named = _named(order)
    if not order.txid:
        del named["order_id"]
    return named


def _amended(amend_id: str, params: dict[str, Any]) -> Result:
    result: Result = {"amend_id": amend_id}
    return result | {name: params[name] for name in ("order_id", "cl_ord_id") if name in params}
