"""What goes wrong next, and for whom?

Every fault is deterministic: armed for the n-th matching request, counted, listed. Schema:
docs/simulator.md.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import SECOND, Value
from s1mpletrader.simulator.refusal import Refused

FAULTS_MAX = 100
SECONDS_MAX = 3_600.0
Kind = Literal[
    "answer_lost",
    "hold_answers",
    "delay_in_flight",
    "reject_next",
    "silent_stall",
    "visibility_lag",
]
How = Literal["close", "http_502", "silent"]
LISTS = ("OpenOrders", "ClosedOrders", "TradesHistory", "Ledgers")
REST_NAMES = {
    "AddOrder": "add_order",
    "AmendOrder": "amend_order",
    "CancelOrder": "cancel_order",
    "CancelAll": "cancel_all",
    "CancelAllOrdersAfter": "cancel_all_orders_after",
}
"""REST calls that have a WebSocket name; a fault means both."""


class FaultSpec(Value, frozen=True):
    """A fault as somebody orders it."""

    kind: Kind
    channel: Literal["any", "rest", "ws", "ws_public", "ws_private"] = "any"
    method: str = ""
    """REST or WebSocket name; empty for any."""
    account: str = ""
    skip: int = 0
    """Matching requests that pass unharmed first."""
    count: int = 1
    """Matching requests that are hit."""
    how: How = "close"
    error: str = "EService:Busy"
    delay_s: float = 0.0
    list: str = ""
    pongs: bool = True
    events: bool = True
    """hold_answers on a WebSocket: hold the connection's other messages back, too."""


class Request(Value, frozen=True):
    """What a fault is matched against."""

    channel: Literal["rest", "ws_public", "ws_private"]
    method: str
    account: str = ""


@dataclass(slots=True)
class Fault:
    """A fault with what it has done so far."""

    id: int
    spec: FaultSpec
    seen: int = 0
    hits: int = 0
    holding: int = 0
    """Answers held back right now."""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_armed(self) -> bool:
        """Whether it can still hit something."""
        return not self.released.is_set() and self.hits < self.spec.count

    def matches(self, request: Request) -> bool:
        """Whether a request is what the fault waits for."""
        spec = self.spec
        return (
            spec.channel in {"any", request.channel, request.channel.split("_")[0]}
            and (not spec.method or canonical(spec.method) == canonical(request.method))
            and (not spec.account or spec.account == request.account)
        )


class Faults:
    """All faults, armed and spent."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._added = 0

    def add(self, spec: FaultSpec) -> Fault:
        """Arm a fault; raises `ConfigurationError` for one that cannot be."""
        if spec.kind == "visibility_lag" and spec.list not in LISTS:
            raise ConfigurationError(f"list {spec.list!r} is none of {', '.join(LISTS)}")
        if not 0 <= spec.delay_s <= SECONDS_MAX or spec.count < 1 or spec.skip < 0:
            raise ConfigurationError("a count, skip or delay is out of bounds")
        if len(self._faults) >= FAULTS_MAX:
            raise ConfigurationError(f"there are {FAULTS_MAX} faults already; remove some")
        self._added += 1
        fault = Fault(self._added, spec)
        self._faults[fault.id] = fault
        return fault

    def all(self) -> list[Fault]:
        """Return all faults, oldest first."""
        return list(self._faults.values())

    def release(self, fault_id: int) -> Fault | None:
        """Let go what a fault holds and disarm it."""
        fault = self._faults.get(fault_id)
        if fault is not None:
            fault.released.set()
        return fault

    def remove(self, fault_id: int) -> Fault | None:
        """Release a fault and forget it."""
        fault = self.release(fault_id)
        self._faults.pop(fault_id, None)
        return fault

    def take(self, kind: Kind, request: Request) -> Fault | None:
        """Return the fault that hits this request, if one does, and count it."""
        for fault in self._faults.values():
            if fault.spec.kind == kind and fault.is_armed and fault.matches(request):
                fault.seen += 1
                if fault.seen > fault.spec.skip:
                    fault.hits += 1
                    return fault
        return None

    def reject(self, request: Request) -> None:
        """Raise the ordered `Refused`, if this request is to be rejected."""
        fault = self.take("reject_next", request)
        if fault is not None:
            raise Refused(fault.spec.error)

    async def delay(self, request: Request) -> None:
        """Keep the request in flight as long as ordered."""
        fault = self.take("delay_in_flight", request)
        if fault is not None:
            await asyncio.sleep(fault.spec.delay_s)

    def lags_us(self) -> dict[str, int]:
        """Return how late each list is."""
        return {
            fault.spec.list: round(fault.spec.delay_s * SECOND)
            for fault in self._faults.values()
            if fault.spec.kind == "visibility_lag" and not fault.released.is_set()
        }

    def stall(self, request: Request) -> Fault | None:
        """Return the stall that silences a connection, if one does."""
        return next(
            (
                fault
                for fault in self._faults.values()
                if fault.spec.kind == "silent_stall"
                and not fault.released.is_set()
                and fault.matches(request)
            ),
            None,
        )


def canonical(method: str) -> str:
    """Return the WebSocket name of a method, or REST's where it has none."""
    return REST_NAMES.get(method, method)
