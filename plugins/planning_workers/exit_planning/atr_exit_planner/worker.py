"""Where does the protective stop trigger?"""

from decimal import Decimal
from typing import ClassVar

from plugins.context_workers.indicator_calculation.atr_detector.dtos import AverageTrueRange
from plugins.planning_workers.exit_planning.atr_exit_planner.schema import ExitParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.signals import EntryPlan, ExitPlan, OpportunitySignal
from s1mpletrader.plugin import (
    DispositionEnvelope,
    JournalWriter,
    LedgerProvider,
    StandardWorker,
    TradingContextProvider,
)


class AtrExitPlanner(StandardWorker):
    """Stop = entry reference - multiple * average true range."""

    params_type: ClassVar[type[ExitParams]] = ExitParams

    def __init__(
        self,
        *,
        instance_id: WorkerId,
        params: ExitParams,
        ledger_state: LedgerProvider,
        journaling: JournalWriter,
    ) -> None:
        super().__init__(instance_id=instance_id)
        self._params = params
        self._ledger = ledger_state
        self._journal = journaling

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Plan the stop; give up where there is no room for one."""
        dtos = context.get_required_dtos(self)
        signal, entry, atr = dtos[OpportunitySignal], dtos[EntryPlan], dtos[AverageTrueRange]
        if not atr.is_ready:
            self._journal.reject(signal, self.instance_id, "the average true range is not ready")
            return DispositionEnvelope.stop()
        instrument = self._ledger.instrument
        # repr of a float is its shortest exact name, so the same bits give the same Decimal.
        away = self._params.multiple * Decimal(repr(atr.value))
        trigger = instrument.floor_price(entry.reference_price - away)
        if not 0 < trigger < entry.reference_price:
            reason = f"no room for a stop {away} below {entry.reference_price}"
            self._journal.reject(signal, self.instance_id, reason)
            return DispositionEnvelope.stop()
        context.set_result_dto(self, ExitPlan(entry.opportunity_id, trigger))
        return DispositionEnvelope.proceed()
