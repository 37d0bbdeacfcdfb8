"""What can be counted about the engine from outside?

The table of families is the contract with dashboards and rules; money and ids are in none of them
(SAFETY X). The engine hands over samples when asked; nothing is counted twice.
"""

import platform
from collections.abc import Iterable, Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from s1mpletrader import __version__
from s1mpletrader.errors import InternalError
from s1mpletrader.model.base import Value

PREFIX = "s1mpletrader_"


class Family(Value, frozen=True):
    """One metric; names ending in `_total` are counters, all others gauges or histograms."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    is_histogram: bool = False

    @property
    def is_counter(self) -> bool:
        """Whether it only grows."""
        return self.name.endswith("_total")

    @property
    def kind(self) -> str:
        """Return Prometheus' word for it."""
        return "histogram" if self.is_histogram else "counter" if self.is_counter else "gauge"


FAMILIES = (
    Family("build_info", "Version, Python and mode; always 1", ("version", "python", "mode")),
    Family("up_seconds", "Time since the start"),
    Family("strategy_running", "1 while the link trades or could", ("strategy_link",)),
    Family("gate_halts", "Standing reasons that refuse entries", ("reason",)),
    Family("ticks_processed_total", "Ticks that ran through a link", ("strategy_link",)),
    Family("events_published_total", "Events on a link's bus", ("strategy_link",)),
    Family("workers_executed_total", "Calls of workers", ("strategy_link",)),
    Family("cache_hits_total", "DTOs found in the tick cache", ("strategy_link",)),
    Family("cache_misses_total", "DTOs asked for in vain", ("strategy_link",)),
    Family("validation_errors_total", "DTOs that a manifest does not allow", ("strategy_link",)),
    Family("last_tick_timestamp_seconds", "Market time of the last tick", ("strategy_link",)),
    Family("feed_connected", "1 while frames arrive in time"),
    Family("feed_reconnects_total", "Connections after the first"),
    Family("inbox_length", "Inputs that wait for the consumer"),
    Family("inbox_dropped_total", "Market inputs dropped, to be read later as history"),
    Family("event_loop_lag_seconds", "How late the loop was at its last probe"),
    Family("reconciliations_total", "Looks at the exchange", ("result",)),
    Family("reconciliation_mismatches_total", "Discrepancies", ("kind",)),
    Family("reconciliation_last_success_timestamp_seconds", "When a look last agreed"),
    Family("orders_total", "Intents", ("role",)),
    Family("orders_open", "Orders that are not final"),
    Family("orders_in_doubt", "Orders that nobody knows about"),
    Family("fills_total", "Executions booked", ("side",)),
    Family("unprotected_seconds_total", "Time that a holding was without its stop"),
    Family("journal_number", "The last input's number"),
    Family("journal_durable_number", "The last input known to be durable"),
    Family("journal_oldest_wait_seconds", "Age of the oldest write without acknowledgement"),
    Family("journal_sync_seconds", "How long the disk took to keep a promise", (), True),
    Family("alerts_total", "Alerts raised", ("level",)),
    Family("watchdog_pings_total", "How often the watchdog was fed"),
    Family("notifications_dropped_total", "Service notifications that did not leave at once"),
    Family("log_records_dropped_total", "Log lines that found no room"),
)
_BY_NAME = {family.name: family for family in FAMILIES}


class Sample(Value, frozen=True):
    """One number; `labels` are the values of the family's labels, in their order."""

    name: str
    value: float
    labels: tuple[str, ...] = ()
    buckets: tuple[tuple[str, float], ...] = ()
    """Of a histogram, whose sum is `value`: upper bounds and how many fell at or below them."""


class MetricsSource(Protocol):
    """Who knows the numbers."""

    def samples(self) -> Iterable[Sample]:
        """Return the present value of every metric that has one."""
        ...


class EngineCollector(Collector):
    """Turns samples into families when somebody scrapes."""

    def __init__(self, source: MetricsSource, mode: str) -> None:
        self._source = source
        self._mode = mode

    def collect(self) -> Iterator[Metric]:
        """Yield the families that have samples; raises `InternalError` for an unknown one."""
        found: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        python = platform.python_version()
        build = Sample("build_info", 1, (__version__, python, self._mode))
        for sample in (build, *self._source.samples()):
            family = _BY_NAME.get(sample.name)
            if family is None or len(sample.labels) != len(family.labels):
                text = f"metric {sample.name!r} with {len(sample.labels)} labels is in no table"
                raise InternalError(text)
            if family.is_histogram:
                name, about = PREFIX + family.name, family.help
                yield HistogramMetricFamily(name, about, sample.buckets, sample.value)
                continue
            metric = found.setdefault(sample.name, _metric(family))
            metric.add_metric(sample.labels, sample.value)
        yield from found.values()


def _metric(family: Family) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if family.is_counter else GaugeMetricFamily
    return kind(PREFIX + family.name, family.help, labels=family.labels)


def registry(source: MetricsSource, mode: str) -> CollectorRegistry:
    """Return a registry of its own with the engine, the process and its garbage collector."""
    found = CollectorRegistry()
    found.register(EngineCollector(source, mode))
    ProcessCollector(registry=found)
    GCCollector(registry=found)
    return found
