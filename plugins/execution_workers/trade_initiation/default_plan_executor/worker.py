"""Are plans and exits carried out?"""

from typing import ClassVar

from plugins.execution_workers.trade_initiation.default_plan_executor.schema import ExecutorParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.signals import ExitSignal, RoutedTradePlan
from s1mpletrader.plugin import DispositionEnvelope, EventDrivenWorker, ExecutionProvider


class DefaultPlanExecutor(EventDrivenWorker):
    """Asks the engine for every plan and every exit."""

    params_type: ClassVar[type[ExecutorParams]] = ExecutorParams

    def __init__(
        self, *, instance_id: WorkerId, params: ExecutorParams, trade_execution: ExecutionProvider
    ) -> None:
        del params
        super().__init__(instance_id=instance_id)
        self._execution = trade_execution

    def on_plan_ready(self, plan: RoutedTradePlan) -> DispositionEnvelope:
        """Ask for the entry."""
        self._execution.open_trade(plan)
        return DispositionEnvelope.stop()

    def on_exit_signalled(self, signal: ExitSignal) -> DispositionEnvelope:
        """Ask for the exit."""
        self._execution.close_trade(signal)
        return DispositionEnvelope.stop()
