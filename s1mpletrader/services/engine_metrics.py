"""Which numbers does the engine give to whoever scrapes it?

Counters grow with the groups of this run; everything else is read where it lives at the moment of
the scrape. No money and no ids (SAFETY X).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from s1mpletrader.core.trader import Trader
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.host.metrics import Sample
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND
from s1mpletrader.model.groups import Group
from s1mpletrader.model.looks import Complete, Partial
from s1mpletrader.ports import JournalPersistor
from s1mpletrader.services.desk import Link


class EngineMetrics:
    """`MetricsSource` of one run."""

    def __init__(
        self,
        trader: Trader,
        links: Callable[[], Iterable[Link]],
        journal: JournalPersistor,
        inbox: Inbox,
    ) -> None:
        self._trader = trader
        self._links = links
        self._journal = journal
        self._inbox = inbox
        self._has_connected = False
        self._counts: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def observe(self, group: Group) -> None:
        """Count what happened in a group of this run."""
        match group.input:
            case inputs.ConnectionChanged(_, "subscribed"):
                if self._has_connected:
                    self._count("feed_reconnects_total")
                self._has_connected = True
            case inputs.LookTaken(look):
                kind = {Complete: "complete", Partial: "partial"}.get(type(look), "unavailable")
                self._count("reconciliations_total", kind)
            case _:
                pass  # counted from books and links
        for record in group.records:
            self._observe(record)

    def _observe(self, record: records.Record) -> None:
        match record:
            case records.Intended(_, role):
                self._count("orders_total", role)
            case records.Filled(_, fill):
                self._count("fills_total", fill.side)
            case records.Discrepancy(kind):
                self._count("reconciliation_mismatches_total", kind)
            case records.AlertRaised(level):
                self._count("alerts_total", level)
            case _:
                pass  # not counted

    def _count(self, name: str, *labels: str) -> None:
        self._counts[name, labels] += 1

    def samples(self) -> Iterator[Sample]:
        """Yield the present value of every metric that has one."""
        for (name, labels), value in self._counts.items():
            yield Sample(name, value, labels)
        yield from self._of_links()
        yield from self._of_books()
        yield Sample("inbox_length", len(self._inbox))
        yield Sample("inbox_dropped_total", self._inbox.dropped)
        yield Sample("journal_durable_number", self._journal.durable_number)
        yield Sample("journal_oldest_wait_seconds", self._journal.oldest_wait_us() / SECOND)

    def _of_links(self) -> Iterator[Sample]:
        for link in self._links():
            metrics, label = link.runtime.metrics, (str(link.runtime.link),)
            for name in (
                "ticks_processed",
                "events_published",
                "workers_executed",
                "cache_hits",
                "cache_misses",
                "validation_errors",
            ):
                yield Sample(f"{name}_total", getattr(metrics, name), label)
            yield Sample("strategy_running", 1, label)
            last = self._trader.books.last_ticks.get(link.runtime.symbol)
            if last is not None:
                yield Sample("last_tick_timestamp_seconds", last.time_us / SECOND, label)

    def _of_books(self) -> Iterator[Sample]:
        books, memory = self._trader.books, self._trader.memory
        for reason, count in Counter(halt.reason for halt in books.halts.values()).items():
            yield Sample("gate_halts", count, (reason,))
        yield Sample("feed_connected", float(memory.is_subscribed))
        yield Sample("orders_open", len(books.live))
        yield Sample("orders_in_doubt", sum(each.is_in_doubt for each in books.live_orders()))
        yield Sample("journal_number", books.stamp.number)
        yield Sample("unprotected_seconds_total", memory.unprotected_for_us / SECOND)
        if books.agreed_us:
            moment = books.agreed_us / SECOND
            yield Sample("reconciliation_last_success_timestamp_seconds", moment)
