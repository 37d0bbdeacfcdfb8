"""Does one bar at a time give what the whole series gives?"""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.plugin.indicators import Atr, Ema

prices = st.lists(st.floats(1, 1e6), min_size=1, max_size=60)
bars = st.lists(st.tuples(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(1, 1e6)), min_size=1)
periods = st.integers(1, 20)


def batch_ema(period: int, series: list[float]) -> float:
    """Return the weighted sum that an exponential average is."""
    alpha = 2 / (period + 1)
    weights = [alpha * (1 - alpha) ** n for n in range(len(series) - 1)]
    rest = (1 - alpha) ** (len(series) - 1)
    return sum(w * p for w, p in zip(weights, reversed(series[1:]), strict=True)) + rest * series[0]


def batch_atr(period: int, rows: list[tuple[float, float, float]]) -> float:
    """Return Wilder's average of the true ranges."""
    ranges = [rows[0][1] - rows[0][2]]
    for (close, _, _), (_, high, low) in pairwise(rows):
        ranges.append(max(high - low, abs(high - close), abs(low - close)))
    first = ranges[:period]
    value = sum(first) / len(first)
    for each in ranges[period:]:
        value = (value * (period - 1) + each) / period
    return value


def ordered(rows: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Return (close, high, low) with the close between low and high."""
    return [(sorted(row)[1], max(row), min(row)) for row in rows]


def near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(one), abs(other))


@given(periods, prices)
def test_an_incremental_ema_is_the_batch_ema(period: int, series: list[float]) -> None:
    ema = Ema(period)
    for price in series:
        ema.update(price)
    assert near(ema.value, batch_ema(period, series))
    assert ema.is_ready is (len(series) >= period)


@given(periods, bars)
def test_an_incremental_atr_is_the_batch_atr(
    period: int, rows: list[tuple[float, float, float]]
) -> None:
    series = ordered(rows)
    atr = Atr(period)
    for close, high, low in series:
        atr.update(high, low, close)
    assert near(atr.value, batch_atr(period, series))
    assert atr.is_ready is (len(series) >= period)


@given(periods, prices, st.data())
def test_a_restored_ema_goes_on_to_the_same_bits(
    period: int, series: list[float], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(series)))
    whole, first = Ema(period), Ema(period)
    for price in series:
        whole.update(price)
    for price in series[:cut]:
        first.update(price)
    second = Ema(period, first.state())
    for price in series[cut:]:
        second.update(price)
    assert second.state() == whole.state()


@given(periods, bars, st.data())
def test_a_restored_atr_goes_on_to_the_same_bits(
    period: int, rows: list[tuple[float, float, float]], data: st.DataObject
) -> None:
    series = ordered(rows)
    cut = data.draw(st.integers(0, len(series)))
    whole, first = Atr(period), Atr(period)
    for close, high, low in series:
        whole.update(high, low, close)
    for close, high, low in series[:cut]:
        first.update(high, low, close)
    second = Atr(period, first.state())
    for close, high, low in series[cut:]:
        second.update(high, low, close)
    assert second.state() == whole.state()
