"""What does a link make of failing workers, history, restarts and the engine's events?"""

from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar

import pytest
from msgspec.structs import replace

from s1mpletrader.errors import InternalError, StateCorrupt
from s1mpletrader.model.base import Value
from s1mpletrader.model.events import BAR_CLOSED, CONNECTION_LOST, TICK_FLOW_START
from s1mpletrader.model.events import TICK_CACHE_MANAGER as MANAGER
from s1mpletrader.model.ids import LinkId, OpportunityId, Symbol, ThreatId, TradeId, WorkerId
from s1mpletrader.model.inputs import ConnectionChanged, MarketTick
from s1mpletrader.model.records import (
    OpportunityFound,
    OpportunityRejected,
    ThreatDetected,
    WorkerQuarantined,
)
from s1mpletrader.model.signals import (
    ExitSignal,
    OpportunitySignal,
    RoutedTradePlan,
    TradingHalted,
)
from s1mpletrader.plugin import DispositionEnvelope, LedgerProvider, TradingContextProvider
from s1mpletrader.plugin.testing import BTC_USD
from s1mpletrader.runtime.contract import WorkerContract
from s1mpletrader.runtime.decisions import FlowResult
from s1mpletrader.runtime.flow import BARS, LinkRuntime
from s1mpletrader.runtime.link_desk import LinkDesk
from tests.runtime.bench_workers import PROCEED, STOP, Diary, Scripted, desk_of, wire
from tests.runtime.world import HOUR_US, LINK, Tape, ema_cross_link, hourly, tick

START = (MANAGER, TICK_FLOW_START)


class Finding(Value, frozen=True):
    """A DTO of these tests."""

    value: int


class Other(Value, frozen=True):
    """Another one."""


def feed(link: LinkRuntime, tape: Tape, given: MarketTick) -> FlowResult:
    return link.on_tick(given, tape.stamp(given.time_us), tape.books, tape.ids)


def rising() -> Iterable[MarketTick]:
    """Yield a fall and a rise that makes a golden cross, then a fall that undoes it."""
    closes = [200 - n for n in range(60)] + [140 + 5 * n for n in range(40)]
    closes += [340 - 5 * n for n in range(40)]
    rows = [(str(c), str(c + 2), str(c - 2), str(c)) for c in closes]
    return hourly(rows)


# --- a worker that fails ---


def failing(error: BaseException, *, then: Diary | None = None) -> tuple[LinkRuntime, Diary]:
    """Return a link whose first worker raises, with a worker behind it and one beside it."""
    diary = then or Diary()

    def process(context: TradingContextProvider) -> DispositionEnvelope:
        del context
        diary.names.append("bad")
        raise error

    workers = [Scripted("bad", process), diary.worker("behind"), diary.worker("beside")]
    wires = [(*START, "bad"), ("bad", "bad_OUTPUT", "behind"), (*START, "beside")]
    return wire(desk_of(), workers, wires), diary


@pytest.mark.parametrize("error", [ValueError("no"), RecursionError("deep"), SystemExit(0)])
def test_a_worker_that_raises_ends_its_flow_and_is_quarantined(error: BaseException) -> None:
    link, diary = failing(error)
    result = feed(link, Tape(), tick(0, "100"))
    text = f"{type(error).__name__}: {error}"
    assert diary.names == ["bad", "beside"]
    assert result.failed_worker == "bad"
    assert result.failures[0].error == text
    assert "in process" in result.failures[0].traceback
    assert result.records == (
        WorkerQuarantined(LINK, WorkerId("bad"), text),
        ThreatDetected(ThreatId("id-1"), "WORKER_FAILED", "bad", text, LINK),
    )
    assert [threat.kind for threat in result.threats] == ["WORKER_FAILED"]


def test_a_quarantined_worker_is_skipped_until_it_is_released() -> None:
    link, diary = failing(ValueError("no"))
    tape = Tape()
    feed(link, tape, tick(0, "100"))
    diary.names.clear()
    assert feed(link, tape, tick(1, "100")).failures == ()
    assert diary.names == ["beside"]
    assert link.quarantined == ("bad",)
    link.release(WorkerId("bad"))
    assert feed(link, tape, tick(2, "100")).failed_worker == "bad"


