"""How does a test or the demo steer the exchange and learn the truth?

JSON over an own Unix socket, never on the port of the clients. Schema: docs/simulator.md.
"""

from typing import Any, Literal

import msgspec
from aiohttp import web

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import Asset
from s1mpletrader.simulator import requests
from s1mpletrader.simulator.audit import audit
from s1mpletrader.simulator.auth import ApiKey, Doorkeeper
from s1mpletrader.simulator.commands import SetStatus, Transfer
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.exchange import SPEED_MAX
from s1mpletrader.simulator.faults import Fault, Faults, FaultSpec
from s1mpletrader.simulator.network import CUT_MAX_S, Network, Target
from s1mpletrader.simulator.pairs import ASSET_BY_NAME
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.wire import parse_decimal

STEP_MAX = 100_000


class SpeedBody(Value, frozen=True):
    """Market seconds per second."""

    speed: float


class StepBody(Value, frozen=True):
    """Trades to play now."""

    trades: int


class DropBody(Value, frozen=True):
    """Whose connections are reset."""

    target: Target = "all"


class CutBody(Value, frozen=True):
    """How long nobody gets in; `drop` also resets who is in."""

    for_s: float
    drop: bool = True


class TransferBody(Value, frozen=True):
    """A deposit (positive amount) or withdrawal (negative) by hand."""

    asset: str
    amount: str
    account: str = "main"


class OrderBody(Value, frozen=True):
    """An order by hand, on the exchange's own pages: `params` as add_order takes them."""

    params: dict[str, Any]
    account: str = "main"


class StatusBody(Value, frozen=True):
    """The exchange's own state."""

    status: Literal["online", "maintenance", "cancel_only", "post_only"]


