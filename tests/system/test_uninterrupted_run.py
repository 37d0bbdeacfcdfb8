"""Does the engine find what a plain calculation finds, and do the books agree in the end?"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from s1mpletrader.model import records
from s1mpletrader.model.groups import Group
from tests.rig.lockstep import Lockstep
from tests.rig.processes import TAPE, Rig
from tests.system.plain_calculation import HOUR_US, Crosses, PlainBar, crosses, read_bars

BARS = 1_500
ROUND_TRIPS = 20


@dataclass
class Told:
    """One trade as the journal tells it; times of the market."""

    found_us: int
    stop_trigger: float = 0.0
    exit_us: int = 0
    exit_cause: str = ""
    closed_us: int = 0
    close_cause: str = ""


@dataclass
class Story:
    """What the journal tells, in market time."""

    opportunities_us: list[int] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    trades: dict[str, Told] = field(default_factory=dict)

    def take_in(self, groups: Iterable[Group]) -> None:
        """Follow the journal."""
        for group in groups:
            for record in group.records:
                self._take(record, group.stamp.market_us)

    def _take(self, record: records.Record, at_us: int) -> None:
        match record:
            case records.OpportunityFound():
                self.opportunities_us.append(at_us)
            case records.OpportunityRejected(_, _, _, rule, reason):
                self.rejected.append(f"{rule}: {reason}")
            case records.Intended(stop_trigger=trigger) if trigger is not None:
                self.trades[record.trade_id] = Told(at_us, float(trigger))
            case records.ExitWanted(trade_id, cause):
                self.trades[trade_id].exit_us = at_us
                self.trades[trade_id].exit_cause = cause
            case records.TradeClosed(trade_id, cause):
                self.trades[trade_id].closed_us = at_us
                self.trades[trade_id].close_cause = cause
            case _:
                pass  # not part of the strategy's story


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_engine_trades_the_crosses_of_a_plain_calculation(rig: Rig) -> None:
    rig.start_exchange("--paused")
    rig.configure()
    rig.start_engine()
    rig.wait_trading()
    bars = read_bars(TAPE, BARS)
    expected = crosses(bars)
    _play(rig, bars, expected)
    books = rig.wait_equal()
    story = Story()
    story.take_in(rig.groups())
    assert story.opportunities_us == list(expected.golden_us)
    assert story.rejected == []
    closed = [trade for trade in books.trades.values() if trade.closed_us and trade.opened_us]
    assert len(closed) >= ROUND_TRIPS
    for trade in closed:
        _check_exit(story.trades[trade.trade_id], expected, bars)
    assert rig.stop_engine() == 0
    assert rig.differences() == []


def _play(rig: Rig, bars: list[PlainBar], expected: Crosses) -> None:
    """Play the bars; at a cross the market waits until the engine has acted on it."""
    market = Lockstep(rig)
    for at_us in sorted(expected.golden_us + expected.death_us):
        bar = (at_us - bars[0].begin_us) // HOUR_US
        market.before_bar(bar)
        market.settle()
        market.open_bar(bar)
        market.settle()
    market.before_bar(len(bars))
    market.settle()


def _check_exit(told: Told, expected: Crosses, bars: list[PlainBar]) -> None:
    """Check that a trade ended at the first death cross after it, or by its stop before that."""
    death_us = expected.next_death_us(told.found_us)
    if told.close_cause.startswith("death cross"):
        assert told.exit_us == death_us
    else:
        assert told.close_cause == "the protective stop was triggered"
        assert told.closed_us <= death_us + HOUR_US
        first, last = told.found_us - HOUR_US, told.closed_us
        assert min(b.low for b in bars if first < b.begin_us <= last) <= told.stop_trigger
