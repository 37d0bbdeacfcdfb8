"""What do workers tell each other, and why?

These are the DTOs of the standard flow: opportunity -> entry -> exit -> size -> routing -> plan,
and threat -> halt or close. Plugins may define their own in their `dtos` package.
"""

from decimal import Decimal

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import (
    LinkId,
    OpportunityId,
    ScheduledId,
    Symbol,
    ThreatId,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.orders import OrderType, TimeInForce


class OpportunitySignal(Value, frozen=True):
    """A chance to open a trade (long: spot without margin)."""

    opportunity_id: OpportunityId
    symbol: Symbol
    found_by: WorkerId
    reason: str
    """One sentence a person understands, with the numbers that decided."""
    market_us: Micros
    scheduled_id: ScheduledId | None = None


class ExitSignal(Value, frozen=True):
    """A reason to close what a link holds of a symbol."""

    symbol: Symbol
    found_by: WorkerId
    reason: str
    market_us: Micros


class CriticalEvent(Value, frozen=True):
    """A threat. `kind` is upper snake case, e.g. CONNECTION_LOST, WORKER_FAILED."""

    threat_id: ThreatId
    kind: str
    found_by: str
    reason: str
    market_us: Micros


class TradingHalted(Value, frozen=True):
    """The answer to a threat: entries are refused; `close_positions` asks for more."""

    threat_id: ThreatId
    reason: str
    close_positions: bool = False
    kind: str = ""
    """The threat's; CONNECTION_LOST halts the account, any other its link."""


class EntryPlan(Value, frozen=True):
    """At what price to enter; `limit_price` bounds a marketable order."""

    opportunity_id: OpportunityId
    symbol: Symbol
    reference_price: Decimal
    limit_price: Decimal


class ExitPlan(Value, frozen=True):
    """Where the protective stop triggers."""

    opportunity_id: OpportunityId
    stop_trigger: Decimal


class SizePlan(Value, frozen=True):
    """How much."""

    opportunity_id: OpportunityId
    qty: Decimal


class RoutedTradePlan(Value, frozen=True):
    """A complete plan, ready for the engine's limits and gate."""

    trade_id: TradeId
    opportunity_id: OpportunityId
    link: LinkId
    symbol: Symbol
    qty: Decimal
    limit_price: Decimal
    stop_trigger: Decimal | None
    """None only for links that say `unprotected: accept`."""
    type: OrderType = OrderType.LIMIT
    tif: TimeInForce = TimeInForce.IOC
    decided_us: Micros = Micros(0)
    """Protocol time of the input that decided (SAFETY O2: decision age)."""
