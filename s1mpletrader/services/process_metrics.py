"""Which numbers does the process have besides those of its trading?

How long it runs, how punctual its loop is, what the disk takes, and what was dropped on the way
to those who listen.
"""

from collections.abc import Iterator
from itertools import accumulate

from s1mpletrader.host.log import LogSink
from s1mpletrader.host.metrics import Sample
from s1mpletrader.host.service_notifier import ServiceNotifier
from s1mpletrader.model.base import SECOND
from s1mpletrader.persistence.sync_times import BOUNDS_US, SyncTimes
from s1mpletrader.services.engine_metrics import EngineMetrics
from s1mpletrader.services.watchdog import Watchdog


class ProcessMetrics:
    """`MetricsSource` of the process, and of the engine in it."""

    def __init__(
        self,
        engine: EngineMetrics,
        watchdog: Watchdog,
        sync_times: SyncTimes,
        notifier: ServiceNotifier,
        log: LogSink,
    ) -> None:
        self._engine = engine
        self._watchdog = watchdog
        self._sync_times = sync_times
        self._notifier = notifier
        self._log = log

    def samples(self) -> Iterator[Sample]:
        """Yield the present value of every metric that has one."""
        yield from self._engine.samples()
        yield Sample("up_seconds", self._watchdog.up_us() / SECOND)
        yield Sample("event_loop_lag_seconds", self._watchdog.late_us / SECOND)
        yield Sample("watchdog_pings_total", self._watchdog.pings)
        yield Sample("notifications_dropped_total", self._notifier.dropped)
        yield Sample("log_records_dropped_total", self._log.dropped)
        yield _syncs(self._sync_times)


def _syncs(times: SyncTimes) -> Sample:
    bounds = [*(str(each / SECOND) for each in BOUNDS_US), "+Inf"]
    counts = accumulate(map(float, tuple(times.counts)))
    buckets = tuple(zip(bounds, counts, strict=True))
    return Sample("journal_sync_seconds", times.sum_us / SECOND, (), buckets)
