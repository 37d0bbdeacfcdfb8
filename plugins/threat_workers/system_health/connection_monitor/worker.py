"""Is a lost connection a threat?"""

from typing import ClassVar

from plugins.threat_workers.system_health.connection_monitor.schema import MonitorParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.inputs import ConnectionChanged
from s1mpletrader.model.signals import CriticalEvent
from s1mpletrader.plugin import (
    CausalIdProvider,
    DispositionEnvelope,
    EventDrivenWorker,
    MarketClock,
)


class ConnectionMonitor(EventDrivenWorker):
    """Turns the data source's CONNECTION_LOST into a threat."""

    params_type: ClassVar[type[MonitorParams]] = MonitorParams

    def __init__(
        self,
        *,
        instance_id: WorkerId,
        params: MonitorParams,
        causal_ids: CausalIdProvider,
        market_clock: MarketClock,
    ) -> None:
        del params
        super().__init__(instance_id=instance_id)
        self._ids = causal_ids
        self._clock = market_clock

    def on_connection_lost(self, event: ConnectionChanged) -> DispositionEnvelope:
        """Publish the threat, with what the data source knows."""
        reason = f"no message after {event.attempts} attempts: {event.why or event.state}"
        return DispositionEnvelope.publish(
            CriticalEvent(
                threat_id=self._ids.new_threat_id(),
                kind="CONNECTION_LOST",
                found_by=self.instance_id,
                reason=reason,
                market_us=self._clock.now_us(),
            )
        )
