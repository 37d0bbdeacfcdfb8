"""What can a worker be given besides the context?

Capabilities: a manifest lists them under `requires_capability`, the worker receives each as a
keyword argument of the same name. All of them are deterministic functions of the input.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import OpportunityId, ThreatId, TradeId
from s1mpletrader.model.market import Bar, Instrument
from s1mpletrader.model.signals import ExitSignal, OpportunitySignal, RoutedTradePlan

S = TypeVar("S")


class OhlcvProvider(Protocol):
    """`ohlcv_window`: the closed bars of the link's symbol."""

    def get_window(self, timestamp: Micros, lookback: int) -> Sequence[Bar]:
        """Return the last `lookback` bars that had closed at `timestamp`, oldest first."""
        ...


class LedgerProvider(Protocol):
    """`ledger_state`: the link's books, read only; amounts in the symbol's base and quote."""

    @property
    def instrument(self) -> Instrument:
        """The exchange's rules for the link's symbol."""
        ...

    @property
    def capital(self) -> Decimal:
        """The quote that the configuration gave this link."""
        ...

    @property
    def cash(self) -> Decimal:
        """Quote that no order has reserved."""
        ...

    @property
    def holding(self) -> Decimal:
        """Base that the link holds."""
        ...

    @property
    def open_trade(self) -> TradeId | None:
        """The trade under way, if any."""
        ...


class ExecutionProvider(Protocol):
    """`trade_execution`: collects decisions; the engine's gate and limits have the last word."""

    def open_trade(self, plan: RoutedTradePlan) -> None:
        """Ask for an entry."""
        ...

    def close_trade(self, signal: ExitSignal) -> None:
        """Ask for the exit of what the link holds."""
        ...


class StateProvider(Protocol[S]):
    """`state_persistence`: the worker's only memory, a frozen value of the declared type."""

    def get(self) -> S | None:
        """Return the last value set, also before a crash; None if there was none."""
        ...

    def set(self, state: S) -> None:
        """Replace the value; it becomes durable with the records of its input."""
        ...


class CausalIdProvider(Protocol):
    """`causal_ids`: ids that are the same in every replay."""

    def new_opportunity_id(self) -> OpportunityId:
        """Return the id of a new opportunity."""
        ...

    def new_threat_id(self) -> ThreatId:
        """Return the id of a new threat."""
        ...

    def new_trade_id(self) -> TradeId:
        """Return the id of a new trade."""
        ...


class MarketClock(Protocol):
    """`market_clock`: for handlers, which get an event and no context."""

    def now_us(self) -> Micros:
        """Return the market time of the input."""
        ...


class JournalWriter(Protocol):
    """`journaling`: why nothing came of an opportunity."""

    def reject(self, signal: OpportunitySignal, rule: str, reason: str) -> None:
        """Record that the opportunity was given up, by which rule and with which numbers."""
        ...
