"""Which bars close, and when?"""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.model.base import SECOND
from s1mpletrader.model.inputs import MarketTick
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin.testing import BTC_USD
from s1mpletrader.runtime.bars import FLAT_BARS_MAX, BarBuilder
from tests.runtime.world import HOUR_US, tick

MINUTE_US = 60 * SECOND


def builder() -> BarBuilder:
    return BarBuilder(BTC_USD.symbol, 3_600)


def test_a_bar_closes_with_the_first_trade_of_a_later_interval() -> None:
    bars = builder()
    trades = [(0, "10"), (20, "13"), (40, "9"), (59, "11")]
    assert [bars.add(tick(at * MINUTE_US, price)) for at, price in trades] == [()] * 4
    (bar,) = bars.add(tick(HOUR_US, "12"))
    prices = (bar.open, bar.high, bar.low, bar.close)
    assert prices == tuple(Decimal(each) for each in ("10", "13", "9", "11"))
    assert (bar.begin_us, bar.interval_s, bar.volume, bar.trades) == (0, 3_600, Decimal(4), 4)


def test_the_last_microsecond_belongs_to_the_bar_and_the_next_does_not() -> None:
    bars = builder()
    bars.add(tick(0, "10"))
    assert bars.add(tick(HOUR_US - 1, "11")) == ()
    (bar,) = bars.add(tick(HOUR_US, "12"))
    assert bar.close == Decimal(11)


def test_a_silent_interval_repeats_the_close() -> None:
    bars = builder()
    bars.add(tick(0, "10"))
    first, second, third = bars.add(tick(3 * HOUR_US, "12"))
    assert first.trades == 1
    for number, bar in enumerate((second, third), start=1):
        assert bar.begin_us == number * HOUR_US
        assert {bar.open, bar.high, bar.low, bar.close} == {Decimal(10)}
        assert (bar.volume, bar.trades) == (Decimal(0), 0)


def test_a_trade_older_than_the_open_bar_changes_nothing() -> None:
    bars = builder()
    bars.add(tick(0, "10"))
    bars.add(tick(HOUR_US, "12"))
    before = bars.open_bar
    assert bars.add(tick(HOUR_US - 1, "99")) == ()
    assert bars.open_bar == before


def test_the_longest_silence_is_filled_whole() -> None:
    bars = builder()
    bars.add(tick(0, "10"))
    closed = bars.add(tick((FLAT_BARS_MAX + 1) * HOUR_US, "12"))
    assert [bar.begin_us for bar in closed] == [n * HOUR_US for n in range(FLAT_BARS_MAX + 1)]


def test_of_a_longer_silence_only_the_last_bars_are_made() -> None:
    bars = builder()
    bars.add(tick(0, "10"))
    closed = bars.add(tick((FLAT_BARS_MAX + 2) * HOUR_US, "12"))
    assert len(closed) == FLAT_BARS_MAX + 1
    assert [bar.begin_us // HOUR_US for bar in closed[:3]] == [0, 2, 3]


trades = st.lists(
    st.tuples(st.integers(0, 20 * 60), st.integers(1, 500)), min_size=1, max_size=60
).map(lambda rows: [tick(at * MINUTE_US, str(price)) for at, price in sorted(rows)])


@given(trades)
def test_bars_follow_each_other_without_a_gap_and_count_every_trade(
    ticks: list[MarketTick],
) -> None:
    bars = builder()
    closed: list[Bar] = [bar for each in ticks for bar in bars.add(each)]
    assert bars.open_bar is not None
    every = [*closed, bars.open_bar]
    begins = [bar.begin_us for bar in every]
    assert begins == list(range(begins[0], begins[-1] + 1, HOUR_US))
    assert sum(bar.trades for bar in every) == len(ticks)
    assert sum(bar.volume for bar in every) == len(ticks)
    for bar in every:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