def test_a_worker_can_be_quarantined_as_the_journal_says() -> None:
    link, diary = failing(ValueError("no"))
    link.quarantine(link.workers[0])
    assert feed(link, Tape(), tick(0, "100")).failed_worker is None
    assert diary.names == ["beside"]


def test_an_interrupt_is_no_workers_failure() -> None:
    link, _ = failing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        feed(link, Tape(), tick(0, "100"))


def test_a_long_error_is_cut_for_the_journal() -> None:
    link, _ = failing(ValueError("x" * 10_000))
    result = feed(link, Tape(), tick(0, "100"))
    assert len(result.failures[0].error) == 500


# --- a worker that breaks its manifest ---


def one(worker: Scripted, contract: WorkerContract | None = None) -> LinkRuntime:
    contracts = [contract] if contract else []
    return wire(desk_of(), [worker], [(*START, worker.instance_id)], contracts)


def test_an_undeclared_result_is_refused_and_counted() -> None:
    def process(context: TradingContextProvider) -> DispositionEnvelope:
        context.set_result_dto(worker, Other())
        return PROCEED

    worker = Scripted("a", process)
    link = one(worker, WorkerContract(WorkerId("a"), produces=frozenset({Finding})))
    result = feed(link, Tape(), tick(0, "100"))
    told = [failure.error for failure in result.failures]
    assert told == ["PluginError: a produced Other, its manifest says Finding"]
    assert link.metrics.validation_errors == 1


class Untitled(Value, frozen=True):
    """A payload without an event name."""


class Named(Value, frozen=True):
    """A payload that names its event."""

    event_name: ClassVar[str] = "NAMED"


@pytest.mark.parametrize(
    ("payload", "told"), [(Named(), "published NAMED"), (Untitled(), "published Untitled")]
)
def test_an_undeclared_event_is_refused(payload: object, told: str) -> None:
    link = one(Scripted("a", lambda _: DispositionEnvelope.publish(payload)))
    result = feed(link, Tape(), tick(0, "100"))
    expected = f"PluginError: a {told}; its manifest declares no events"
    assert result.failures[0].error == expected
    assert link.metrics.validation_errors == 1


def test_a_declared_event_of_a_plugin_is_published() -> None:
    contract = WorkerContract(WorkerId("a"), publishes=frozenset({"NAMED"}))
    link = one(Scripted("a", lambda _: DispositionEnvelope.publish(Named())), contract)
    assert feed(link, Tape(), tick(0, "100")) == FlowResult()


def test_an_answer_that_is_no_envelope_is_refused() -> None:
    diary = Diary()
    worker = diary.worker("a")
    worker._answer = lambda _: None  # type: ignore[assignment, return-value]
    result = feed(one(worker), Tape(), tick(0, "100"))
    assert "answered None instead of a DispositionEnvelope" in result.failures[0].error


def test_a_missing_dto_is_told_by_name() -> None:
    def process(context: TradingContextProvider) -> DispositionEnvelope:
        context.get_required_dtos(worker)
        return PROCEED

    worker = Scripted("a", process)
    link = one(worker, WorkerContract(WorkerId("a"), requires=(Finding,)))
    result = feed(link, Tape(), tick(0, "100"))
    assert result.failures[0].error == "PluginError: a requires Finding, which no worker made"
    assert link.metrics.cache_misses == 1


# --- what one flow knows, no other knows ---


