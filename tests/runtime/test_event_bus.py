"""Do events run in order, to completion, and not for ever?"""

import pytest

from s1mpletrader.errors import ConfigurationError, EventBudgetExceeded
from s1mpletrader.model.events import TICK_CACHE_MANAGER as MANAGER
from s1mpletrader.model.events import TICK_FLOW_START
from s1mpletrader.model.ids import OpportunityId, Symbol, ThreatId, WorkerId
from s1mpletrader.model.signals import CriticalEvent, ExitSignal, OpportunitySignal
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.runtime.contract import WorkerContract
from s1mpletrader.runtime.event_bus import STEPS_MAX, EventBus, Route, Step, compile_routes
from s1mpletrader.runtime.flow import LinkRuntime
from s1mpletrader.runtime.link_desk import LinkDesk
from s1mpletrader.runtime.metrics import MetricsCollector
from tests.runtime.bench_workers import STOP, Diary, desk_of, wire
from tests.runtime.world import Tape, tick

EXIT = ExitSignal(Symbol("BTC/USD"), WorkerId("a"), "because", tick(0, "1").time_us)
SIGNAL = OpportunitySignal(
    OpportunityId("o"), Symbol("BTC/USD"), WorkerId("a"), "because", tick(0, "1").time_us
)
THREAT = CriticalEvent(ThreatId("t"), "DANGER", "a", "because", tick(0, "1").time_us)
START = (MANAGER, TICK_FLOW_START)


def may(worker: str, *events: str) -> WorkerContract:
    return WorkerContract(WorkerId(worker), publishes=frozenset(events))


def run(link: LinkRuntime) -> None:
    tape = Tape()
    result = link.on_tick(tick(0, "100"), tape.stamp(0), tape.books, tape.ids)
    assert result.failures == ()


def test_continue_runs_the_chain_inline_before_the_next_branch() -> None:
    diary = Diary()
    workers = [diary.worker(name) for name in ("a", "a1", "a2", "b")]
    wires = [(*START, "a"), ("a", "a_OUTPUT", "a1"), ("a1", "a1_OUTPUT", "a2"), (*START, "b")]
    run(wire(desk_of(), workers, wires))
    assert diary.names == ["a", "a1", "a2", "b"]


def test_stop_ends_its_own_branch_and_no_other() -> None:
    diary = Diary()
    workers = [diary.worker("a", STOP), diary.worker("a1"), diary.worker("b")]
    run(wire(desk_of(), workers, [(*START, "a"), ("a", "a_OUTPUT", "a1"), (*START, "b")]))
    assert diary.names == ["a", "b"]


def test_a_published_event_waits_until_the_publishers_flow_is_over() -> None:
    diary = Diary()
    workers = [
        diary.worker("a", DispositionEnvelope.publish(EXIT)),
        diary.worker("never"),
        diary.worker("b"),
        diary.listener("on_exit"),
    ]
    wires = [
        (*START, "a"),
        ("a", "a_OUTPUT", "never"),
        ("a", "EXIT_SIGNALLED", "on_exit"),
        (*START, "b"),
    ]
    run(wire(desk_of(), workers, wires, [may("a", "EXIT_SIGNALLED")]))
    assert diary.names == ["a", "b", "on_exit"]


def test_published_events_are_delivered_in_the_order_of_publication() -> None:
    diary = Diary()
    workers = [
        diary.worker("a", DispositionEnvelope.publish(EXIT)),
        diary.worker("b", DispositionEnvelope.publish(THREAT)),
        diary.listener("first", DispositionEnvelope.publish(SIGNAL)),
        diary.listener("second"),
        diary.listener("third"),
    ]
    wires = [
        (*START, "a"),
        (*START, "b"),
        ("a", "EXIT_SIGNALLED", "first"),
        ("b", "THREAT_DETECTED", "second"),
        ("first", "SIGNAL_GENERATED", "third"),
    ]
    allowed = [may("a", "EXIT_SIGNALLED"), may("b", "THREAT_DETECTED")]
    link = wire(desk_of(), workers, wires, [*allowed, may("first", "SIGNAL_GENERATED")])
    run(link)
    assert diary.names == ["a", "b", "first", "second", "third"]
    assert link.metrics.events_published == 4


