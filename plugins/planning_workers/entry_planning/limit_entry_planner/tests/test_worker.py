"""Does the `limit_entry_planner` bound what an entry may cost?"""

from decimal import Decimal

from plugins.planning_workers.entry_planning.limit_entry_planner.schema import EntryParams
from plugins.planning_workers.entry_planning.limit_entry_planner.worker import LimitEntryPlanner
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import OpportunityId, WorkerId
from s1mpletrader.model.signals import EntryPlan, OpportunitySignal
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.plugin.testing import BTC_USD, FakeContext, FakeLedger

SIGNAL = OpportunitySignal(OpportunityId("o"), BTC_USD.symbol, WorkerId("cross"), "why", Micros(0))


def test_the_limit_is_the_last_price_plus_the_cap_on_a_tick_below() -> None:
    params = EntryParams(slippage_max=Decimal("0.002"))
    context = FakeContext(SIGNAL, price="1234.5")
    worker = LimitEntryPlanner(
        instance_id=WorkerId("entry"), params=params, ledger_state=FakeLedger()
    )
    assert worker.process(context) == DispositionEnvelope.proceed()
    plan = context.result(EntryPlan)
    assert plan == EntryPlan(
        OpportunityId("o"), BTC_USD.symbol, Decimal("1234.5"), Decimal("1236.9")
    )
