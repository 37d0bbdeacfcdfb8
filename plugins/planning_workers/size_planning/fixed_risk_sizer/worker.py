"""How much may be bought?

As much as loses `risk_fraction` of the link's capital if the stop triggers, but never more than its
cash pays for at the limit price with the taker fee, and never less than the exchange accepts.
"""

from decimal import Decimal
from typing import ClassVar

from plugins.planning_workers.size_planning.fixed_risk_sizer.schema import SizeParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.signals import EntryPlan, ExitPlan, OpportunitySignal, SizePlan
from s1mpletrader.plugin import (
    DispositionEnvelope,
    JournalWriter,
    LedgerProvider,
    StandardWorker,
    TradingContextProvider,
)


class FixedRiskSizer(StandardWorker):
    """Turns a stop distance into a quantity."""

    params_type: ClassVar[type[SizeParams]] = SizeParams

    def __init__(
        self,
        *,
        instance_id: WorkerId,
        params: SizeParams,
        ledger_state: LedgerProvider,
        journaling: JournalWriter,
    ) -> None:
        super().__init__(instance_id=instance_id)
        self._params = params
        self._ledger = ledger_state
        self._journal = journaling

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Plan the quantity; give up below the exchange's minimums."""
        dtos = context.get_required_dtos(self)
        signal, entry, stop = dtos[OpportunitySignal], dtos[EntryPlan], dtos[ExitPlan]
        qty = self._qty(entry, stop)
        instrument = self._ledger.instrument
        if qty < instrument.qty_min or qty * stop.stop_trigger < instrument.cost_min:
            reason = (
                f"{qty} {instrument.base} is below the minimum (cash {self._ledger.cash},"
                f" at least {instrument.qty_min} and {instrument.cost_min} {instrument.quote})"
            )
            self._journal.reject(signal, self.instance_id, reason)
            return DispositionEnvelope.stop()
        context.set_result_dto(self, SizePlan(signal.opportunity_id, qty))
        return DispositionEnvelope.proceed()

    def _qty(self, entry: EntryPlan, stop: ExitPlan) -> Decimal:
        ledger = self._ledger
        risk = ledger.capital * self._params.risk_fraction
        wanted = risk / (entry.reference_price - stop.stop_trigger)
        affordable = ledger.cash / (entry.limit_price * (1 + ledger.instrument.taker_fee))
        return ledger.instrument.floor_qty(max(Decimal(0), min(wanted, affordable)))
