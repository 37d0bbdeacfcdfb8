"""What goes wrong next, and for whom?

Every fault is deterministic: armed for the n-th matching thing or drawn by a seed, counted,
listed. Kinds: fault_kinds.py; schema: docs/simulator.md.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Value
from s1mpletrader.simulator.fault_kinds import Kind
from s1mpletrader.simulator.fault_specs import FaultSpec, check
from s1mpletrader.simulator.pairs import find_pair

__all__ = ["Fault", "FaultSpec", "Faults", "Request", "asked_for", "canonical", "draw"]
FAULTS_MAX = 100
TOUCHED_MAX = 10_000
"""Things that a standing fault remembers having touched; more are not counted."""
REST_NAMES = {
    "AddOrder": "add_order",
    "AmendOrder": "amend_order",
    "EditOrder": "edit_order",
    "CancelOrder": "cancel_order",
    "CancelAll": "cancel_all",
    "CancelAllOrdersAfter": "cancel_all_orders_after",
    "AddOrderBatch": "batch_add",
    "CancelOrderBatch": "batch_cancel",
}
"""REST calls that have a WebSocket name; a fault means both."""


class Request(Value, frozen=True):
    """What a fault is matched against: a request, or a message by its channel."""

    channel: Literal["rest", "ws_public", "ws_private"]
    method: str
    account: str = ""
    symbol: str = ""
    side: str = ""
    order_type: str = ""


def asked_for(
    channel: Literal["rest", "ws_public", "ws_private"],
    method: str,
    account: str,
    params: Mapping[str, Any],
) -> Request:
    """Return what faults see of a request, whatever its parameters are."""
    pair = find_pair(str(params.get("symbol") or params.get("pair") or ""))
    return Request(
        channel,
        method,
        account,
        symbol="" if pair is None else pair.symbol,
        side=str(params.get("side") or params.get("type") or ""),
        order_type=str(params.get("order_type") or params.get("ordertype") or ""),
    )


@dataclass(slots=True)
class Fault:
    """A fault with what it has done so far."""

    id: int
    spec: FaultSpec
    seen: int = 0
    hits: int = 0
    holding: int = 0
    """Answers held back right now."""
    result: str = ""
    """What an action made: a txid, a ledger id."""
    touched: set[object] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_armed(self) -> bool:
        """Whether it can still hit something."""
        if self.released.is_set():
            return False
        return self.spec.mode == "standing" or self.hits < self.spec.count

    def matches(self, request: Request) -> bool:
        """Whether a request is what the fault waits for."""
        spec = self.spec
        return (
            spec.channel in {"any", request.channel, request.channel.split("_")[0]}
            and (not spec.method or canonical(spec.method) == canonical(request.method))
            and (not spec.account or spec.account == request.account)
            and (not spec.symbol or spec.symbol == request.symbol)
            and (not spec.side or spec.side == request.side)
            and (not spec.order_type or spec.order_type == request.order_type)
        )

    def is_drawn(self) -> bool:
        """Whether the thing just seen is hit: after `skip`, by `chance`."""
        if self.seen <= self.spec.skip:
            return False
        return draw(self.spec.seed, self.spec.kind, self.seen) < self.spec.chance


class Faults:
    """All faults, armed and spent, and how often each kind has hit."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self._faults: dict[int, Fault] = {}
        self._of_kind: dict[Kind, list[Fault]] = {}
        self._added = 0

    def add(self, spec: FaultSpec) -> Fault:
        """Arm a fault; raises `ConfigurationError` for one that cannot be."""
        check(spec)
        if len(self._faults) >= FAULTS_MAX:
            raise ConfigurationError(f"there are {FAULTS_MAX} faults already; remove some")
        self._added += 1
        fault = Fault(self._added, spec)
        self._faults[fault.id] = fault
        self._of_kind.setdefault(spec.kind, []).append(fault)
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
        """Release a fault and forget it; its hits stay counted."""
        fault = self.release(fault_id)
        if fault is not None:
            del self._faults[fault_id]
            self._of_kind[fault.spec.kind].remove(fault)
        return fault

    def take(self, kind: Kind, request: Request, when: str = "now") -> Fault | None:
        """Return the fault that hits this request, if one does, and count it."""
        for fault in self._of_kind.get(kind, ()):
            if fault.is_armed and fault.spec.when == when and fault.matches(request):
                fault.seen += 1
                if fault.is_drawn():
                    self.hit(fault)
                    return fault
        return None

    def hit(self, fault: Fault) -> None:
        """Count a hit."""
        fault.hits += 1
        self.hits[fault.spec.kind] += 1

    def touch(self, fault: Fault, thing: object) -> None:
        """Count a standing fault's effect on something, once for each thing."""
        if thing not in fault.touched and len(fault.touched) < TOUCHED_MAX:
            fault.touched.add(thing)
            self.hit(fault)

    def standing(self, kind: Kind) -> list[Fault]:
        """Return the faults of a kind that are in force until released."""
        return [fault for fault in self._of_kind.get(kind, ()) if not fault.released.is_set()]

    def stall(self, request: Request) -> Fault | None:
        """Return the stall that silences a connection, if one does."""
        return next((f for f in self.standing("silent_stall") if f.matches(request)), None)


def canonical(method: str) -> str:
    """Return the WebSocket name of a method, or REST's where it has none."""
    return REST_NAMES.get(method, method)


def draw(seed: int, *what: object) -> float:
    """Return a number from 0 to 1 that depends on nothing but its arguments."""
    text = ":".join(str(part) for part in (seed, *what))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
