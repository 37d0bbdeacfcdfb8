"""Do a stop and a halt do what they say, also across a crash, also while the engine is down?"""

from typing import Any

import pytest

from s1mpletrader.model import records
from s1mpletrader.simulator.faults import FaultSpec
from tests.rig.asking import wait_for
from tests.rig.lockstep import Lockstep
from tests.rig.processes import ENGINE_LOG, Rig

GOLDEN, DEATH, GOLDEN_AGAIN = 31, 92, 103
"""Hours whose first trade closes the bar of a cross."""


def _open(market: Lockstep, bar: int) -> None:
    """Play up to a cross and let the engine act on it."""
    market.before_bar(bar)
    market.settle()
    market.open_bar(bar)
    market.settle()


@pytest.mark.slow
def test_a_stop_leaves_the_position_guarded_and_the_next_start_resumes(
    trading: Rig, market: Lockstep
) -> None:
    _open(market, GOLDEN)
    assert trading.stop_engine() == 0
    last = trading.log(ENGINE_LOG).splitlines()[-1]
    assert "btc_trend holds" in last
    assert "guarded at the exchange by a stop of" in last
    resting = [
        row
        for row in trading.control.audit()["accounts"]["main"]["orders"]
        if row["status"] == "open"
    ]
    assert [row["type"] for row in resting] == ["stop-loss"]
    assert trading.differences() == []
    trading.start_engine()
    trading.wait_trading()
    assert trading.ask("positions")["positions"]
    _open(market, DEATH)
    books = trading.wait_equal()
    (trade,) = books.trades.values()
    assert trade.close_cause.startswith("death cross")


@pytest.mark.slow
def test_a_stop_waits_until_the_whole_holding_is_guarded(trading: Rig, market: Lockstep) -> None:
    """The entry fills in two parts; the amend that covers the second is on its way."""
    late = trading.control.add_fault(
        FaultSpec("delay_in_flight", method="amend_order", delay_s=0.5)
    )
    market.before_bar(GOLDEN)
    market.settle()
    market.open_bar(GOLDEN)
    wait_for("an amend on its way", lambda: trading.control.fault(late.id).hits, 10)
    assert trading.stop_engine() == 0
    assert trading.differences() == []


@pytest.mark.slow
def test_a_halt_stops_entries_at_once_survives_a_crash_and_ends_with_resume(
    trading: Rig, market: Lockstep
) -> None:
    halted = trading.run("halt", "--why", "a look at the books")
    assert (halted.code, "operator (account)" in halted.said) == (0, True)
    trading.kill_engine()
    trading.start_engine()
    _wait_only_halted_by_a_person(trading)
    _open(market, GOLDEN)
    assert _rejections(trading) == ["gate"]
    assert trading.ask("orders")["orders"] == []
    resumed = trading.run("resume")
    assert resumed.code == 0
    trading.wait_trading()
    _open(market, DEATH)
    _open(market, GOLDEN_AGAIN)
    assert len(trading.wait_equal().open_trades) == 1


@pytest.mark.slow
@pytest.mark.parametrize("link", [[], ["btc_trend"], ["no_such_link"]])
def test_a_halt_left_while_the_engine_was_down_is_honoured_before_anything_trades(
    second_start: Rig, link: list[str]
) -> None:
    rig = second_start
    rig.start_exchange("--paused")
    rig.configure(lease_s=36_000)
    left = rig.run("halt", *link, "--why", "until Monday")
    assert (left.code, "it will start halted" in left.said) == (0, True)
    rig.start_engine()
    _wait_only_halted_by_a_person(rig)
    _open(Lockstep(rig), GOLDEN)
    assert _rejections(rig) == ["gate"]
    assert list((rig.state / "requests").iterdir()) == []
    rig.kill_engine()
    rig.start_engine()
    status = _wait_only_halted_by_a_person(rig)
    (halt,) = status["halts"]
    assert "until Monday" in halt["why"]


def _wait_only_halted_by_a_person(rig: Rig) -> dict[str, Any]:
    """Wait until the start is over and nothing but the person's halt stands."""
    return rig.wait_status(lambda found: [h["reason"] for h in found["halts"]] == ["operator"])


def _rejections(rig: Rig) -> list[str]:
    rig.wait_equal()
    return [
        record.rule
        for group in rig.groups()
        for record in group.records
        if isinstance(record, records.OpportunityRejected)
    ]
