"""How well is the engine, and may the watchdog be fed?"""

import inspect

import msgspec
import pytest

from s1mpletrader.core import health
from s1mpletrader.core.health import Beats, HealthStatus, pulse, verdict
from s1mpletrader.model.base import Micros

NOW = Micros(1_000_000_000)
WELL = Beats(
    health=HealthStatus(
        event_bus_alive=True,
        strategies_running=1,
        last_tick_timestamp=Micros(5),
        cache_memory_usage=100,
        validation_errors_last_hour=0,
    ),
    started_us=Micros(0),
    probe_us=Micros(NOW - 1_000_000),
    writer_age_us=Micros(0),
    is_state_restored=True,
    is_reconciled=True,
    is_feed_up=True,
)


def changed(**what: object) -> Beats:
    return msgspec.structs.replace(WELL, **what)


def test_all_well_is_ok_without_reasons() -> None:
    found = verdict(WELL, NOW)
    assert (found.status, found.reasons, found.is_alive, found.is_ready) == ("ok", (), True, True)


@pytest.mark.parametrize(("age_us", "fed"), [(10_000_000, True), (10_000_001, False)])
def test_the_watchdog_starves_when_no_probe_comes_through(age_us: int, *, fed: bool) -> None:
    found = verdict(changed(probe_us=Micros(NOW - age_us)), NOW)
    assert found.is_alive is fed
    assert found.status == ("ok" if fed else "failing")


@pytest.mark.parametrize(("age_us", "fed"), [(59_999_999, True), (60_000_000, False)])
def test_the_watchdog_starves_when_storage_does_not_answer(age_us: int, *, fed: bool) -> None:
    found = verdict(changed(writer_age_us=Micros(age_us)), NOW)
    assert found.is_alive is fed
    assert fed or found.reasons == ("writer: oldest write waits 60.0 s",)


def test_a_lost_exchange_and_a_quiet_market_do_not_starve_the_watchdog() -> None:
    quiet = msgspec.structs.replace(WELL.health, last_tick_timestamp=None)
    beats = changed(health=quiet, is_feed_up=False, is_reconciled=False, halts=("liveness",))
    found = verdict(beats, NOW)
    assert found.is_alive
    assert not found.is_ready
    assert found.status == "degraded"
    assert found.reasons == ("reconcile: not agrees", "feed: not up", "halted: liveness")


def test_market_data_cannot_feed_the_watchdog_because_it_has_no_way_in() -> None:
    assert list(inspect.signature(pulse).parameters) == ["probe_us", "writer_age_us", "now_us"]


def lies() -> list[str]:
    """Return in which of these situations the verdict feeds or starves the watchdog wrongly."""
    busy = msgspec.structs.replace(WELL.health, last_tick_timestamp=NOW)
    quiet = msgspec.structs.replace(WELL.health, last_tick_timestamp=None)
    hung = {"probe_us": Micros(0)}
    stalled = {"writer_age_us": Micros(60_000_000)}
    expected = {
        "hung in a busy market": (changed(health=busy, **hung), False),
        "stalled in a busy market": (changed(health=busy, **stalled), False),
        "well in a quiet market": (changed(health=quiet, is_feed_up=False), True),
    }
    return [name for name, (beats, fed) in expected.items() if verdict(beats, NOW).is_alive != fed]


def ignore_the_probe(
    probe_us: Micros, writer_age_us: Micros, now_us: Micros
) -> tuple[health.Check, ...]:
    del probe_us
    return pulse(now_us, writer_age_us, now_us)


def ignore_the_writer(
    probe_us: Micros, writer_age_us: Micros, now_us: Micros
) -> tuple[health.Check, ...]:
    del writer_age_us
    return pulse(probe_us, Micros(0), now_us)


def test_the_watchdog_tells_the_truth_and_a_rule_that_does_not_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert lies() == []
    monkeypatch.setattr(health, "pulse", ignore_the_probe)
    assert lies() == ["hung in a busy market"]
    monkeypatch.setattr(health, "pulse", ignore_the_writer)
    assert lies() == ["stalled in a busy market"]


@pytest.mark.parametrize(
    "what",
    [
        {"is_state_restored": False},
        {"is_reconciled": False},
        {"is_feed_up": False},
        {"halts": ("operator",)},
        {"health": msgspec.structs.replace(WELL.health, event_bus_alive=False)},
        {"health": msgspec.structs.replace(WELL.health, strategies_running=0)},
    ],
)
def test_each_missing_part_means_not_ready_and_says_which(what: dict[str, object]) -> None:
    found = verdict(changed(**what), NOW)
    assert found.is_alive
    assert not found.is_ready
    assert len(found.reasons) == 1


def test_the_numbers_fit_each_other() -> None:
    assert health.WRITER_AGE_GATE_US < health.PROBE_AGE_MAX_US < health.WRITER_AGE_MAX_US
    assert set(HealthStatus.__struct_fields__) == {
        "event_bus_alive",
        "strategies_running",
        "last_tick_timestamp",
        "cache_memory_usage",
        "validation_errors_last_hour",
    }
