"""Can a worker look back, and never ahead?"""

import pytest

from s1mpletrader.errors import PluginError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin.testing import BTC_USD
from s1mpletrader.runtime.bars import BarBuilder
from s1mpletrader.runtime.ohlcv_window import OhlcvWindow
from tests.runtime.world import HOUR_US, tick


def filled(bars_max: int, hours: int) -> OhlcvWindow:
    """Return a window with the bars of hours 0, 1, ...; bar n closes at hour n + 1."""
    window = OhlcvWindow(bars_max)
    builder = BarBuilder(BTC_USD.symbol, 3_600)
    for hour in range(hours + 1):
        for bar in builder.add(tick(hour * HOUR_US, str(hour + 1))):
            window.add(bar)
    return window


def hours(bars: object) -> list[int]:
    assert isinstance(bars, tuple)
    return [bar.begin_us // HOUR_US for bar in bars if isinstance(bar, Bar)]


def test_the_window_ends_at_the_present() -> None:
    window = filled(10, 5)
    assert hours(window.get_window(Micros(5 * HOUR_US), 3)) == [2, 3, 4]


@pytest.mark.parametrize(("at_us", "last"), [(3 * HOUR_US - 1, 1), (3 * HOUR_US, 2)])
def test_a_bar_is_seen_from_the_moment_it_closed(at_us: int, last: int) -> None:
    assert hours(filled(10, 5).get_window(Micros(at_us), 10))[-1] == last


def test_only_as_many_bars_as_there_are_come_back() -> None:
    assert hours(filled(10, 2).get_window(Micros(9 * HOUR_US), 10)) == [0, 1]


def test_the_oldest_bar_leaves_when_the_ring_is_full() -> None:
    assert hours(filled(3, 5).get_window(Micros(9 * HOUR_US), 3)) == [2, 3, 4]


def test_no_bars_are_asked_for_none_come() -> None:
    assert filled(3, 5).get_window(Micros(9 * HOUR_US), 0) == ()


@pytest.mark.parametrize("lookback", [-1, 4])
def test_what_is_not_kept_is_refused(lookback: int) -> None:
    with pytest.raises(PluginError, match=f"a window of {lookback} bars was asked for, 3 are kept"):
        filled(3, 5).get_window(Micros(9 * HOUR_US), lookback)
