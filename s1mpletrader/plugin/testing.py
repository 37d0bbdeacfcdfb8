"""With what does a plugin's author test a worker?

Small fakes of everything that a worker can be given. They hold what a test put in and nothing
else: a DTO that the test did not provide is missing, as it would be in a wrong wiring.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeVar

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset, LinkId, OpportunityId, Symbol, ThreatId, TradeId
from s1mpletrader.model.market import Bar, Instrument
from s1mpletrader.model.signals import ExitSignal, OpportunitySignal, RoutedTradePlan
from s1mpletrader.plugin.context import BaseContext, Identified, RequiredDtos

S = TypeVar("S")
D = TypeVar("D")

BTC_USD = Instrument(
    symbol=Symbol("BTC/USD"),
    base=Asset("BTC"),
    quote=Asset("USD"),
    price_tick=Decimal("0.1"),
    qty_step=Decimal("0.00000001"),
    cost_step=Decimal("0.00001"),
    qty_min=Decimal("0.0001"),
    cost_min=Decimal("0.5"),
)
"""An instrument with rules like the exchange's."""


def bar_of(close: str, *, high: str | None = None, low: str | None = None) -> Bar:
    """Return an hourly bar that closed at `close`."""
    last = Decimal(close)
    return Bar(
        BTC_USD.symbol,
        Micros(0),
        3_600,
        last,
        Decimal(high or close),
        Decimal(low or close),
        last,
        Decimal(1),
        1,
    )


class FakeContext:
    """A `TradingContextProvider` with the DTOs that a test gives it."""

    def __init__(self, *dtos: object, price: str = "100", timestamp_us: int = 0) -> None:
        self._dtos = {type(dto): dto for dto in dtos}
        symbol = BTC_USD.symbol
        self._base = BaseContext(Micros(timestamp_us), Decimal(price), LinkId("link"), symbol)

    def get_base_context(self) -> BaseContext:
        """Return time, price, link `link` and symbol BTC/USD."""
        return self._base

    def get_required_dtos(self, worker: Identified) -> RequiredDtos:
        """Return what the test provided and the worker made."""
        del worker
        return RequiredDtos(self._dtos)

    def set_result_dto(self, worker: Identified, dto: object) -> None:
        """Keep what the worker made; `result` returns it."""
        del worker
        self._dtos[type(dto)] = dto

    def result(self, dto_type: type[D]) -> D:
        """Return the DTO of this type; raises KeyError if the worker made none."""
        return RequiredDtos(self._dtos)[dto_type]


@dataclass
class FakeLedger:
    """A `LedgerProvider` whose figures a test sets."""

    instrument: Instrument = BTC_USD
    capital: Decimal = Decimal(10_000)
    cash: Decimal = Decimal(10_000)
    holding: Decimal = Decimal(0)
    open_trade: TradeId | None = None


class FakeIds:
    """A `CausalIdProvider` and `MarketClock`: ids count up, time stands still."""

    def __init__(self, now_us: int = 0) -> None:
        self._now_us = Micros(now_us)
        self._count = 0

    def _next(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"

    def now_us(self) -> Micros:
        """Return the time that the test chose."""
        return self._now_us

    def new_opportunity_id(self) -> OpportunityId:
        """Return `opportunity-1` and so on."""
        return OpportunityId(self._next("opportunity"))

    def new_threat_id(self) -> ThreatId:
        """Return `threat-1` and so on."""
        return ThreatId(self._next("threat"))

    def new_trade_id(self) -> TradeId:
        """Return `trade-1` and so on."""
        return TradeId(self._next("trade"))


class FakeState(Generic[S]):
    """A `StateProvider` in memory."""

    def __init__(self, state: S | None = None) -> None:
        self._state = state

    def get(self) -> S | None:
        """Return the last value set."""
        return self._state

    def set(self, state: S) -> None:
        """Replace the value."""
        self._state = state


@dataclass
class FakeExecution:
    """An `ExecutionProvider` that remembers what it was asked for."""

    plans: list[RoutedTradePlan] = field(default_factory=list)
    exits: list[ExitSignal] = field(default_factory=list)

    def open_trade(self, plan: RoutedTradePlan) -> None:
        """Remember the plan."""
        self.plans.append(plan)

    def close_trade(self, signal: ExitSignal) -> None:
        """Remember the exit."""
        self.exits.append(signal)


@dataclass
class FakeJournal:
    """A `JournalWriter` that remembers what was given up, and by which rule."""

    rejected: list[tuple[OpportunityId, str, str]] = field(default_factory=list)

    def reject(self, signal: OpportunitySignal, rule: str, reason: str) -> None:
        """Remember the reason."""
        self.rejected.append((signal.opportunity_id, rule, reason))


@dataclass
class FakeWindow:
    """An `OhlcvProvider` with the bars that a test gives it."""

    bars: Sequence[Bar] = ()

    def get_window(self, timestamp: Micros, lookback: int) -> Sequence[Bar]:
        """Return the last `lookback` of them."""
        del timestamp
        return self.bars[max(0, len(self.bars) - lookback) :]
