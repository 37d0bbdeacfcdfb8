"""Does the `default_order_router` join the plans into one order that does not rest?"""

from decimal import Decimal

from plugins.planning_workers.order_routing.default_order_router.schema import RouterParams
from plugins.planning_workers.order_routing.default_order_router.worker import DefaultOrderRouter
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import LinkId, OpportunityId, TradeId, WorkerId
from s1mpletrader.model.orders import OrderType, TimeInForce
from s1mpletrader.model.signals import (
    EntryPlan,
    ExitPlan,
    OpportunitySignal,
    RoutedTradePlan,
    SizePlan,
)
from s1mpletrader.plugin.testing import BTC_USD, FakeContext, FakeIds

O1 = OpportunityId("o")


def test_the_plan_has_everything_and_its_cause() -> None:
    context = FakeContext(
        OpportunitySignal(O1, BTC_USD.symbol, WorkerId("cross"), "why", Micros(0)),
        EntryPlan(O1, BTC_USD.symbol, Decimal(1000), Decimal(1002)),
        ExitPlan(O1, Decimal(900)),
        SizePlan(O1, Decimal("0.5")),
    )
    worker = DefaultOrderRouter(
        instance_id=WorkerId("router"), params=RouterParams(), causal_ids=FakeIds()
    )
    assert worker.process(context).event == RoutedTradePlan(
        trade_id=TradeId("trade-1"),
        opportunity_id=O1,
        link=LinkId("link"),
        symbol=BTC_USD.symbol,
        qty=Decimal("0.5"),
        limit_price=Decimal(1002),
        stop_trigger=Decimal(900),
        type=OrderType.LIMIT,
        tif=TimeInForce.IOC,
    )
