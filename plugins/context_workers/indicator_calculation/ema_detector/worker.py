"""Where are the fast and the slow moving average of the closes?"""

from typing import ClassVar

from plugins.context_workers.indicator_calculation.ema_detector.dtos import EmaPair, EmaPairState
from plugins.context_workers.indicator_calculation.ema_detector.schema import EmaParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin import (
    DispositionEnvelope,
    StandardWorker,
    StateProvider,
    TradingContextProvider,
)
from s1mpletrader.plugin.indicators import Ema


class EmaDetector(StandardWorker):
    """Updates two averages with every closed bar."""

    params_type: ClassVar[type[EmaParams]] = EmaParams

    def __init__(
        self,
        *,
        instance_id: WorkerId,
        params: EmaParams,
        state_persistence: StateProvider[EmaPairState],
    ) -> None:
        super().__init__(instance_id=instance_id)
        self._params = params
        self._memory = state_persistence

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Add the bar's close and tell both averages."""
        close = float(context.get_required_dtos(self)[Bar].close)
        known = self._memory.get()
        fast = Ema(self._params.fast, known.fast if known else None)
        slow = Ema(self._params.slow, known.slow if known else None)
        fast.update(close)
        slow.update(close)
        self._memory.set(EmaPairState(fast.state(), slow.state()))
        context.set_result_dto(self, EmaPair(fast.value, slow.value, slow.is_ready))
        return DispositionEnvelope.proceed()