def test_the_cache_dies_with_the_tick() -> None:
    seen: list[int] = []

    def make(context: TradingContextProvider) -> DispositionEnvelope:
        if not seen:
            context.set_result_dto(maker, Finding(1))
        return PROCEED

    def use(context: TradingContextProvider) -> DispositionEnvelope:
        seen.append(context.get_required_dtos(user)[Finding].value)
        return PROCEED

    maker, user = Scripted("maker", make), Scripted("user", use)
    contracts = [
        WorkerContract(WorkerId("maker"), produces=frozenset({Finding})),
        WorkerContract(WorkerId("user"), requires=(Finding,)),
    ]
    wires = [(*START, "maker"), ("maker", "maker_OUTPUT", "user")]
    link, tape = wire(desk_of(), [maker, user], wires, contracts), Tape()
    assert feed(link, tape, tick(0, "100")).failures == ()
    assert feed(link, tape, tick(1, "100")).failed_worker == "user"
    assert seen == [1]
    assert link.metrics.cache_hits == 1


def signal(number: int) -> OpportunitySignal:
    at = tick(0, "1").time_us
    opportunity_id = OpportunityId(f"o-{number}")
    return OpportunitySignal(opportunity_id, BTC_USD.symbol, WorkerId("a"), "why", at)


def test_two_opportunities_of_one_tick_do_not_mix() -> None:
    seen: list[tuple[OpportunityId, bool]] = []

    def plan(context: TradingContextProvider) -> DispositionEnvelope:
        dtos = context.get_required_dtos(planner)
        knows_a_finding = context._cache.get(Finding) is not None  # type: ignore[attr-defined]
        seen.append((dtos[OpportunitySignal].opportunity_id, knows_a_finding))
        context.set_result_dto(planner, Finding(1))
        return STOP

    planner = Scripted("planner", plan)
    finders = [
        Scripted(f"f{n}", lambda _, n=n: DispositionEnvelope.publish(signal(n)))  # type: ignore[misc]
        for n in (1, 2)
    ]
    contracts = [
        WorkerContract(
            WorkerId("planner"), requires=(OpportunitySignal,), produces=frozenset({Finding})
        ),
        *(
            WorkerContract(f.instance_id, publishes=frozenset({"SIGNAL_GENERATED"}))
            for f in finders
        ),
    ]
    wires: list[tuple[str, str, str]] = [(*START, f.instance_id) for f in finders]
    wires += [(f.instance_id, "SIGNAL_GENERATED", "planner") for f in finders]
    feed(wire(desk_of(), [*finders, planner], wires, contracts), Tape(), tick(0, "100"))
    assert seen == [("o-1", False), ("o-2", False)]


# --- decisions ---


def test_every_opportunity_ends_in_a_plan_or_a_reason() -> None:
    contract = WorkerContract(WorkerId("a"), publishes=frozenset({"SIGNAL_GENERATED"}))
    link = one(Scripted("a", lambda _: DispositionEnvelope.publish(signal(1))), contract)
    found, rejected = feed(link, Tape(), tick(0, "100")).records
    assert isinstance(found, OpportunityFound)
    assert isinstance(rejected, OpportunityRejected)
    assert (rejected.opportunity_id, rejected.rule) == ("o-1", "planning")


PLAN = RoutedTradePlan(
    trade_id=TradeId("t"),
    opportunity_id=OpportunityId("o"),
    link=LINK,
    symbol=BTC_USD.symbol,
    qty=Decimal(1),
    limit_price=Decimal(100),
    stop_trigger=Decimal(90),
)


@pytest.mark.parametrize(
    "plan", [replace(PLAN, link=LinkId("other")), replace(PLAN, symbol=Symbol("SOL/USD"))]
)
def test_a_worker_cannot_trade_for_another_link_or_symbol(plan: RoutedTradePlan) -> None:
    desk = desk_of()

    def act(_: TradingContextProvider) -> DispositionEnvelope:
        desk.decisions.open_trade(plan)
        return STOP

    link = wire(desk, [Scripted("a", act)], [(*START, "a")])
    result = feed(link, Tape(), tick(0, "100"))
    assert result.plans == ()
    assert result.failed_worker == "a"


def test_a_worker_cannot_close_another_symbol() -> None:
    desk = desk_of()
    at = tick(0, "1").time_us

    def act(_: TradingContextProvider) -> DispositionEnvelope:
        desk.decisions.close_trade(ExitSignal(Symbol("SOL/USD"), WorkerId("a"), "why", at))
        return STOP

    link = wire(desk, [Scripted("a", act)], [(*START, "a")])
    result = feed(link, Tape(), tick(0, "100"))
    assert (result.exits, result.failed_worker) == ((), "a")


