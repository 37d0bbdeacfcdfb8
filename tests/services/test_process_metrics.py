"""Does the process tell its own numbers, in Prometheus' words?"""

from typing import cast

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trader import Trader
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.host.log import LogSink
from s1mpletrader.host.log_format import JsonLines
from s1mpletrader.host.metrics import FAMILIES, registry
from s1mpletrader.host.service_notifier import ServiceNotifier
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.sync_times import SyncTimes
from s1mpletrader.ports import ServiceManager
from s1mpletrader.services.engine_metrics import EngineMetrics
from s1mpletrader.services.process_metrics import ProcessMetrics
from s1mpletrader.services.watchdog import Watchdog
from tests.docs import tables
from tests.exchange.world import HandClock
from tests.services.test_desk import Notes, desk_of


def engine_metrics() -> EngineMetrics:
    return EngineMetrics(Trader(Rules(), tag=7), lambda: (), Notes(), Inbox(HandClock()))


def scraped(times: SyncTimes) -> dict[str, float]:
    clock, trader = HandClock(), Trader(Rules(), tag=7)
    nobody = cast("ServiceManager", None)
    desk, inbox = desk_of(trader), Inbox(clock)
    watchdog = Watchdog(desk, inbox, Notes(), clock, nobody, every_us=Micros(SECOND))
    log, notifier = LogSink(2, JsonLines(clock)), ServiceNotifier(None)
    clock.monotonic += 5 * SECOND
    log.dropped, notifier.dropped, watchdog.pings, watchdog.late_us = 1, 2, 3, Micros(500_000)
    source = ProcessMetrics(engine_metrics(), watchdog, times, notifier, log)
    page = generate_latest(registry(source, "paper")).decode()
    return {
        each.name + "".join(each.labels.values()): each.value
        for family in text_string_to_metric_families(page)
        for each in family.samples
    }


def test_every_metric_of_the_table_is_measured() -> None:
    assert "not yet measured" not in tables.metrics()
    assert "cache_bytes" not in {each.name for each in FAMILIES}


def test_the_process_tells_how_long_how_late_and_what_was_dropped() -> None:
    found = scraped(SyncTimes())
    assert found["s1mpletrader_up_seconds"] == 5
    assert found["s1mpletrader_event_loop_lag_seconds"] == 0.5
    assert found["s1mpletrader_watchdog_pings_total"] == 3
    assert found["s1mpletrader_notifications_dropped_total"] == 2
    assert found["s1mpletrader_log_records_dropped_total"] == 1


def test_sync_times_are_a_histogram_of_seconds() -> None:
    times = SyncTimes()
    for took_us in (500, 501, 3_000_000):
        times.observe(Micros(took_us))
    found = scraped(times)
    assert found["s1mpletrader_journal_sync_seconds_bucket0.0005"] == 1
    assert found["s1mpletrader_journal_sync_seconds_bucket0.001"] == 2
    assert found["s1mpletrader_journal_sync_seconds_bucket2.5"] == 2
    assert found["s1mpletrader_journal_sync_seconds_bucket+Inf"] == 3
    assert found["s1mpletrader_journal_sync_seconds_sum"] == 3.001001


def test_the_first_connection_is_no_reconnect() -> None:
    measures = engine_metrics()
    connected = inputs.ConnectionChanged(1, "subscribed")
    for expected in (0, 1, 2):
        measures.observe(Group(inputs.Stamp(1, Micros(1), Micros(1)), connected, ()))
        found = {each.name: each.value for each in measures.samples()}
        assert found.get("feed_reconnects_total", 0) == expected
