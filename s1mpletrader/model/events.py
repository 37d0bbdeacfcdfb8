"""Which event carries which payload?

An event's name and its payload's type belong together, so that a handler's annotation can be
checked against the event it listens to. A plugin's own DTO says its name itself::

    class GapSeen(Value, frozen=True):
        event_name: ClassVar[str] = "GAP_SEEN"
"""

from types import MappingProxyType

from s1mpletrader.model.inputs import ConnectionChanged, MarketTick
from s1mpletrader.model.market import Bar
from s1mpletrader.model.signals import (
    CriticalEvent,
    ExitSignal,
    OpportunitySignal,
    RoutedTradePlan,
    TradingHalted,
)

TICK_FLOW_START = "TICK_FLOW_START"
BAR_CLOSED = "BAR_CLOSED"
CONNECTION_LOST = "CONNECTION_LOST"
SIGNAL_GENERATED = "SIGNAL_GENERATED"
EXIT_SIGNALLED = "EXIT_SIGNALLED"
PLAN_READY = "PLAN_READY"
THREAT_DETECTED = "THREAT_DETECTED"
TRADING_HALTED = "TRADING_HALTED"

ENGINE_EVENTS = MappingProxyType(
    {TICK_FLOW_START: MarketTick, BAR_CLOSED: Bar, CONNECTION_LOST: ConnectionChanged}
)
"""What only the engine publishes, and with which payload."""

WORKER_EVENTS = MappingProxyType(
    {
        SIGNAL_GENERATED: OpportunitySignal,
        EXIT_SIGNALLED: ExitSignal,
        PLAN_READY: RoutedTradePlan,
        THREAT_DETECTED: CriticalEvent,
        TRADING_HALTED: TradingHalted,
    }
)
"""The events of the standard flow, published by workers."""

_NAMES: dict[type, str] = {
    payload: name for name, payload in (ENGINE_EVENTS | WORKER_EVENTS).items()
}


def event_name(payload_type: type) -> str | None:
    """Return the name under which a payload of this type is published; None if it has none."""
    named = _NAMES.get(payload_type) or getattr(payload_type, "event_name", None)
    return named if isinstance(named, str) else None


def output_of(instance_id: str) -> str:
    """Return the system event that says a worker answered CONTINUE."""
    return f"{instance_id}_OUTPUT"
