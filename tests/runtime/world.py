"""A small world around a `LinkRuntime`: books that a test sets, ids that count, numbered ticks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from s1mpletrader.assembly.config_files import load_configuration
from s1mpletrader.assembly.event_wiring_factory import EventWiringFactory
from s1mpletrader.assembly.worker_factory import WorkerFactory
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import LinkId
from s1mpletrader.model.inputs import MarketTick, Stamp
from s1mpletrader.plugin.testing import BTC_USD, FakeLedger
from s1mpletrader.runtime.flow import LinkRuntime

ROOT = Path(__file__).parents[2]
LINK = LinkId("btc_trend")
HOUR_US = 3_600 * SECOND


def ema_cross_link() -> LinkRuntime:
    """Return the shipped strategy, built by the factories from the shipped configuration."""
    assembly = load_configuration(ROOT / "config", ROOT)
    (spec,) = assembly.specs.workforce_spec
    wiring = assembly.specs.strategy_wiring_spec[spec.link]
    return EventWiringFactory(WorkerFactory(assembly.plugins)).build(spec, wiring)


class CountingIds:
    """Ids that count up."""

    def __init__(self) -> None:
        self._count = 0

    def new(self) -> str:
        """Return the next id."""
        self._count += 1
        return f"id-{self._count}"


@dataclass
class Tape:
    """Numbers and stamps ticks."""

    number: int = 0
    books: FakeLedger = field(default_factory=FakeLedger)
    ids: CountingIds = field(default_factory=CountingIds)

    def stamp(self, time_us: int) -> Stamp:
        """Return the stamp of the next input."""
        self.number += 1
        return Stamp(self.number, Micros(time_us), Micros(time_us + 7))


def tick(time_us: int, price: str | Decimal, *, history: bool = False) -> MarketTick:
    """Return a trade of one coin."""
    trade_id = time_us // SECOND
    return MarketTick(
        BTC_USD.symbol,
        Decimal(price),
        Decimal(1),
        "buy",
        trade_id,
        Micros(time_us),
        history=history,
    )


def hourly(rows: Iterable[tuple[str, str, str, str]], begin_us: int = 0) -> Iterator[MarketTick]:
    """Yield four trades per bar: open, high, low, close."""
    for hour, prices in enumerate(rows):
        for quarter, price in enumerate(prices):
            yield tick(begin_us + hour * HOUR_US + quarter * HOUR_US // 4, price)
