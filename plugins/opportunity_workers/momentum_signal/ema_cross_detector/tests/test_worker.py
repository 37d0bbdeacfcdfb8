"""Does the `ema_cross_detector` enter on edges and leave on levels?"""

import pytest

from plugins.context_workers.indicator_calculation.ema_detector.dtos import EmaPair
from plugins.opportunity_workers.momentum_signal.ema_cross_detector.dtos import CrossState
from plugins.opportunity_workers.momentum_signal.ema_cross_detector.schema import CrossParams
from plugins.opportunity_workers.momentum_signal.ema_cross_detector.worker import EmaCrossDetector
from s1mpletrader.model.ids import TradeId, WorkerId
from s1mpletrader.model.signals import ExitSignal, OpportunitySignal
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.plugin.testing import FakeContext, FakeIds, FakeLedger, FakeState

STOP = DispositionEnvelope.stop()
ABOVE, EQUAL, BELOW = (EmaPair(fast, 100.0, is_ready=True) for fast in (101.0, 100.0, 99.0))


class Bench:
    """A detector, its memory and its ledger."""

    def __init__(self) -> None:
        self.memory = FakeState[CrossState]()
        self.ledger = FakeLedger()
        self.worker = EmaCrossDetector(
            instance_id=WorkerId("cross"),
            params=CrossParams(),
            state_persistence=self.memory,
            ledger_state=self.ledger,
            causal_ids=FakeIds(),
        )

    def see(self, *pairs: EmaPair) -> DispositionEnvelope:
        """Show one pair a bar; return the last answer."""
        for pair in pairs:
            answer = self.worker.process(FakeContext(pair, timestamp_us=7))
        return answer


def test_a_golden_cross_is_an_opportunity_with_its_numbers() -> None:
    signal = Bench().see(BELOW, ABOVE).event
    assert isinstance(signal, OpportunitySignal)
    assert signal.opportunity_id == "opportunity-1"
    assert signal.reason == "golden cross: EMA 101.00 rose above 100.00"
    assert (signal.found_by, signal.market_us, signal.symbol) == ("cross", 7, "BTC/USD")


def test_touching_is_not_crossing_and_rising_from_a_touch_is() -> None:
    bench = Bench()
    assert bench.see(BELOW, EQUAL) == STOP
    assert isinstance(bench.see(ABOVE).event, OpportunitySignal)


def test_being_above_already_is_no_chance() -> None:
    bench = Bench()
    assert bench.see(ABOVE) == STOP
    assert bench.see(ABOVE) == STOP


def test_a_cross_while_holding_is_no_second_chance() -> None:
    bench = Bench()
    bench.see(EQUAL)
    bench.ledger.open_trade = TradeId("t")
    assert bench.see(ABOVE) == STOP


def test_while_below_and_holding_every_bar_asks_for_the_exit() -> None:
    bench = Bench()
    bench.ledger.open_trade = TradeId("t")
    for _ in range(3):
        signal = bench.see(BELOW).event
        assert isinstance(signal, ExitSignal)
        assert signal.reason == "death cross: EMA 99.00 is below 100.00"


@pytest.mark.parametrize("pair", [ABOVE, EQUAL])
def test_not_below_is_no_reason_to_leave(pair: EmaPair) -> None:
    bench = Bench()
    bench.ledger.open_trade = TradeId("t")
    assert bench.see(pair) == STOP


def test_below_without_a_holding_there_is_nothing_to_leave() -> None:
    assert Bench().see(BELOW) == STOP


def test_averages_that_are_not_ready_say_nothing() -> None:
    bench = Bench()
    assert bench.see(EmaPair(1.0, 2.0, is_ready=False)) == STOP
    assert bench.memory.get() is None
    assert bench.see(ABOVE) == STOP
