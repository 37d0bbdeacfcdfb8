"""Does the `default_plan_executor` ask for what it hears?"""

from decimal import Decimal

from plugins.execution_workers.trade_initiation.default_plan_executor.schema import ExecutorParams
from plugins.execution_workers.trade_initiation.default_plan_executor.worker import (
    DefaultPlanExecutor,
)
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import LinkId, OpportunityId, TradeId, WorkerId
from s1mpletrader.model.signals import ExitSignal, RoutedTradePlan
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.plugin.testing import BTC_USD, FakeExecution


def test_plans_and_exits_are_asked_for_as_they_come() -> None:
    execution = FakeExecution()
    worker = DefaultPlanExecutor(
        instance_id=WorkerId("executor"), params=ExecutorParams(), trade_execution=execution
    )
    plan = RoutedTradePlan(
        TradeId("t"),
        OpportunityId("o"),
        LinkId("link"),
        BTC_USD.symbol,
        Decimal(1),
        Decimal(100),
        Decimal(90),
    )
    leave = ExitSignal(BTC_USD.symbol, WorkerId("cross"), "why", Micros(0))
    assert worker.on_plan_ready(plan) == DispositionEnvelope.stop()
    assert worker.on_exit_signalled(leave) == DispositionEnvelope.stop()
    assert (execution.plans, execution.exits) == ([plan], [leave])
