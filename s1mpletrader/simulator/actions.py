"""What do other hands, the network and fate do to the exchange?

Each action happens at once, or around a request: before or after it is accepted.
"""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any, Literal

from msgspec.structs import replace

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.simulator import desk, requests
from s1mpletrader.simulator.acceptance import AMOUNT_MAX
from s1mpletrader.simulator.auth import ApiKey, Doorkeeper
from s1mpletrader.simulator.clock import stand_still
from s1mpletrader.simulator.commands import Cancel, Push, SetStatus, Transfer, UseNonce
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.fault_kinds import KINDS, Kind
from s1mpletrader.simulator.fault_specs import FaultSpec, check
from s1mpletrader.simulator.faults import Fault, Faults, Request
from s1mpletrader.simulator.network import Network
from s1mpletrader.simulator.pairs import ASSET_BY_NAME
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.scenario import Scenario
from s1mpletrader.simulator.wire import parse_decimal

REFUSED_MAX = 100
GOODBYE_S = 0.05
"""Time for the answer to the one who orders a kill or a freeze."""
KINDS_OF_ACTION: tuple[Kind, ...] = tuple(
    kind for kind, info in KINDS.items() if info.mode == "action"
)


class Actions:
    """Carries out faults that are deeds."""

    def __init__(
        self,
        orders: Desk,
        network: Network,
        doorkeeper: Doorkeeper,
        faults: Faults,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.exchange = orders.exchange
        self._desk = orders
        self._network = network
        self._doorkeeper = doorkeeper
        self._faults = faults
        self._tasks = tasks
        self.refused: deque[str] = deque(maxlen=REFUSED_MAX)
        """The latest faults of scenarios that could not be."""
        self._deeds: dict[str, Callable[[FaultSpec], Awaitable[str]]] = {
            "drop": self._drop,
            "cut": self._cut,
            "freeze": self._freeze,
            "kill": self._kill,
            "status": self._status,
            "fill_while_disconnected": self._fill_while_disconnected,
            "manual_order": self._manual_order,
            "manual_trade": self._manual_trade,
            "stop_cancelled": self._stop_cancelled,
            "deposit": self._deposit,
            "withdrawal": self._withdrawal,
            "second_instance": self._second_instance,
            "tokens_forgotten": self._tokens_forgotten,
        }

    async def now(self, spec: FaultSpec) -> str:
        """Act at once and count it; raises `Refused` or `ConfigurationError` and is not counted."""
        check(spec)
        result = await self._deeds[spec.kind](spec)
        self._faults.hits[spec.kind] += 1
        return result

    async def order(self, spec: FaultSpec) -> Fault:
        """Arm a fault, or carry it out if it waits for nothing. Raises as `now`."""
        fault = self._faults.add(spec)
        try:
            if spec.mode == "action" and spec.when == "now":
                fault.result = await self._deeds[spec.kind](spec)
                self._faults.hit(fault)
        except (Refused, ConfigurationError):
            self._faults.remove(fault.id)
            raise
        if spec.kind == "clock_skew":
            self.exchange.clock.skew(spec.skew_s, spec.drift_ppm)
            self._faults.touch(fault, "clock")
        if spec.mode == "standing" and spec.for_s:
            self._tasks.create_task(self._release_after(fault))
        return fault

    def release(self, fault_id: int) -> Fault | None:
        """Let go what a fault holds and disarm it; a skewed clock is right again."""
        fault = self._faults.release(fault_id)
        if fault is not None and fault.spec.kind == "clock_skew":
            self.exchange.clock.skew(0, 0)
        return fault

    def remove(self, fault_id: int) -> Fault | None:
        """Release a fault and forget it."""
        fault = self.release(fault_id)
        self._faults.remove(fault_id)
        return fault

    def play(self, scenario: Scenario) -> None:
        """Order the faults of a scenario, each in its time."""
        self._tasks.create_task(self._play(scenario))

    async def _play(self, scenario: Scenario) -> None:
        passed_s = 0.0
        for entry in scenario.entries:
            await asyncio.sleep(entry.at_s - passed_s)
            passed_s = entry.at_s
            try:
                await self.order(entry.spec)
            except (Refused, ConfigurationError) as problem:
                self.refused.append(f"{entry.spec.kind} at {entry.at_s:g} s: {problem}")

    async def _release_after(self, fault: Fault) -> None:
        await asyncio.sleep(fault.spec.for_s)
        self.release(fault.id)

    async def around(self, asked: Request, when: Literal["before", "after"]) -> None:
        """Carry out what waits for this request; a deed that is refused tells so in its result."""
        for kind in KINDS_OF_ACTION:
            fault = self._faults.take(kind, asked, when)
            if fault is None:
                continue
            spec = fault.spec
            if not spec.account and asked.account:
                spec = replace(spec, account=asked.account)
            try:
                fault.result = await self._deeds[kind](spec)
            except (Refused, ConfigurationError) as problem:
                fault.result = str(problem)

    async def _drop(self, spec: FaultSpec) -> str:
        return str(self._network.drop(spec.target, spec.how))

    async def _cut(self, spec: FaultSpec) -> str:
        self._network.refuse(spec.for_s)
        return str(self._network.drop("all"))

    async def _freeze(self, spec: FaultSpec) -> str:
        if spec.when == "now":
            asyncio.get_running_loop().call_later(GOODBYE_S, stand_still, spec.for_s)
        else:
            stand_still(spec.for_s)
        return ""

    async def _kill(self, spec: FaultSpec) -> str:
        if spec.when == "now":
            asyncio.get_running_loop().call_later(GOODBYE_S, _die)
        else:
            _die()
        return ""

    async def _status(self, spec: FaultSpec) -> str:
        await self._set_status(spec.status)
        if spec.for_s:
            self._tasks.create_task(self._online_after(spec.for_s))
        return spec.status

    async def _online_after(self, for_s: float) -> None:
        await asyncio.sleep(for_s)
        await self._set_status("online")

    async def _set_status(self, status: str) -> None:
        await self.exchange.perform(lambda at_us: SetStatus(at_us, status))

    async def _fill_while_disconnected(self, spec: FaultSpec) -> str:
        self._network.refuse(spec.for_s)
        self._network.drop("all")
        account, fraction = self._account(spec), Decimal(str(spec.fraction))
        found = list(self.exchange.venue.accounts[account].open)
        for txid in found:

            def push(at_us: Micros, txid: str = txid) -> Push:
                return Push(at_us, account, txid, fraction)

            await self.exchange.perform(push)
        return ",".join(found)

    async def _manual_order(self, spec: FaultSpec) -> str:
        return await self._place(spec, spec.params)

    async def _manual_trade(self, spec: FaultSpec) -> str:
        return await self._place(spec, spec.params | {"order_type": "market"})

    async def _place(self, spec: FaultSpec, params: dict[str, Any]) -> str:
        by_hand = ApiKey("by hand", "", self._account(spec))
        return (await self._desk.place(by_hand, params, requests.ws_draft, desk.BY_HAND)).txid

    async def _stop_cancelled(self, spec: FaultSpec) -> str:
        account = self._account(spec)
        stops = [o for o in self.exchange.venue.accounts[account].open.values() if o.is_sleeping]
        cancelled: list[str] = []
        for order in stops:

            def cancel(at_us: Micros, txid: str = order.txid) -> Cancel:
                return Cancel(at_us, account, txid)

            with suppress(Refused):  # it ended while others were cancelled
                await self.exchange.perform(cancel)
                cancelled.append(order.txid)
        return ",".join(cancelled)

    async def _deposit(self, spec: FaultSpec) -> str:
        return await self._transfer(spec, 1)

    async def _withdrawal(self, spec: FaultSpec) -> str:
        return await self._transfer(spec, -1)

    async def _transfer(self, spec: FaultSpec, sign: int) -> str:
        amount, account = parse_decimal(spec.amount, "amount"), self._account(spec)
        if spec.asset not in ASSET_BY_NAME:
            raise ConfigurationError(f"{spec.asset!r} is none of {', '.join(ASSET_BY_NAME)}")
        step = Decimal(1).scaleb(-ASSET_BY_NAME[Asset(spec.asset)].decimals)
        if not 0 < amount < AMOUNT_MAX or amount % step:
            raise ConfigurationError(
                f"`amount` is {spec.amount}; it must be above 0, below {AMOUNT_MAX:.0e} and a "
                f"multiple of {step}"
            )
        outcome = await self.exchange.perform(
            lambda at_us: Transfer(at_us, account, Asset(spec.asset), sign * amount)
        )
        return outcome.id

    async def _second_instance(self, spec: FaultSpec) -> str:
        key = self._doorkeeper.keys.get(spec.key)
        if key is None:
            raise ConfigurationError(f"there is no key {spec.key!r}")
        if spec.nonce_ahead:
            nonce = self.exchange.venue.nonces.get(key.key, 0) + spec.nonce_ahead
            await self.exchange.perform(lambda at_us: UseNonce(at_us, key.key, nonce))
        if not spec.params:
            return ""
        return (await self._desk.place(key, spec.params, requests.ws_draft, desk.BY_HAND)).txid

    async def _tokens_forgotten(self, _spec: FaultSpec) -> str:
        self._doorkeeper.forget_tokens()
        return ""

    def _account(self, spec: FaultSpec) -> str:
        name = spec.account or "main"
        if name not in self.exchange.venue.accounts:
            raise ConfigurationError(f"there is no account {name!r}")
        return name


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
