"""Does the wait between attempts double, stop growing, and stay within its bounds?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core.backoff import Backoff


def test_waits_double_until_the_cap() -> None:
    waits = [Backoff().delay_s(attempt, 0.0) for attempt in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("attempt", [10**3, 10**9, 10**100])
def test_a_huge_attempt_waits_no_longer_than_the_cap(attempt: int) -> None:
    assert Backoff().delay_s(attempt, 0.0) == Backoff().most_s


@given(st.integers(-5, 10**6), st.floats(0, 1))
def test_jitter_takes_away_at_most_half(attempt: int, jitter: float) -> None:
    full = Backoff().delay_s(attempt, 0.0)
    assert full / 2 <= Backoff().delay_s(attempt, jitter) <= full


def test_jitter_outside_its_range_is_clamped() -> None:
    assert Backoff().delay_s(1, 7.0) == Backoff().delay_s(1, 1.0)
    assert Backoff().delay_s(1, -7.0) == Backoff().delay_s(1, 0.0)
