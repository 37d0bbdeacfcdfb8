"""Does the `ema_detector` follow the closes?"""

import pytest
from pydantic import ValidationError

from plugins.context_workers.indicator_calculation.ema_detector.dtos import EmaPair, EmaPairState
from plugins.context_workers.indicator_calculation.ema_detector.schema import EmaParams
from plugins.context_workers.indicator_calculation.ema_detector.worker import EmaDetector
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.plugin.testing import FakeContext, FakeState, bar_of


def detector(memory: FakeState[EmaPairState]) -> EmaDetector:
    params = EmaParams(fast=2, slow=3)
    return EmaDetector(instance_id=WorkerId("ema"), params=params, state_persistence=memory)


def pair_after(*closes: str) -> EmaPair:
    memory = FakeState[EmaPairState]()
    for close in closes:
        context = FakeContext(bar_of(close))
        assert detector(memory).process(context) == DispositionEnvelope.proceed()
    return context.result(EmaPair)


def test_it_averages_exponentially_from_the_first_close() -> None:
    pair = pair_after("9", "12", "15")
    assert pair.fast == pytest.approx(9 + 2 + (15 - 11) * 2 / 3)
    assert pair.slow == pytest.approx((9 + 12) / 2 * 0.5 + 15 * 0.5)


def test_it_is_ready_after_a_full_slow_period_and_not_a_bar_earlier() -> None:
    assert not pair_after("9", "9").is_ready
    assert pair_after("9", "9", "9").is_ready


def test_periods_that_cannot_cross_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"fast \(30\) must be below slow \(30\)"):
        EmaParams(fast=30, slow=30)
