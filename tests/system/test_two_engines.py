"""Can two engines ever speak for one account?"""

import shutil

import pytest

from s1mpletrader.model import inputs, records
from tests.rig.asking import wait_for
from tests.rig.lockstep import Lockstep
from tests.rig.processes import Rig

LOCKED, FENCED = 75, 79
GOLDEN_BAR = 31


@pytest.mark.slow
def test_a_second_engine_on_the_same_state_waits_and_gives_up(trading: Rig) -> None:
    first = trading.engine
    assert first is not None
    second = trading.spawn_engine(trading.state, "second.log", "--lock-wait", "1")
    try:
        assert second.wait(20) == LOCKED
    finally:
        second.kill()
    said = trading.log("second.log")
    assert f"in use by process {first.pid}, waited 1 s" in said
    assert "hint: stop that process first" in said
    assert trading.wait_trading()["pid"] == first.pid
    trading.wait_equal()


@pytest.mark.slow
def test_of_two_copies_on_two_hosts_exactly_one_goes_on(second_start: Rig) -> None:
    """The copies know nothing of each other; the exchange's nonce decides (SAFETY F3)."""
    rig = second_start
    rig.start_exchange("--paused")
    rig.configure(lease_s=1.1)
    copy = rig.directory / "copy"
    shutil.copytree(rig.state, copy)
    engines = {
        "a.log": rig.spawn_engine(rig.state, "a.log"),
        "b.log": rig.spawn_engine(copy, "b.log"),
    }
    try:
        wait_for("an end", lambda: [e for e in engines.values() if e.poll() is not None], 30)
        (ended,) = (name for name, engine in engines.items() if engine.poll() is not None)
        (going,) = (name for name in engines if name != ended)
        assert engines[ended].returncode == FENCED, rig.log(ended)
        assert "another instance" in rig.log(ended)
        rig.engine = engines[going]
        if going == "b.log":
            rig.state = copy
        rig.wait_trading()
        _trade_once(rig)
        assert engines[going].poll() is None
        rig.wait_equal()
    finally:
        for engine in engines.values():
            engine.kill()


def _trade_once(rig: Rig) -> None:
    market = Lockstep(rig)
    market.before_bar(GOLDEN_BAR)
    market.settle()
    market.open_bar(GOLDEN_BAR)
    market.settle()
    assert rig.ask("positions")["positions"]


@pytest.mark.slow
def test_after_a_long_pause_a_start_waits_for_others_to_fall_silent(second_start: Rig) -> None:
    """Nobody ran for longer than the lease: another copy may have been started (SAFETY F2)."""
    rig = second_start
    rig.start_exchange("--paused")
    rig.configure(lease_s=1.1)
    rig.start_engine()
    rig.wait_trading()
    run = next(reversed([g for g in rig.groups() if isinstance(g.input, inputs.RunStarted)]))
    later = list(rig.groups(run.stamp.number))
    first_us = min(g.input.protocol_us for g in later if isinstance(g.input, inputs.LeaseRenewed))
    agreed = [r for g in later for r in g.records if isinstance(r, records.LookAgreed)]
    lease_and_deadline_us = 2_000_000
    assert agreed[0].began_us >= first_us + lease_and_deadline_us
