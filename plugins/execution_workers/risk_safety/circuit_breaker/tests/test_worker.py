"""Does the `circuit_breaker` halt on what it is told to halt on?"""

import pytest
from pydantic import ValidationError

from plugins.execution_workers.risk_safety.circuit_breaker.schema import BreakerParams
from plugins.execution_workers.risk_safety.circuit_breaker.worker import CircuitBreaker
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ThreatId, WorkerId
from s1mpletrader.model.signals import CriticalEvent, TradingHalted
from s1mpletrader.plugin import DispositionEnvelope


def threat(kind: str) -> CriticalEvent:
    return CriticalEvent(ThreatId("t"), kind, "monitor", "why", Micros(0))


def answer(params: BreakerParams, kind: str) -> DispositionEnvelope:
    worker = CircuitBreaker(instance_id=WorkerId("breaker"), params=params)
    return worker.on_threat(threat(kind))


def test_a_lost_connection_halts_until_somebody_resumes() -> None:
    halted = TradingHalted(ThreatId("t"), "CONNECTION_LOST: why", kind="CONNECTION_LOST")
    assert answer(BreakerParams(), "CONNECTION_LOST").event == halted


def test_other_threats_are_let_through() -> None:
    assert answer(BreakerParams(), "RAIN") == DispositionEnvelope.stop()


def test_some_threats_close_positions_too() -> None:
    params = BreakerParams(halt_on=("FLOOD", "RAIN"), close_on=("FLOOD",))
    flood, rain = (answer(params, kind).event for kind in ("FLOOD", "RAIN"))
    assert isinstance(flood, TradingHalted)
    assert isinstance(rain, TradingHalted)
    assert (flood.close_positions, rain.close_positions) == (True, False)


def test_closing_without_halting_is_refused() -> None:
    with pytest.raises(ValidationError, match="FLOOD in close_on must be in halt_on too"):
        BreakerParams(close_on=("FLOOD",))
