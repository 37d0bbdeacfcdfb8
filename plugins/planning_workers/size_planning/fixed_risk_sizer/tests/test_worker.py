"""Does the `fixed_risk_sizer` risk what it may, and never more than there is?"""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from plugins.planning_workers.size_planning.fixed_risk_sizer.schema import SizeParams
from plugins.planning_workers.size_planning.fixed_risk_sizer.worker import FixedRiskSizer
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import OpportunityId, WorkerId
from s1mpletrader.model.signals import EntryPlan, ExitPlan, OpportunitySignal, SizePlan
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.plugin.testing import BTC_USD, FakeContext, FakeJournal, FakeLedger

O1 = OpportunityId("o")
SIGNAL = OpportunitySignal(O1, BTC_USD.symbol, WorkerId("cross"), "why", Micros(0))
STOP = DispositionEnvelope.stop()


def size(
    ledger: FakeLedger, reference: str = "1000", trigger: str = "900"
) -> tuple[DispositionEnvelope, FakeContext, FakeJournal]:
    price = Decimal(reference)
    entry = EntryPlan(O1, BTC_USD.symbol, price, price * Decimal("1.002"))
    context, journal = FakeContext(SIGNAL, entry, ExitPlan(O1, Decimal(trigger))), FakeJournal()
    worker = FixedRiskSizer(
        instance_id=WorkerId("size"),
        params=SizeParams(risk_fraction=Decimal("0.01")),
        ledger_state=ledger,
        journaling=journal,
    )
    return worker.process(context), context, journal


def test_a_stopped_trade_loses_the_fraction_of_the_capital() -> None:
    answer, context, _ = size(FakeLedger())
    assert answer == DispositionEnvelope.proceed()
    assert context.result(SizePlan).qty == Decimal(1)  # 1 % of 10,000 over 100 a coin


def test_cash_after_the_fee_is_the_ceiling() -> None:
    _, context, _ = size(FakeLedger(cash=Decimal(500)))
    qty = context.result(SizePlan).qty
    cost = qty * Decimal(1002) * (1 + BTC_USD.taker_fee)
    assert cost <= 500
    assert cost + BTC_USD.qty_step * 1010 > 500


def test_below_the_minimum_it_gives_up_with_the_numbers() -> None:
    answer, _, journal = size(FakeLedger(cash=Decimal("0.05")))
    assert answer == STOP
    (rejected,) = journal.rejected
    assert rejected == (
        "o",
        "size",
        "0.00004970 BTC is below the minimum (cash 0.05, at least 0.0001 and 0.5 USD)",
    )


def test_without_cash_it_gives_up() -> None:
    assert size(FakeLedger(cash=Decimal(-3)))[0] == STOP


def test_a_stop_worth_less_than_the_cost_minimum_gives_up() -> None:
    ledger = FakeLedger(cash=Decimal("0.6"))
    assert size(ledger, reference="1000", trigger="999")[0] == DispositionEnvelope.proceed()
    assert size(ledger, reference="1000", trigger="800")[0] == STOP


@given(st.integers(0, 100_000), st.integers(2, 90_000), st.integers(1, 1000))
def test_it_never_plans_more_than_the_cash_pays_for(cash: int, price: int, below: int) -> None:
    ledger = FakeLedger(cash=Decimal(cash))
    trigger = str(max(1, price - below))
    answer, context, _ = size(ledger, reference=str(price), trigger=trigger)
    if answer != STOP:
        qty = context.result(SizePlan).qty
        assert qty * price * Decimal("1.002") * (1 + BTC_USD.taker_fee) <= cash
        assert qty == BTC_USD.floor_qty(qty)
