"""A small world around a `LinkRuntime`: books that fill every plan, and ids that count."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from s1mpletrader.assembly.event_wiring_factory import EventWiringFactory
from s1mpletrader.assembly.plugin_registry import find_plugins
from s1mpletrader.assembly.worker_factory import WorkerFactory
from s1mpletrader.config.build_specs import LinkSpec, WiringRule, WorkerSpec
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import (
    Asset,
    LinkId,
    Symbol,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.inputs import MarketTick, Stamp
from s1mpletrader.model.market import Instrument
from s1mpletrader.runtime.flow import LinkRuntime

ROOT = Path(__file__).parents[2]
BTC = Symbol("BTC/USD")
LINK = LinkId("btc_trend")
HOUR_US = 3_600 * SECOND

INSTRUMENT = Instrument(
    symbol=BTC,
    base=Asset("BTC"),
    quote=Asset("USD"),
    price_tick=Decimal("0.1"),
    qty_step=Decimal("0.00000001"),
    cost_step=Decimal("0.00001"),
    qty_min=Decimal("0.0001"),
    cost_min=Decimal("0.5"),
)

WORKFORCE: dict[str, tuple[str, dict[str, object]]] = {
    "atr": ("atr_detector", {}),
    "ema": ("ema_detector", {"fast": "10", "slow": "30"}),
    "cross": ("ema_cross_detector", {}),
    "entry": ("limit_entry_planner", {}),
    "exit": ("atr_exit_planner", {}),
    "size": ("fixed_risk_sizer", {}),
    "router": ("default_order_router", {}),
    "executor": ("default_plan_executor", {}),
    "monitor": ("connection_monitor", {}),
    "breaker": ("circuit_breaker", {}),
}
WIRING = (
    ("tick_cache_manager", "BAR_CLOSED", "atr", "process"),
    ("atr", "atr_OUTPUT", "ema", "process"),
    ("ema", "ema_OUTPUT", "cross", "process"),
    ("cross", "SIGNAL_GENERATED", "entry", "process"),
    ("entry", "entry_OUTPUT", "exit", "process"),
    ("exit", "exit_OUTPUT", "size", "process"),
    ("size", "size_OUTPUT", "router", "process"),
    ("router", "PLAN_READY", "executor", "on_plan_ready"),
    ("cross", "EXIT_SIGNALLED", "executor", "on_exit_signalled"),
    ("live_data_source", "CONNECTION_LOST", "monitor", "on_connection_lost"),
    ("monitor", "THREAT_DETECTED", "breaker", "on_threat"),
)


def ema_cross_link() -> LinkRuntime:
    """Return the shipped strategy, built by the factories."""
    registry, problems = find_plugins([ROOT / "plugins"])
    assert problems == []
    plugins, problems = registry.load([plugin for plugin, _ in WORKFORCE.values()])
    assert problems == []
    workers = tuple(
        WorkerSpec(WorkerId(name), plugin, "", params, plugins[plugin].manifest)
        for name, (plugin, params) in WORKFORCE.items()
    )
    wiring = tuple(WiringRule(a, event, WorkerId(b), method) for a, event, b, method in WIRING)
    spec = LinkSpec(LINK, BTC, 3600, workers, wiring)
    return EventWiringFactory(WorkerFactory(plugins)).build(spec)


class CountingIds:
    """Ids that count up."""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        """Return the next id."""
        self._count += 1
        return f"id-{self._count}"


@dataclass
class Books:
    """A `LedgerProvider` whose figures a test sets."""

    instrument: Instrument = INSTRUMENT
    capital: Decimal = Decimal(10_000)
    cash: Decimal = Decimal(10_000)
    holding: Decimal = Decimal(0)
    open_trade: TradeId | None = None


@dataclass
class Tape:
    """Numbers and stamps ticks."""

    number: int = 0
    books: Books = field(default_factory=Books)
    ids: CountingIds = field(default_factory=CountingIds)

    def stamp(self, time_us: int) -> Stamp:
        """Return the stamp of the next input."""
        self.number += 1
        return Stamp(self.number, Micros(time_us), Micros(time_us + 7))


def tick(time_us: int, price: str | Decimal, *, history: bool = False) -> MarketTick:
    """Return a trade of one coin."""
    trade_id = time_us // SECOND
    return MarketTick(
        BTC, Decimal(price), Decimal(1), "buy", trade_id, Micros(time_us), history=history
    )


def hourly(rows: Iterable[tuple[str, str, str, str]], begin_us: int = 0) -> Iterator[MarketTick]:
    """Yield four trades per bar: open, high, low, close."""
    for hour, prices in enumerate(rows):
        for quarter, price in enumerate(prices):
            yield tick(begin_us + hour * HOUR_US + quarter * HOUR_US // 4, price)
