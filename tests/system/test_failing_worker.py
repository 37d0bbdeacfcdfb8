"""What becomes of trading when a plugin raises?"""

import pytest

from s1mpletrader.model import records
from tests.rig.lockstep import Lockstep
from tests.rig.processes import TAPE, Rig
from tests.system import fragile_plugin
from tests.system.plain_calculation import read_bars

FAILING, GOLDEN, DEATH, GOLDEN_AGAIN = 20, 31, 92, 103
"""Hours whose first trade closes a bar: the failing one, those of crosses."""


@pytest.mark.slow
def test_a_worker_that_raises_is_told_and_quarantined_until_resume(second_start: Rig) -> None:
    rig = second_start
    _employ_a_fragile_worker(rig)
    rig.start_engine()
    rig.wait_trading()
    market = Lockstep(rig)
    _open(market, FAILING)
    _check_quarantined(rig)
    rig.kill_engine()
    rig.start_engine()
    rig.wait_status(lambda found: bool(found["reconcile"]["result"] == "agree"))
    _check_quarantined(rig)
    _open(market, GOLDEN)
    assert rig.ask("positions")["positions"] == []
    resumed = rig.run("resume", "btc_trend")
    assert resumed.code == 0
    rig.run("resume")
    rig.wait_trading()
    _open(market, DEATH)
    _open(market, GOLDEN_AGAIN)
    assert len(rig.wait_equal().open_trades) == 1


def _employ_a_fragile_worker(rig: Rig) -> None:
    rig.start_exchange("--paused")
    rig.configure(lease_s=36_000)
    root = rig.directory / "own" / "plugins"
    fragile_plugin.write(root)
    fails_at_us = read_bars(TAPE, FAILING)[-1].begin_us
    rig.edit("platform.yaml", lambda content: content.update(own_plugins_root_path=str(root)))
    rig.edit(
        "strategies/ema_cross.yaml", lambda content: fragile_plugin.employ(content, fails_at_us)
    )
    rig.edit("wiring/ema_cross.yaml", fragile_plugin.wire)


def _open(market: Lockstep, bar: int) -> None:
    market.before_bar(bar)
    market.settle()
    market.open_bar(bar)
    market.settle()


def _check_quarantined(rig: Rig) -> None:
    """Check status, journal and log: a threat, a quarantine, the line that failed."""
    status = rig.ask("status")
    assert "quarantine" in [halt["reason"] for halt in status["halts"]]
    rig.wait_equal()
    found = [record for group in rig.groups() for record in group.records]
    threats = [each for each in found if isinstance(each, records.ThreatDetected)]
    assert [(each.kind, each.link) for each in threats] == [("WORKER_FAILED", "btc_trend")]
    quarantined = [each for each in found if isinstance(each, records.WorkerQuarantined)]
    assert [each.worker for each in quarantined] == ["fragile"]
    log = rig.log("engine.log")
    assert "event=WORKER_FAILED" in log
    assert "ZeroDivisionError" in log
