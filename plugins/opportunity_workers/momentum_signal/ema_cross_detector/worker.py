"""Has the fast average crossed the slow one?

Entries are edges: only the bar on which the fast average rises above the slow one is a chance, a
late entry is not. Exits are levels: while the fast average is below and the link holds, every bar
asks for the exit, so that a crossing that fell into an outage or was refused is not lost.
"""

from typing import ClassVar

from plugins.context_workers.indicator_calculation.ema_detector.dtos import EmaPair
from plugins.opportunity_workers.momentum_signal.ema_cross_detector.dtos import CrossState
from plugins.opportunity_workers.momentum_signal.ema_cross_detector.schema import CrossParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.signals import ExitSignal, OpportunitySignal
from s1mpletrader.plugin import (
    CausalIdProvider,
    DispositionEnvelope,
    LedgerProvider,
    StandardWorker,
    StateProvider,
    TradingContextProvider,
)


class EmaCrossDetector(StandardWorker):
    """Golden cross: opportunity. Death cross: exit."""

    params_type: ClassVar[type[CrossParams]] = CrossParams

    def __init__(
        self,
        *,
        instance_id: WorkerId,
        params: CrossParams,
        state_persistence: StateProvider[CrossState],
        ledger_state: LedgerProvider,
        causal_ids: CausalIdProvider,
    ) -> None:
        del params
        super().__init__(instance_id=instance_id)
        self._memory = state_persistence
        self._ledger = ledger_state
        self._ids = causal_ids

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Compare the averages with where they were a bar ago."""
        pair = context.get_required_dtos(self)[EmaPair]
        if not pair.is_ready:
            return DispositionEnvelope.stop()
        is_above = pair.fast > pair.slow
        known = self._memory.get()
        self._memory.set(CrossState(is_above))
        if pair.fast < pair.slow and self._ledger.open_trade is not None:
            return DispositionEnvelope.publish(self._exit(context, pair))
        has_risen = known is not None and is_above and not known.was_above
        if has_risen and self._ledger.open_trade is None:
            return DispositionEnvelope.publish(self._opportunity(context, pair))
        return DispositionEnvelope.stop()

    def _exit(self, context: TradingContextProvider, pair: EmaPair) -> ExitSignal:
        now = context.get_base_context()
        reason = f"death cross: EMA {pair.fast:.2f} is below {pair.slow:.2f}"
        return ExitSignal(now.symbol, self.instance_id, reason, now.timestamp)

    def _opportunity(self, context: TradingContextProvider, pair: EmaPair) -> OpportunitySignal:
        now = context.get_base_context()
        reason = f"golden cross: EMA {pair.fast:.2f} rose above {pair.slow:.2f}"
        opportunity_id = self._ids.new_opportunity_id()
        return OpportunitySignal(
            opportunity_id, now.symbol, self.instance_id, reason, now.timestamp
        )
