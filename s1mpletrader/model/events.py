"""Which event carries which payload?

An event's name and its payload's type belong together, so that a handler's annotation can be
checked against the event it listens to. A plugin's own DTO says its name itself::

    class GapSeen(Value, frozen=True):
        event_name: ClassVar[str] = "GAP_SEEN"
"""

from types import MappingProxyType
from typing import NamedTuple

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

TICK_CACHE_MANAGER = "tick_cache_manager"
LIVE_DATA_SOURCE = "live_data_source"
EVENT_BUS = "event_bus"
"""The engine's components that publish into a strategy's wiring."""


class EngineEvent(NamedTuple):
    """Which component of the engine publishes an event, and with which payload."""

    component: str
    payload: type


ENGINE_EVENTS = MappingProxyType(
    {
        TICK_FLOW_START: EngineEvent(TICK_CACHE_MANAGER, MarketTick),
        BAR_CLOSED: EngineEvent(TICK_CACHE_MANAGER, Bar),
        CONNECTION_LOST: EngineEvent(LIVE_DATA_SOURCE, ConnectionChanged),
    }
)
"""What only the engine publishes."""

WORKER_EVENTS = MappingProxyType(
    {
        SIGNAL_GENERATED: OpportunitySignal,
        EXIT_SIGNALLED: ExitSignal,
        PLAN_READY: RoutedTradePlan,
        THREAT_DETECTED: CriticalEvent,
        TRADING_HALTED: TradingHalted,
    }
)
"""The events of the standard flow, published by workers.

THREAT_DETECTED has a second publisher, the component `event_bus`: a worker that failed.
"""
ENGINE_TAKES = frozenset({THREAT_DETECTED, TRADING_HALTED})
"""Worker events that reach the engine also where no worker listens to them."""

_NAMES: dict[type, str] = {payload: name for name, payload in WORKER_EVENTS.items()}
_NAMES |= {event.payload: name for name, event in ENGINE_EVENTS.items()}


def event_name(payload_type: type) -> str | None:
    """Return the name under which a payload of this type is published; None if it has none."""
    named = _NAMES.get(payload_type) or getattr(payload_type, "event_name", None)
    return named if isinstance(named, str) else None


def payload_type(event: str) -> type | None:
    """Return the payload of a standard event; None for an event that a plugin defines."""
    if event in ENGINE_EVENTS:
        return ENGINE_EVENTS[event].payload
    return WORKER_EVENTS.get(event)


def output_of(instance_id: str) -> str:
    """Return the system event that says a worker answered CONTINUE."""
    return f"{instance_id}_OUTPUT"
