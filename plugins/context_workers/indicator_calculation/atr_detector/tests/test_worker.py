"""Does the `atr_detector` measure how far the price moves?"""

from plugins.context_workers.indicator_calculation.atr_detector.dtos import AverageTrueRange
from plugins.context_workers.indicator_calculation.atr_detector.schema import AtrParams
from plugins.context_workers.indicator_calculation.atr_detector.worker import AtrDetector
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.plugin.indicators import AtrState
from s1mpletrader.plugin.testing import FakeContext, FakeState, bar_of


def average_after(*bars: Bar) -> AverageTrueRange:
    memory = FakeState[AtrState]()
    for bar in bars:
        context = FakeContext(bar)
        worker = AtrDetector(
            instance_id=WorkerId("atr"), params=AtrParams(period=2), state_persistence=memory
        )
        assert worker.process(context) == DispositionEnvelope.proceed()
    return context.result(AverageTrueRange)


def test_a_gap_between_bars_counts_as_movement() -> None:
    found = average_after(
        bar_of("10", high="12", low="8"),  # range 4
        bar_of("20", high="21", low="19"),  # from the close 10 to 21: 11
    )
    assert (found.value, found.is_ready) == (7.5, True)


def test_it_is_not_ready_before_a_full_period() -> None:
    assert not average_after(bar_of("10")).is_ready