def test_a_plan_carries_the_protocol_time_of_its_input() -> None:
    link, tape = ema_cross_link(), Tape()
    results = [(feed(link, tape, t), t, tape.number) for t in rising()]
    ((result, at, number),) = [each for each in results if each[0].plans]
    (plan,) = result.plans
    assert plan.decided_us == at.time_us + 7
    assert (plan.trade_id, plan.opportunity_id) == ("id-2", "id-1")
    assert number > 60 * 4


def test_an_exit_is_asked_for_as_long_as_the_link_holds() -> None:
    link, tape = ema_cross_link(), Tape()
    exits = 0
    for each in rising():
        result = feed(link, tape, each)
        if result.plans:
            tape.books.open_trade = result.plans[0].trade_id
        exits += len(result.exits)
    assert exits > 1


def test_the_ledger_shows_the_books_of_the_input_under_way() -> None:
    desk, seen = desk_of(), []

    def look(_: TradingContextProvider) -> DispositionEnvelope:
        ledger: LedgerProvider = desk.moment
        seen.append((ledger.cash, ledger.capital, ledger.holding, ledger.open_trade))
        return STOP

    link, tape = wire(desk, [Scripted("a", look)], [(*START, "a")]), Tape()
    feed(link, tape, tick(0, "100"))
    tape.books.holding, tape.books.open_trade = Decimal(3), TradeId("t")
    feed(link, tape, tick(1, "100"))
    cash = capital = Decimal(10_000)
    assert seen == [(cash, capital, Decimal(0), None), (cash, capital, Decimal(3), "t")]


# --- history ---


def test_history_teaches_the_workers_and_decides_nothing() -> None:
    live, past, tape = ema_cross_link(), ema_cross_link(), Tape()
    ticks = list(rising())
    results = [feed(past, tape, replace(each, history=True)) for each in ticks]
    assert set(results) == {FlowResult()}
    decided = [feed(live, tape, each) for each in ticks]
    assert any(each.plans for each in decided)
    assert past.states() == live.states()


def test_a_failure_in_history_is_kept() -> None:
    link, _ = failing(ValueError("no"))
    result = feed(link, Tape(), tick(0, "100", history=True))
    assert [type(record) for record in result.records] == [WorkerQuarantined]
    assert result.failed_worker == "bad"
    assert result.threats == ()


# --- restart ---


@pytest.mark.parametrize("cut", [0, 1, 130, 243, 401])
def test_a_restored_link_goes_on_as_if_it_had_not_stopped(cut: int) -> None:
    ticks = list(rising())
    whole, first, second = ema_cross_link(), ema_cross_link(), ema_cross_link()
    tape, other = Tape(), Tape()
    expected = [feed(whole, tape, each) for each in ticks]
    found = [feed(first, other, each) for each in ticks[:cut]]
    second.restore(first.states())
    found += [feed(second, other, each) for each in ticks[cut:]]
    assert found == expected
    assert second.states() == whole.states()


def test_states_of_workers_that_are_gone_are_left_out() -> None:
    link = ema_cross_link()
    link.restore({WorkerId("gone"): b"{}"})
    assert list(link.states()) == [BARS]


@pytest.mark.parametrize("worker", ["ema", BARS])
@pytest.mark.parametrize("body", [b"", b"{}", b'{"fast":1}', b"\xff\xff"])
def test_a_state_that_cannot_be_read_stops_the_start(worker: str, body: bytes) -> None:
    with pytest.raises(StateCorrupt):
        ema_cross_link().restore({WorkerId(worker): body})


def test_bars_of_another_interval_are_left_out() -> None:
    link, tape = wire(desk_of(), [], []), Tape()
    feed(link, tape, tick(0, "100"))
    daily = LinkDesk(LINK, BTC_USD.symbol, 86_400)
    wire(daily, [], []).restore(link.states())
    assert daily.bars.open_bar is None
    assert daily.moment.last_price is None


