"""Does the shipped strategy do on a real tape what a plain calculation says?"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

import pytest

from s1mpletrader.model.ids import TradeId
from s1mpletrader.model.market import Bar
from tests.runtime.world import ROOT, Tape, ema_cross_link, hourly

BARS = 1_400
TAPE = ROOT / "data/tapes/coinbase_btcusd_1h.csv"


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, str, str]]:
    """Open, high, low, close of the tape's first bars."""
    with TAPE.open(encoding="ascii") as lines:
        found = csv.DictReader(lines)
        return [(r["open"], r["high"], r["low"], r["close"]) for r in islice(found, BARS)]


def plain_signals(closes: list[float]) -> Iterator[tuple[str, int]]:
    """Yield every cross by the textbook: no engine code, whole series at a time."""

    def averages(period: int) -> list[float]:
        values = closes[:1]
        for close in closes[1:]:
            values.append(values[-1] + 2 / (period + 1) * (close - values[-1]))
        return values

    fast, slow = averages(10), averages(30)
    holds = False
    for bar in range(30, len(closes)):
        if not holds and fast[bar - 1] <= slow[bar - 1] and fast[bar] > slow[bar]:
            holds = True
            yield "buy", bar
        elif holds and fast[bar] < slow[bar]:
            holds = False
            yield "sell", bar


def test_its_signals_equal_a_plain_calculation(rows: list[tuple[str, str, str, str]]) -> None:
    link, tape = ema_cross_link(), Tape()
    signals, stops = [], []
    for number, tick in enumerate(hourly(rows)):
        result = link.on_tick(tick, tape.stamp(tick.time_us), tape.books, tape.ids)
        closed_bar = number // 4 - 1
        assert result.failures == ()
        for plan in result.plans:
            assert plan.stop_trigger is not None
            assert 0 < plan.stop_trigger < tick.price < plan.limit_price
            assert plan.qty * plan.limit_price <= tape.books.cash
            signals.append(("buy", closed_bar))
            stops.append(plan.stop_trigger)
            tape.books.open_trade = TradeId("held")
        for _ in result.exits:
            signals.append(("sell", closed_bar))
            tape.books.open_trade = None
    closes = [float(row[3]) for row in rows[:-1]]
    assert signals == list(plain_signals(closes))
    assert len([each for each in signals if each[0] == "sell" and each[1] <= 1_370]) >= 20


def test_the_bars_it_builds_are_the_tapes(rows: list[tuple[str, str, str, str]]) -> None:
    link = ema_cross_link()
    builder = link._desk.bars
    built: list[Bar] = [bar for tick in hourly(rows[:100]) for bar in builder.add(tick)]
    found = [(bar.open, bar.high, bar.low, bar.close) for bar in built]
    assert found == [tuple(Decimal(each) for each in row) for row in rows[:99]]
