"""Does the `connection_monitor` say what is lost?"""

from plugins.threat_workers.system_health.connection_monitor.schema import MonitorParams
from plugins.threat_workers.system_health.connection_monitor.worker import ConnectionMonitor
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ThreatId, WorkerId
from s1mpletrader.model.inputs import ConnectionChanged
from s1mpletrader.model.signals import CriticalEvent
from s1mpletrader.plugin.testing import FakeIds


def monitor() -> ConnectionMonitor:
    ids = FakeIds(now_us=7)
    return ConnectionMonitor(
        instance_id=WorkerId("monitor"), params=MonitorParams(), causal_ids=ids, market_clock=ids
    )


def test_a_lost_connection_is_a_threat_with_its_reason() -> None:
    lost = ConnectionChanged(3, "down", attempts=5, why="refused")
    assert monitor().on_connection_lost(lost).event == CriticalEvent(
        ThreatId("threat-1"),
        "CONNECTION_LOST",
        "monitor",
        "no message after 5 attempts: refused",
        Micros(7),
    )


def test_without_a_reason_the_state_is_told() -> None:
    threat = monitor().on_connection_lost(ConnectionChanged(3, "silent", attempts=5)).event
    assert isinstance(threat, CriticalEvent)
    assert threat.reason == "no message after 5 attempts: silent"
