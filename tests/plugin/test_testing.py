"""Are the authors' fakes what the protocols say, and as unkind?"""

from decimal import Decimal

import pytest

from s1mpletrader.model.base import Micros
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin import (
    CausalIdProvider,
    ExecutionProvider,
    JournalWriter,
    LedgerProvider,
    MarketClock,
    OhlcvProvider,
    StateProvider,
    TradingContextProvider,
    WorkerParams,
)
from s1mpletrader.plugin.testing import (
    FakeContext,
    FakeExecution,
    FakeIds,
    FakeJournal,
    FakeLedger,
    FakeState,
    FakeWindow,
    bar_of,
)
from s1mpletrader.runtime.decisions import Decisions
from s1mpletrader.runtime.moment import Moment
from s1mpletrader.runtime.ohlcv_window import OhlcvWindow
from s1mpletrader.runtime.trading_context import TickContext
from s1mpletrader.runtime.worker_states import StateBox


def check_types(real: tuple[Moment, Decisions, OhlcvWindow, StateBox[Bar], TickContext]) -> None:
    """Let mypy check that the engine's own providers and the fakes satisfy the same protocols."""
    moment, decisions, window, box, tick_context = real
    _ledgers: list[LedgerProvider] = [moment, FakeLedger()]
    _ids: list[CausalIdProvider] = [moment, FakeIds()]
    _clocks: list[MarketClock] = [moment, FakeIds()]
    _executions: list[ExecutionProvider] = [decisions, FakeExecution()]
    _journals: list[JournalWriter] = [decisions, FakeJournal()]
    _windows: list[OhlcvProvider] = [window, FakeWindow()]
    _states: list[StateProvider[Bar]] = [box, FakeState[Bar]()]
    _contexts: list[TradingContextProvider] = [tick_context, FakeContext()]


class Nobody:
    instance_id = "nobody"


def test_a_dto_that_was_not_provided_is_missing() -> None:
    context = FakeContext(bar_of("7"), price="8", timestamp_us=9)
    dtos = context.get_required_dtos(Nobody())  # type: ignore[arg-type]
    assert dtos[Bar].close == Decimal(7)
    with pytest.raises(KeyError):
        dtos[WorkerParams]
    base = context.get_base_context()
    assert (base.price, base.timestamp) == (Decimal(8), 9)


def test_a_window_gives_the_last_bars() -> None:
    bars = [bar_of("1"), bar_of("2"), bar_of("3")]
    assert FakeWindow(bars).get_window(Micros(0), 2) == bars[1:]
    assert FakeWindow(bars).get_window(Micros(0), 0) == []
    assert FakeWindow(bars).get_window(Micros(0), 9) == bars


def test_ids_count_and_time_stands_still() -> None:
    ids = FakeIds(now_us=5)
    found = [ids.new_opportunity_id(), ids.new_threat_id(), ids.new_trade_id()]
    assert found == ["opportunity-1", "threat-2", "trade-3"]
    assert ids.now_us() == 5