def test_an_event_reaches_only_those_wired_to_its_publisher() -> None:
    diary = Diary()
    workers = [
        diary.worker("a", DispositionEnvelope.publish(EXIT)),
        diary.worker("b", DispositionEnvelope.publish(EXIT)),
        diary.listener("of_a"),
        diary.listener("of_b"),
    ]
    wires = [
        (*START, "a"),
        (*START, "b"),
        ("a", "EXIT_SIGNALLED", "of_a"),
        ("b", "EXIT_SIGNALLED", "of_b"),
    ]
    allowed = [may("a", "EXIT_SIGNALLED"), may("b", "EXIT_SIGNALLED")]
    run(wire(desk_of(), workers, wires, allowed))
    assert diary.names == ["a", "b", "of_a", "of_b"]


def looping_link(diary: Diary, events_max: int, rounds: int) -> LinkRuntime:
    """Return a link whose worker answers its own event `rounds` times."""

    def again(event: object) -> DispositionEnvelope:
        diary.names.append("again")
        return STOP if len(diary.names) >= rounds else DispositionEnvelope.publish(event)

    desk: LinkDesk = desk_of()
    desk.bus = EventBus(desk.metrics, events_max=events_max)
    looper = diary.listener("looper")
    looper._answer = again
    starter = diary.worker("starter", DispositionEnvelope.publish(EXIT))
    wires = [
        (*START, "starter"),
        ("starter", "EXIT_SIGNALLED", "looper"),
        ("looper", "EXIT_SIGNALLED", "looper"),
    ]
    allowed = [may("starter", "EXIT_SIGNALLED"), may("looper", "EXIT_SIGNALLED")]
    return wire(desk, [starter, looper], wires, allowed)


def test_as_many_events_as_the_budget_allows_may_happen() -> None:
    diary = Diary()
    run(looping_link(diary, events_max=10, rounds=10))  # starter writes one name, looper nine
    assert len(diary.names) == 10


def test_one_event_more_is_refused_and_what_was_dropped_is_named() -> None:
    diary = Diary()
    link = looping_link(diary, events_max=10, rounds=11)
    with pytest.raises(EventBudgetExceeded, match="more than 10 events; 1 were dropped: EXIT_SIGN"):
        run(link)
    assert len(diary.names) == 10


def test_nothing_dropped_is_delivered_to_the_next_input() -> None:
    diary = Diary()
    link = looping_link(diary, events_max=2, rounds=5)
    with pytest.raises(EventBudgetExceeded):
        run(link)
    assert not link._desk.bus._queue


def test_a_circle_of_outputs_is_refused_when_compiled() -> None:
    routes = [
        Route(MANAGER, TICK_FLOW_START, WorkerId("a"), "process"),
        Route("a", "a_OUTPUT", WorkerId("b"), "process"),
        Route("b", "b_OUTPUT", WorkerId("a"), "process"),
    ]
    with pytest.raises(ConfigurationError, match=r"circle: .*a_OUTPUT -> b_OUTPUT -> a_OUTPUT"):
        compile_routes(routes, lambda _: lambda _: True)


def wide(count: int) -> list[Route]:
    return [Route(MANAGER, TICK_FLOW_START, WorkerId(f"w{n}"), "process") for n in range(count)]


def test_a_wiring_of_as_many_steps_as_allowed_is_compiled() -> None:
    steps = compile_routes(wide(STEPS_MAX), lambda _: lambda _: True)
    assert len(steps[START]) == STEPS_MAX


def test_a_wiring_of_more_steps_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=f"more than {STEPS_MAX} steps"):
        compile_routes(wide(STEPS_MAX + 1), lambda _: lambda _: True)


def test_an_event_nobody_listens_to_is_counted_and_forgotten() -> None:
    metrics = MetricsCollector()
    bus = EventBus(metrics)
    bus.wire({START: (Step(lambda _: True, 1),)})
    assert bus.is_wired(*START)
    assert not bus.is_wired("nobody", "NOTHING")
    bus.drain()
    assert metrics.events_published == 0
