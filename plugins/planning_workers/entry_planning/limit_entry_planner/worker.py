"""At what price may a trade be entered?

A marketable limit order: it fills at once or not at all (IOC), and never worse than the last trade
by more than `slippage_max`.
"""

from typing import ClassVar

from plugins.planning_workers.entry_planning.limit_entry_planner.schema import EntryParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.signals import EntryPlan, OpportunitySignal
from s1mpletrader.plugin import (
    DispositionEnvelope,
    LedgerProvider,
    StandardWorker,
    TradingContextProvider,
)


class LimitEntryPlanner(StandardWorker):
    """Turns an opportunity into a price."""

    params_type: ClassVar[type[EntryParams]] = EntryParams

    def __init__(
        self, *, instance_id: WorkerId, params: EntryParams, ledger_state: LedgerProvider
    ) -> None:
        super().__init__(instance_id=instance_id)
        self._params = params
        self._ledger = ledger_state

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Plan the limit from the last trade's price."""
        signal = context.get_required_dtos(self)[OpportunitySignal]
        reference = context.get_base_context().price
        limit = self._ledger.instrument.floor_price(reference * (1 + self._params.slippage_max))
        plan = EntryPlan(signal.opportunity_id, signal.symbol, reference, limit)
        context.set_result_dto(self, plan)
        return DispositionEnvelope.proceed()
