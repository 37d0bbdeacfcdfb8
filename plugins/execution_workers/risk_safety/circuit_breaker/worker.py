"""Which threats stop trading?

This is the policy; the gate is in the engine and durable (SAFETY G), so that nothing here has to
remember that trading is halted.
"""

from typing import ClassVar

from plugins.execution_workers.risk_safety.circuit_breaker.schema import BreakerParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.signals import CriticalEvent, TradingHalted
from s1mpletrader.plugin import DispositionEnvelope, EventDrivenWorker


class CircuitBreaker(EventDrivenWorker):
    """Answers threats with halts."""

    params_type: ClassVar[type[BreakerParams]] = BreakerParams

    def __init__(self, *, instance_id: WorkerId, params: BreakerParams) -> None:
        super().__init__(instance_id=instance_id)
        self._params = params

    def on_threat(self, threat: CriticalEvent) -> DispositionEnvelope:
        """Halt on the threats that the parameters name."""
        if threat.kind not in self._params.halt_on:
            return DispositionEnvelope.stop()
        return DispositionEnvelope.publish(
            TradingHalted(
                threat_id=threat.threat_id,
                reason=f"{threat.kind}: {threat.reason}",
                close_positions=threat.kind in self._params.close_on,
                kind=threat.kind,
            )
        )
