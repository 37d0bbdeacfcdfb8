"""By which order is a plan carried out?"""

from typing import ClassVar

from plugins.planning_workers.order_routing.default_order_router.schema import RouterParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.orders import OrderType, TimeInForce
from s1mpletrader.model.signals import (
    EntryPlan,
    ExitPlan,
    OpportunitySignal,
    RoutedTradePlan,
    SizePlan,
)
from s1mpletrader.plugin import (
    CausalIdProvider,
    DispositionEnvelope,
    StandardWorker,
    TradingContextProvider,
)


class DefaultOrderRouter(StandardWorker):
    """Joins entry, exit and size into one limit order that does not rest."""

    params_type: ClassVar[type[RouterParams]] = RouterParams

    def __init__(
        self, *, instance_id: WorkerId, params: RouterParams, causal_ids: CausalIdProvider
    ) -> None:
        del params
        super().__init__(instance_id=instance_id)
        self._ids = causal_ids

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Publish the plan."""
        dtos = context.get_required_dtos(self)
        entry = dtos[EntryPlan]
        return DispositionEnvelope.publish(
            RoutedTradePlan(
                trade_id=self._ids.new_trade_id(),
                opportunity_id=dtos[OpportunitySignal].opportunity_id,
                link=context.get_base_context().strategy_link_id,
                symbol=entry.symbol,
                qty=dtos[SizePlan].qty,
                limit_price=entry.limit_price,
                stop_trigger=dtos[ExitPlan].stop_trigger,
                type=OrderType.LIMIT,
                tif=TimeInForce.IOC,
            )
        )