class ControlApi:
    """`/v1/*` on the control socket."""

    def __init__(
        self, desk: Desk, doorkeeper: Doorkeeper, faults: Faults, network: Network
    ) -> None:
        self._desk = desk
        self._exchange = desk.exchange
        self._doorkeeper = doorkeeper
        self._faults = faults
        self._network = network

    def application(self) -> web.Application:
        """Return the application to serve on the control socket."""
        app = web.Application(middlewares=[_refusals])
        app.add_routes(
            [
                web.get("/v1/audit", self._audit),
                web.get("/v1/clock", self._clock),
                web.post("/v1/pause", self._pause),
                web.post("/v1/resume", self._resume),
                web.post("/v1/speed", self._speed),
                web.post("/v1/step", self._step),
                web.get("/v1/faults", self._list_faults),
                web.post("/v1/faults", self._add_fault),
                web.post("/v1/faults/{id}/release", self._release_fault),
                web.delete("/v1/faults/{id}", self._remove_fault),
                web.post("/v1/drop", self._drop),
                web.post("/v1/cut", self._cut),
                web.post("/v1/transfer", self._transfer),
                web.post("/v1/order", self._order),
                web.post("/v1/status", self._status),
                web.post("/v1/tokens/forget", self._forget_tokens),
            ]
        )
        return app

    async def _audit(self, request: web.Request) -> web.Response:
        name = request.query.get("account")
        return _json(await self._exchange.ask(lambda: audit(self._exchange.venue, name)))

    async def _clock(self, _request: web.Request) -> web.Response:
        venue, clock = self._exchange.venue, self._exchange.market_clock
        return _json(
            {
                "protocol_us": self._exchange.now_us(),
                "market_us": venue.market_us(),
                "speed": clock.speed,
                "running": clock.running,
                "played": dict(venue.played),
                "tape_ended": venue.tape_ended,
                "refused_for_s": self._network.refused_for_s,
            }
        )

    async def _pause(self, request: web.Request) -> web.Response:
        exchange = self._exchange
        exchange.market_clock = exchange.market_clock.paused(exchange.clock.monotonic_us())
        return await self._clock(request)

    async def _resume(self, request: web.Request) -> web.Response:
        exchange = self._exchange
        exchange.market_clock = exchange.market_clock.resumed(exchange.clock.monotonic_us())
        return await self._clock(request)

    async def _speed(self, request: web.Request) -> web.Response:
        body = await _body(request, SpeedBody)
        if not 0 < body.speed <= SPEED_MAX:
            raise ConfigurationError(f"a speed is above 0 and at most {SPEED_MAX}")
        exchange = self._exchange
        exchange.market_clock = exchange.market_clock.at_speed(
            body.speed, exchange.clock.monotonic_us()
        )
        return await self._clock(request)

    async def _step(self, request: web.Request) -> web.Response:
        body = await _body(request, StepBody)
        if not 1 <= body.trades <= STEP_MAX:
            raise ConfigurationError(f"a step is 1 to {STEP_MAX} trades")
        outcome = await self._exchange.step(body.trades)
        return _json({"played": outcome.count, "market_us": self._exchange.venue.market_us()})

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return _json({"faults": [_fault_row(fault) for fault in self._faults.all()]})

    async def _add_fault(self, request: web.Request) -> web.Response:
        return _json(_fault_row(self._faults.add(await _body(request, FaultSpec))))

    async def _release_fault(self, request: web.Request) -> web.Response:
        return _known(self._faults.release(_fault_id(request)))

    async def _remove_fault(self, request: web.Request) -> web.Response:
        return _known(self._faults.remove(_fault_id(request)))

    async def _drop(self, request: web.Request) -> web.Response:
        return _json({"dropped": self._network.drop((await _body(request, DropBody)).target)})

    async def _cut(self, request: web.Request) -> web.Response:
        body = await _body(request, CutBody)
        if not 0 <= body.for_s <= CUT_MAX_S:
            raise ConfigurationError(f"a cut lasts 0 to {CUT_MAX_S} seconds")
        self._network.refuse(body.for_s)
        return _json({"dropped": self._network.drop("all") if body.drop else 0})

    async def _transfer(self, request: web.Request) -> web.Response:
        body = await _body(request, TransferBody)
        amount = parse_decimal(body.amount, "amount")
        self._known_account(body.account)
        if body.asset not in ASSET_BY_NAME:
            raise ConfigurationError(f"{body.asset!r} is none of {', '.join(ASSET_BY_NAME)}")
        outcome = await self._exchange.perform(
            lambda at_us: Transfer(at_us, body.account, Asset(body.asset), amount)
        )
        return _json({"ledger_id": outcome.id})

    async def _order(self, request: web.Request) -> web.Response:
        body = await _body(request, OrderBody)
        self._known_account(body.account)
        by_hand = ApiKey("", "", body.account)
        order = await self._desk.place(by_hand, body.params, requests.ws_draft)
        return _json({"txid": order.txid, "status": str(order.status)})

    async def _status(self, request: web.Request) -> web.Response:
        body = await _body(request, StatusBody)
        await self._exchange.perform(lambda at_us: SetStatus(at_us, body.status))
        return _json({"status": body.status})

    async def _forget_tokens(self, _request: web.Request) -> web.Response:
        self._doorkeeper.forget_tokens()
        return _json({})

    def _known_account(self, name: str) -> None:
        if name not in self._exchange.venue.accounts:
            raise ConfigurationError(f"there is no account {name!r}")


async def _body(request: web.Request, kind: type[Any]) -> Any:
    return msgspec.json.decode(await request.read() or b"{}", type=kind)


def _fault_id(request: web.Request) -> int:
    text = request.match_info["id"]
    return int(text) if text.isdecimal() else 0


def _known(fault: Fault | None) -> web.Response:
    if fault is None:
        raise web.HTTPNotFound(text='{"error":"there is no such fault"}')
    return _json(_fault_row(fault))


def _fault_row(fault: Fault) -> dict[str, Any]:
    return {
        "id": fault.id,
        "spec": msgspec.to_builtins(fault.spec),
        "seen": fault.seen,
        "hits": fault.hits,
        "holding": fault.holding,
        "armed": fault.is_armed,
        "released": fault.released.is_set(),
    }


def _json(value: Any, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json")


@web.middleware
async def _refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer 400 with the reason for what cannot be done."""
    try:
        response: web.StreamResponse = await handler(request)
    except (ConfigurationError, Refused, msgspec.DecodeError) as problem:
        return _json({"error": str(problem)}, status=400)
    return response
