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
from s1mpletrader.simulator.actions import Actions
from s1mpletrader.simulator.auth import QUERY_FUNDS, QUERY_OPEN, ApiKey, Doorkeeper
from s1mpletrader.simulator.connection import Connection
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.faults import Faults, Request, asked_for
from s1mpletrader.simulator.passage import Lost, Passage
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.subscriptions import PRIVATE, DeadChannel, chosen
from s1mpletrader.simulator.values import Event
from s1mpletrader.simulator.ws_orders import PERMISSIONS, Reply, Result, WsOrders

MESSAGE_MAX = 64 * 1024
IN_FLIGHT_MAX = 1_000
SYMBOLS_MAX = 100
REQ_ID_MAX = 2**63
WRONG_ENDPOINT = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
CLOSE_REPLY_MAX_S = 1.0
"""How long a closed connection may take to say goodbye."""


class WsApi:
    """`/public/v2` and `/private/v2`."""

    def __init__(
        self,
        desk: Desk,
        doorkeeper: Doorkeeper,
        faults: Faults,
        actions: Actions,
        connections: set[Connection],
        tasks: asyncio.TaskGroup,
        idle_max_s: float = 0.0,
    ) -> None:
        self._idle_max_s = idle_max_s
        self._connections = connections
        self._desk = desk
        self._orders = WsOrders(desk)
        self._doorkeeper = doorkeeper
        self._faults = faults
        self._actions = actions
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
        for connection in list(self._connections):
            connection.hear(self._desk.exchange.venue, events)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if not self._desk.limits.count_connect(self._desk.exchange.now_us()):
            return web.Response(status=429, text="too many connections")
        socket = web.WebSocketResponse(
            autoping=False, max_msg_size=MESSAGE_MAX, timeout=CLOSE_REPLY_MAX_S
        )
        await socket.prepare(request)
        self._opened += 1
        connection = Connection(socket, request, self._opened, self._faults)
        connection.send_status(self._desk.exchange.venue)
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as tasks:
                pump = tasks.create_task(connection.pump())
                connection.reading = tasks.create_task(self._read(connection, socket))
                closing = tasks.create_task(self._close_idle(connection))
                await asyncio.wait({connection.reading})
                closing.cancel()
                if connection.is_leaving:
                    await connection.say_goodbye()
                pump.cancel()
        finally:
            self._connections.discard(connection)
        return socket

    async def _close_idle(self, connection: Connection) -> None:
        """End a connection that never subscribed to anything, if that is the rule."""
        if self._idle_max_s:
            await asyncio.sleep(self._idle_max_s)
            if not connection.subscriptions:
                connection.end("close_1001")

    async def _read(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.PING:
                await connection.answer_ping(message)
            elif message.type is WSMsgType.TEXT:
                self._receive(connection, message.data)

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
        check_req_id(message)
        account = self._account(connection, params)
        asked = asked_for(connection.as_request.channel, method, account, params)
        way = Passage(self._faults, self._actions, asked)
        try:
            await way.arrive()
            first = way.reply_first()
            if first is not None:
                connection.replies_first += 1
            try:
                await self._act_and_reply(connection, message, params, way, time_in)
                if first is not None:
                    await asyncio.sleep(first.spec.delay_s)
            finally:
                if first is not None:
                    connection.reply_has_left()
        except Lost as lost:
            connection.end(lost.how)

    async def _act_and_reply(
        self,
        connection: Connection,
        message: dict[str, Any],
        params: dict[str, Any],
        way: Passage,
        time_in: Micros,
    ) -> None:
        held = way.hold()
        if held is not None and held.spec.events:
            connection.held.clear()
        replies: list[Reply] = []
        try:
            way.refuse()
            replies = await self._perform(connection, message, params, way, time_in)
        except Refused as refused:
            replies = [(None, refused.code)]
        finally:
            if held is not None:
                await way.held(held)
                connection.held.set()
        await way.depart()
        for result, error in replies:
            self._reply(connection, message, time_in, result, error)

    async def _perform(
        self,
        connection: Connection,
        message: dict[str, Any],
        params: dict[str, Any],
        way: Passage,
        time_in: Micros,
    ) -> list[Reply]:
        """Return the replies that are still to be given: a subscription has given its own."""
        match way.asked.method:
            case "ping":
                return [({}, "")]
            case "subscribe":
                await self._subscribe(connection, message, params, time_in)
                return []
            case "unsubscribe":
                return [(self._unsubscribe(connection, params), "")]
            case method if method in PERMISSIONS:
                key = self._trader(connection, params, PERMISSIONS[method])
                return await self._orders.perform(key, way, params)
            case _:
                raise Refused(refusal.UNKNOWN_METHOD)

    def _account(self, connection: Connection, params: dict[str, Any]) -> str:
        """Return whose request this is, as far as the token tells before it is checked."""
        key = self._doorkeeper.owner(params.get("token"))
        return connection.account if key is None else key.account

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
            account = connection.account
            subscription, result = chosen(channel, params, name, account)
            if channel == "executions":
                result["maxratecount"] = int(self._desk.limits.tier.orders_max)
            subscribed = Request(connection.as_request.channel, channel, account)
            if self._faults.take("dead_subscription", subscribed) is not None:
                subscription = DeadChannel()
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
        result: Result | list[Result] | None,
        error: str,
    ) -> None:
        method = str(message.get("method", ""))
        reply: dict[str, Any] = {"method": "pong" if method == "ping" else method}
        if "req_id" in message:
            reply["req_id"] = message["req_id"]
        if method != "ping" or error:
            reply["success"] = not error
            reply |= {"error": error} if error else {"result": result}
        if method == "batch_cancel" and isinstance(result, dict):
            # the one method that states its result beside the envelope
            del reply["result"]
            reply |= result
        reply["time_in"] = wire.rfc3339(time_in)
        reply["time_out"] = wire.rfc3339(self._desk.exchange.now_us())
        connection.send(reply, is_pong=method == "ping")


def check_req_id(message: dict[str, Any]) -> None:
    """Refuse a request number that is none: it could not be sent back."""
    req_id = message.get("req_id", 0)
    if not isinstance(req_id, int) or isinstance(req_id, bool) or abs(req_id) >= REQ_ID_MAX:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:req_id")
