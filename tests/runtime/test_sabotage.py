"""Would the tests of this room notice if its promises were broken on purpose?

Each sabotage patches the real code; the test that guards the promise must then fail.
"""

from collections import deque
from collections.abc import Callable

import pytest

from s1mpletrader.model.inputs import MarketTick
from s1mpletrader.model.market import Bar
from s1mpletrader.runtime.bars import BarBuilder
from s1mpletrader.runtime.decisions import Decisions, FlowResult
from s1mpletrader.runtime.event_adapter import EventAdapter
from s1mpletrader.runtime.event_bus import EventBus, Flow
from s1mpletrader.runtime.flow import LinkRuntime
from s1mpletrader.runtime.ohlcv_window import OhlcvWindow
from s1mpletrader.runtime.tick_cache import TickCache
from s1mpletrader.runtime.trading_context import TickContext
from s1mpletrader.runtime.worker_states import StateBox
from tests.runtime import test_bars, test_event_bus, test_link_runtime, test_ohlcv_window
from tests.runtime.world import HOUR_US

Patch = Callable[[pytest.MonkeyPatch], None]


def one_cache_for_all_flows(patch: pytest.MonkeyPatch) -> None:
    def branch(self: TickCache, payload: object) -> TickCache:
        self.put(payload)
        return self

    patch.setattr(TickCache, "branch", branch)


def history_decides(patch: pytest.MonkeyPatch) -> None:
    def take(self: Decisions) -> FlowResult:
        self._moment.present.history = False
        return real(self)

    real = Decisions.take
    patch.setattr(Decisions, "take", take)


def failures_are_logged_and_forgotten(patch: pytest.MonkeyPatch) -> None:
    def call(
        self: EventAdapter, worker: Callable[[object], object], argument: object, flow: Flow
    ) -> bool:
        try:
            return self._obey(worker(argument), flow)
        except (ValueError, RecursionError, SystemExit):
            return False

    patch.setattr(EventAdapter, "_call", call)


def any_result_is_taken(patch: pytest.MonkeyPatch) -> None:
    def put(self: TickContext, worker: object, dto: object) -> None:
        del worker
        self._cache.put(dto)

    patch.setattr(TickContext, "set_result_dto", put)


def published_events_run_at_once(patch: pytest.MonkeyPatch) -> None:
    def publish(self: EventBus, flow: Flow) -> None:
        self._metrics.events_published += 1
        self._run(flow)

    patch.setattr(EventBus, "publish", publish)


def the_newest_event_runs_first(patch: pytest.MonkeyPatch) -> None:
    class Stack(deque[Flow]):
        def popleft(self) -> Flow:
            return self.pop()

    def publish(self: EventBus, flow: Flow) -> None:
        self._queue = Stack(self._queue)
        self._queue.append(flow)

    patch.setattr(EventBus, "publish", publish)


def stop_goes_on(patch: pytest.MonkeyPatch) -> None:
    def run(self: EventBus, flow: Flow) -> None:
        for step in self._steps.get((flow.source, flow.event), ()):
            step.handler(flow)

    patch.setattr(EventBus, "_run", run)


def events_reach_everybody(patch: pytest.MonkeyPatch) -> None:
    def run(self: EventBus, flow: Flow) -> None:
        for (_, event), steps in self._steps.items():
            if event == flow.event:
                for step in steps:
                    step.handler(flow)

    patch.setattr(EventBus, "_run", run)


def the_open_bar_is_shown(patch: pytest.MonkeyPatch) -> None:
    def get(self: OhlcvWindow, timestamp: int, lookback: int) -> tuple[Bar, ...]:
        del timestamp
        return self.bars[-lookback:]

    patch.setattr(OhlcvWindow, "get_window", get)


def late_trades_change_the_open_bar(patch: pytest.MonkeyPatch) -> None:
    def add(self: BarBuilder, tick: MarketTick) -> tuple[Bar, ...]:
        if self.open_bar is not None and tick.time_us < self.open_bar.begin_us:
            self.open_bar = self._first(tick, self.open_bar.begin_us)
            return ()
        return real(self, tick)

    real = BarBuilder.add
    patch.setattr(BarBuilder, "add", add)


def the_bar_under_way_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(LinkRuntime, "_restore_bars", lambda *_: None)


def worker_state_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(StateBox, "restore", lambda *_: None)


SABOTAGES: list[tuple[Patch, Callable[[], None]]] = [
    (one_cache_for_all_flows, test_link_runtime.test_two_opportunities_of_one_tick_do_not_mix),
    (
        history_decides,
        test_link_runtime.test_history_teaches_the_workers_and_decides_nothing,
    ),
    (
        failures_are_logged_and_forgotten,
        lambda: test_link_runtime.test_a_worker_that_raises_ends_its_flow_and_is_quarantined(
            ValueError("no")
        ),
    ),
    (any_result_is_taken, test_link_runtime.test_an_undeclared_result_is_refused_and_counted),
    (
        published_events_run_at_once,
        test_event_bus.test_a_published_event_waits_until_the_publishers_flow_is_over,
    ),
    (
        the_newest_event_runs_first,
        test_event_bus.test_published_events_are_delivered_in_the_order_of_publication,
    ),
    (stop_goes_on, test_event_bus.test_stop_ends_its_own_branch_and_no_other),
    (
        events_reach_everybody,
        test_event_bus.test_an_event_reaches_only_those_wired_to_its_publisher,
    ),
    (
        the_open_bar_is_shown,
        lambda: test_ohlcv_window.test_a_bar_is_seen_from_the_moment_it_closed(3 * HOUR_US - 1, 1),
    ),
    (
        late_trades_change_the_open_bar,
        test_bars.test_a_trade_older_than_the_open_bar_changes_nothing,
    ),
    (
        the_bar_under_way_is_forgotten,
        lambda: test_link_runtime.test_a_restored_link_goes_on_as_if_it_had_not_stopped(130),
    ),
    (
        worker_state_is_forgotten,
        lambda: test_link_runtime.test_a_restored_link_goes_on_as_if_it_had_not_stopped(130),
    ),
]


@pytest.mark.parametrize(
    ("sabotage", "guard"), SABOTAGES, ids=[each[0].__name__ for each in SABOTAGES]
)
def test_a_broken_promise_is_noticed(
    monkeypatch: pytest.MonkeyPatch, sabotage: Patch, guard: Callable[[], None]
) -> None:
    guard()
    sabotage(monkeypatch)
    with pytest.raises(AssertionError):
        guard()
