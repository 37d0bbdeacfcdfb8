"""Does the `atr_exit_planner` put the stop where it belongs, or give up?"""

from decimal import Decimal

from plugins.context_workers.indicator_calculation.atr_detector.dtos import AverageTrueRange
from plugins.planning_workers.exit_planning.atr_exit_planner.schema import ExitParams
from plugins.planning_workers.exit_planning.atr_exit_planner.worker import AtrExitPlanner
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import OpportunityId, WorkerId
from s1mpletrader.model.signals import EntryPlan, ExitPlan, OpportunitySignal
from s1mpletrader.plugin import DispositionEnvelope
from s1mpletrader.plugin.testing import BTC_USD, FakeContext, FakeJournal, FakeLedger

O1 = OpportunityId("o")
SIGNAL = OpportunitySignal(O1, BTC_USD.symbol, WorkerId("cross"), "why", Micros(0))
ENTRY = EntryPlan(O1, BTC_USD.symbol, Decimal(1000), Decimal(1002))
STOP = DispositionEnvelope.stop()


def plan(atr: AverageTrueRange) -> tuple[DispositionEnvelope, FakeContext, FakeJournal]:
    context, journal = FakeContext(SIGNAL, ENTRY, atr), FakeJournal()
    worker = AtrExitPlanner(
        instance_id=WorkerId("stop"),
        params=ExitParams(multiple=Decimal("2.5")),
        ledger_state=FakeLedger(),
        journaling=journal,
    )
    return worker.process(context), context, journal


def test_the_stop_is_some_ranges_below_the_reference() -> None:
    answer, context, journal = plan(AverageTrueRange(10.0333, is_ready=True))
    assert answer == DispositionEnvelope.proceed()
    assert context.result(ExitPlan) == ExitPlan(O1, Decimal("974.9"))
    assert journal.rejected == []


def test_a_range_that_is_not_ready_gives_up_with_a_reason() -> None:
    answer, _, journal = plan(AverageTrueRange(10.0, is_ready=False))
    assert answer == STOP
    assert journal.rejected == [("o", "stop", "the average true range is not ready")]


def test_a_stop_below_zero_gives_up_with_the_numbers() -> None:
    answer, _, journal = plan(AverageTrueRange(400.0, is_ready=True))
    assert answer == STOP
    assert journal.rejected == [("o", "stop", "no room for a stop 1000.00 below 1000")]


def test_a_stop_at_the_entry_gives_up() -> None:
    answer, _, journal = plan(AverageTrueRange(0.0, is_ready=True))
    assert answer == STOP
    assert len(journal.rejected) == 1
