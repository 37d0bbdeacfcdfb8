"""How far does the price move in a bar?"""

from typing import ClassVar

from plugins.context_workers.indicator_calculation.atr_detector.dtos import AverageTrueRange
from plugins.context_workers.indicator_calculation.atr_detector.schema import AtrParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin import (
    DispositionEnvelope,
    StandardWorker,
    StateProvider,
    TradingContextProvider,
)
from s1mpletrader.plugin.indicators import Atr, AtrState


class AtrDetector(StandardWorker):
    """Updates the average true range with every closed bar."""

    params_type: ClassVar[type[AtrParams]] = AtrParams

    def __init__(
        self,
        *,
        instance_id: WorkerId,
        params: AtrParams,
        state_persistence: StateProvider[AtrState],
    ) -> None:
        super().__init__(instance_id=instance_id)
        self._params = params
        self._memory = state_persistence

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Add the bar's range and tell the average."""
        bar = context.get_required_dtos(self)[Bar]
        atr = Atr(self._params.period, self._memory.get())
        atr.update(float(bar.high), float(bar.low), float(bar.close))
        self._memory.set(atr.state())
        context.set_result_dto(self, AverageTrueRange(atr.value, atr.is_ready))
        return DispositionEnvelope.proceed()