def test_the_window_survives_a_restart() -> None:
    desk = desk_of(window_bars=2)
    link, tape = wire(desk, [], []), Tape()
    for hour in range(4):
        feed(link, tape, tick(hour * HOUR_US, str(100 + hour)))
    again = desk_of(window_bars=2)
    wire(again, [], []).restore(link.states())
    assert again.window.bars == desk.window.bars
    assert [str(bar.close) for bar in again.window.bars] == ["101", "102"]
    assert again.moment.last_price == Decimal(103)


def test_a_worker_can_only_remember_the_type_it_declared() -> None:
    box = desk_of().box(WorkerId("a"), Finding)
    with pytest.raises(TypeError, match="a set Other, not Finding"):
        box.set(Other())
    assert box.get() is None


# --- the engine's events ---


def lost() -> ConnectionChanged:
    return ConnectionChanged(3, "down", attempts=5, why="refused")


def test_a_lost_connection_halts_trading() -> None:
    link, tape = ema_cross_link(), Tape()
    result = link.on_event(CONNECTION_LOST, lost(), tape.stamp(0), tape.books, tape.ids)
    reason = "no message after 5 attempts: refused"
    assert result.records == (
        ThreatDetected(ThreatId("id-1"), "CONNECTION_LOST", "connection", reason, LINK),
    )
    halted = TradingHalted(ThreatId("id-1"), f"CONNECTION_LOST: {reason}", kind="CONNECTION_LOST")
    assert result.halts == (halted,)


def test_a_failed_worker_halts_trading_by_the_shipped_wiring() -> None:
    link, tape = ema_cross_link(), Tape()
    link._desk.boxes[WorkerId("ema")].set = None  # type: ignore[method-assign, assignment]
    results = [feed(link, tape, tick(hour * HOUR_US, "100")) for hour in range(2)]
    assert results[1].failed_worker == "ema"
    assert [halt.threat_id for halt in results[1].halts] == ["id-1"]


def test_an_event_nobody_is_wired_to_costs_nothing() -> None:
    link, tape = wire(desk_of(), [], []), Tape()
    found = link.on_event(CONNECTION_LOST, lost(), tape.stamp(0), tape.books, tape.ids)
    assert found == FlowResult()


def test_the_context_says_so_before_the_first_trade() -> None:
    def look(context: TradingContextProvider) -> DispositionEnvelope:
        context.get_base_context()
        return STOP

    link = wire(desk_of(), [Scripted("a", look)], [("live_data_source", CONNECTION_LOST, "a")])
    tape = Tape()
    result = link.on_event(CONNECTION_LOST, lost(), tape.stamp(0), tape.books, tape.ids)
    assert "has seen no trade of BTC/USD yet" in result.failures[0].error


def test_another_symbols_trade_is_the_engines_mistake() -> None:
    link, tape = wire(desk_of(), [], []), Tape()
    foreign = replace(tick(0, "1"), symbol=Symbol("SOL/USD"))
    with pytest.raises(InternalError, match="was given a trade of SOL/USD"):
        feed(link, tape, foreign)


def test_no_provider_answers_between_inputs() -> None:
    link, tape = ema_cross_link(), Tape()
    feed(link, tape, tick(0, "100"))
    with pytest.raises(InternalError, match="outside an input"):
        link._desk.moment.now_us()


def test_bars_are_told_before_the_tick_that_closed_them() -> None:
    diary = Diary()
    workers = [diary.worker("on_tick"), diary.worker("on_bar")]
    link, tape = (
        wire(desk_of(), workers, [(*START, "on_tick"), (MANAGER, BAR_CLOSED, "on_bar")]),
        Tape(),
    )
    feed(link, tape, tick(0, "100"))
    feed(link, tape, tick(3 * HOUR_US, "100"))
    assert diary.names == ["on_tick", "on_bar", "on_bar", "on_bar", "on_tick"]
    assert link.metrics.ticks_processed == 2
    assert (link.link, link.symbol) == (LINK, BTC_USD.symbol)
