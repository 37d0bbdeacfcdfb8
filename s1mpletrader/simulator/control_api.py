"""How does a test or the demo steer the exchange and learn the truth?

JSON over an own Unix socket, never on the port of the clients. Schema: docs/simulator.md.
"""

from typing import Any

import msgspec
from aiohttp import web

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import scenario
from s1mpletrader.simulator.actions import Actions
from s1mpletrader.simulator.audit import audit
from s1mpletrader.simulator.commands import Cancel
from s1mpletrader.simulator.control_bodies import (
    CancelBody,
    CutBody,
    DropBody,
    OrderBody,
    ScenarioBody,
    SpeedBody,
    StatusBody,
    StepBody,
    TransferBody,
)
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.exchange import SPEED_MAX
from s1mpletrader.simulator.fault_kinds import Kind, kinds
from s1mpletrader.simulator.fault_specs import FaultSpec
from s1mpletrader.simulator.faults import Fault, Faults
from s1mpletrader.simulator.feed import Feed
from s1mpletrader.simulator.network import CUT_MAX_S, Network
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.wire import parse_decimal

STEP_MAX = 100_000


class ControlApi:
    """`/v1/*` on the control socket."""

    def __init__(
        self,
        desk: Desk,
        faults: Faults,
        network: Network,
        actions: Actions,
        *,
        only_steps: bool,
        feed: Feed | None,
    ) -> None:
        self._only_steps = only_steps
        self._feed = feed
        self._exchange = desk.exchange
        self._limits = desk.limits
        self._faults = faults
        self._network = network
        self._actions = actions

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
                web.get("/v1/hits", self._hits),
                web.get("/v1/counters", self._counters),
                web.get("/v1/faults", self._list_faults),
                web.post("/v1/faults", self._add_fault),
                web.post("/v1/faults/{id}/release", self._release_fault),
                web.delete("/v1/faults/{id}", self._remove_fault),
                web.post("/v1/drop", self._drop),
                web.post("/v1/cut", self._cut),
                web.post("/v1/transfer", self._transfer),
                web.post("/v1/order", self._order),
                web.post("/v1/cancel", self._cancel),
                web.post("/v1/status", self._status),
                web.post("/v1/scenario", self._scenario),
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
                "feed": None if self._feed is None else self._feed.state,
            }
        )

    async def _pause(self, request: web.Request) -> web.Response:
        exchange = self._exchange
        exchange.market_clock = exchange.market_clock.paused(exchange.clock.monotonic_us())
        return await self._clock(request)

    async def _resume(self, request: web.Request) -> web.Response:
        if self._only_steps:
            raise ConfigurationError("this market moves only by steps (--step)")
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

    async def _hits(self, _request: web.Request) -> web.Response:
        hits = {kind: self._faults.hits[kind] for kind in kinds()}
        return _json({"hits": hits, "refused": list(self._actions.refused)})

    async def _counters(self, _request: web.Request) -> web.Response:
        return _json(self._limits.seen(self._exchange.now_us()))

    async def _list_faults(self, _request: web.Request) -> web.Response:
        return _json({"faults": [_fault_row(fault) for fault in self._faults.all()]})

    async def _add_fault(self, request: web.Request) -> web.Response:
        return _json(_fault_row(await self._actions.order(await _body(request, FaultSpec))))

    async def _scenario(self, request: web.Request) -> web.Response:
        body = await _body(request, ScenarioBody)
        found = scenario.read(body.text, body.name)
        self._actions.play(found)
        return _json({"faults": len(found.entries), "about": found.about, "seed": found.seed})

    async def _release_fault(self, request: web.Request) -> web.Response:
        return _known(self._actions.release(_fault_id(request)))

    async def _remove_fault(self, request: web.Request) -> web.Response:
        return _known(self._actions.remove(_fault_id(request)))

    async def _drop(self, request: web.Request) -> web.Response:
        target = (await _body(request, DropBody)).target
        return _json({"dropped": int(await self._actions.now(FaultSpec("drop", target=target)))})

    async def _cut(self, request: web.Request) -> web.Response:
        body = await _body(request, CutBody)
        if not 0 <= body.for_s <= CUT_MAX_S:
            raise ConfigurationError(f"a cut lasts 0 to {CUT_MAX_S} seconds")
        if body.for_s and body.drop:
            dropped = await self._actions.now(FaultSpec("cut", for_s=body.for_s))
            return _json({"dropped": int(dropped)})
        self._network.refuse(body.for_s)
        return _json({"dropped": self._network.drop("all") if body.drop else 0})

    async def _transfer(self, request: web.Request) -> web.Response:
        body = await _body(request, TransferBody)
        amount = parse_decimal(body.amount, "amount")
        spec = FaultSpec(
            "withdrawal" if amount < 0 else "deposit",
            account=body.account,
            asset=body.asset,
            amount=f"{abs(amount):f}",
        )
        return _json({"ledger_id": await self._actions.now(spec)})

    async def _order(self, request: web.Request) -> web.Response:
        body = await _body(request, OrderBody)
        is_market = body.params.get("order_type") == "market"
        kind: Kind = "manual_trade" if is_market else "manual_order"
        txid = await self._actions.now(FaultSpec(kind, account=body.account, params=body.params))
        order = self._exchange.venue.accounts[body.account].orders[txid]
        return _json({"txid": order.txid, "status": str(order.status)})

    async def _cancel(self, request: web.Request) -> web.Response:
        body = await _body(request, CancelBody)
        if body.account not in self._exchange.venue.accounts:
            raise ConfigurationError(f"there is no account {body.account!r}")

        def cancel(at_us: Micros) -> Cancel:
            return Cancel(at_us, body.account, body.txid)

        return _json({"count": (await self._exchange.perform(cancel)).count})

    async def _status(self, request: web.Request) -> web.Response:
        status = (await _body(request, StatusBody)).status
        return _json({"status": await self._actions.now(FaultSpec("status", status=status))})

    async def _forget_tokens(self, _request: web.Request) -> web.Response:
        await self._actions.now(FaultSpec("tokens_forgotten"))
        return _json({})


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
        "result": fault.result,
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
