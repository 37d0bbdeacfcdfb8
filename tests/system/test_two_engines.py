"""Can two engines ever speak for one account?"""

import shutil
import subprocess
from pathlib import Path

import pytest

from s1mpletrader.model import inputs, records
from s1mpletrader.model.looks import Complete
from tests.rig.asking import wait_for
from tests.rig.lockstep import Lockstep
from tests.rig.processes import ROOT, Rig

LOCKED, FENCED = 75, 79
GOLDEN_BAR = 31
LEASE_AND_DEADLINE_US = 2_100_000


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


OTHER_HOST = ("tests/system/other_host.py",)
HOUR_S = 3_600


def start_on(rig: Rig, host: str, state: Path, skew_s: int = 0) -> subprocess.Popen[bytes]:
    """Start an engine as if on another host: own id, own clock, own lock directory."""
    rig.program = OTHER_HOST
    rig.environment = {"HOST_ID": host, "HOST_SKEW_S": str(skew_s), "PYTHONPATH": str(ROOT)}
    return rig.spawn_engine(state, f"{host}.log")


@pytest.mark.slow
@pytest.mark.parametrize("skew_s", [0, HOUR_S, -HOUR_S], ids=["true", "ahead", "behind"])
def test_of_two_copies_on_two_hosts_exactly_one_goes_on(second_start: Rig, skew_s: int) -> None:
    """The copies know nothing of each other; the exchange's nonce decides (SAFETY F3)."""
    rig = second_start
    rig.start_exchange("--paused")
    rig.configure(lease_s=1.1)
    states = {"a": rig.state, "b": rig.directory / "copy"}
    shutil.copytree(states["a"], states["b"])
    engines = {
        "a": start_on(rig, "a", states["a"]),
        "b": start_on(rig, "b", states["b"], skew_s),
    }
    try:
        wait_for("an end", lambda: [e for e in engines.values() if e.poll() is not None], 60)
        (ended,) = (name for name, engine in engines.items() if engine.poll() is not None)
        (going,) = (name for name in engines if name != ended)
        assert engines[ended].returncode == FENCED, rig.log(f"{ended}.log")
        assert "another instance" in rig.log(f"{ended}.log")
        rig.engine, rig.state = engines[going], states[going]
        rig.wait_trading()
        _trade_once(rig)
        assert engines[going].poll() is None
        rig.wait_equal()
    finally:
        for engine in engines.values():
            engine.kill()


@pytest.mark.slow
def test_a_copy_that_starts_beside_a_trading_engine_takes_over_after_its_silence(
    second_start: Rig,
) -> None:
    """The older one is fenced (79); no order of the newer leaves within lease + D (SAFETY F2)."""
    rig = second_start
    rig.start_exchange("--paused")
    rig.configure(lease_s=1.1)
    copy = rig.directory / "copy"
    shutil.copytree(rig.state, copy)
    older = rig.engine = start_on(rig, "a", rig.state)
    newer = None
    try:
        rig.wait_trading()
        _trade_once(rig)
        newer = start_on(rig, "b", copy)
        assert older.wait(60) == FENCED, rig.log("a.log")
        rig.engine, rig.state = newer, copy
        # a copy of before the trade does not know its orders: orphans, and no entry leaves
        status = rig.wait_status(lambda found: "orphan" in str(found["halts"]), 60)
        assert status["state"] == "halted"
        found = wait_for("a look of the newer", lambda: _looks_of_this_run(rig), 30)
        first_us, began_us = found
        assert began_us >= first_us + LEASE_AND_DEADLINE_US
    finally:
        older.kill()
        if newer is not None:
            newer.kill()


def _looks_of_this_run(rig: Rig) -> tuple[int, int] | None:
    """Return when the run's first private call was sent and when its first look began."""
    groups = list(rig.groups())
    start = max(g.stamp.number for g in groups if isinstance(g.input, inputs.RunStarted))
    told = [g.input for g in groups if g.stamp.number > start]
    calls = [each.protocol_us for each in told if isinstance(each, inputs.LeaseRenewed)]
    looks = [each.look for each in told if isinstance(each, inputs.LookTaken)]
    began = [each.began_us for each in looks if isinstance(each, Complete)]
    return (min(calls), min(began)) if began else None


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
    assert agreed[0].began_us >= first_us + LEASE_AND_DEADLINE_US
