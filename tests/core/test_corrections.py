"""Does a person decide exactly what was shown, and only what nobody can prove?"""

from decimal import Decimal as D
from typing import Any

import pytest

from s1mpletrader.core.corrections import Plan, plan
from s1mpletrader.core.effects import Effects, Submit
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND
from s1mpletrader.model.discrepancies import DiscrepancyKind as Kind
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.looks import BalanceRow, Balances, Complete
from s1mpletrader.model.orders import Ack, Fill, OrderStatus, Unknown
from tests.core.specimens import closed_row
from tests.core.test_reactions import command, complete, foreign_trade, reasons, turn_of
from tests.core.test_trader import BTC, USD, Stage, submit_in
from tests.core.test_trader_attacks import guarded

Shown = dict[str, Any]
"""What the lists of a look hold."""


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def account(usd: str = "20000", btc: str = "0") -> Balances:
    return Balances((BalanceRow(USD, D(usd), D(0)), BalanceRow(BTC, D(btc), D(0))), "L", "L")


def look(stage: Stage, *, later_s: float = 3, **changes: object) -> Effects:
    stage.now += int(later_s * SECOND)
    return stage.tell(inputs.LookTaken(complete(stage, **changes)))


def offered(stage: Stage, **changes: object) -> Plan:
    """Return the plan that a look of now would lead to."""
    stage.now += 3 * SECOND
    found: Complete = complete(stage, **changes)
    stage.tell(inputs.LookTaken(found))
    return plan(turn_of(stage, inputs.TimerFired()), found)


def order_plan(stage: Stage, found: Plan) -> None:
    stage.tell(command("reconcile", "apply", found.plan_id))


def decisions(effects: Effects) -> list[bool]:
    return [each.applied for each in effects.records if isinstance(each, records.PlanDecided)]


def stubborn(stage: Stage) -> tuple[Submit, Shown]:
    """Send an entry whose doubt the balances keep up; return it and what looks show."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    shown: Shown = {"balances": account("19000", "10")}
    for _ in range(30):
        look(stage, **shown)
    return entry, shown


def test_a_doubt_that_the_balances_keep_up_can_be_ended_by_a_person(stage: Stage) -> None:
    """SAFETY D7, D8."""
    entry, shown = stubborn(stage)
    assert reasons(stage) == {"balance"}
    found = offered(stage, **shown)
    assert [each.kind for each in found.corrections] == [Kind.NOT_PLACED]
    order_plan(stage, found)
    assert not decisions(look(stage, **shown))
    assert decisions(look(stage, **shown)) == [True]
    assert stage.trader.books.orders[entry.order.client_id].status is OrderStatus.NOT_PLACED


def test_what_the_balances_then_still_say_is_a_plan_of_its_own(stage: Stage) -> None:
    _, shown = stubborn(stage)
    for kinds in ([Kind.NOT_PLACED], [Kind.BALANCE, Kind.BALANCE]):
        found = offered(stage, **shown)
        assert [each.kind for each in found.corrections] == kinds
        order_plan(stage, found)
        look(stage, **shown)
        assert decisions(look(stage, **shown)) == [True]
    assert not offered(stage, **shown).corrections
    assert stage.trader.books.ledgers["unallocated"].amount(BTC) == D(10)  # type: ignore[index]
    look(stage, **shown)
    stage.tell(command("resume"))
    assert not reasons(stage)


def test_one_look_is_not_enough_and_the_second_begins_after_the_spacing(stage: Stage) -> None:
    """SAFETY D2."""
    _, shown = stubborn(stage)
    order_plan(stage, offered(stage, **shown))
    assert not decisions(look(stage, **shown))
    assert not decisions(look(stage, later_s=1.9, **shown))
    assert decisions(look(stage, later_s=0.1, **shown)) == [True]


def test_a_look_that_began_before_the_order_counts_for_nothing(stage: Stage) -> None:
    _, shown = stubborn(stage)
    found = offered(stage, **shown)
    early = complete(stage, **shown)
    stage.now += 1
    order_plan(stage, found)
    assert not decisions(stage.tell(inputs.LookTaken(early)))
    assert stage.trader.memory.plan_wish is not None
    assert stage.trader.memory.plan_wish.seen_us is None


def test_a_plan_that_changed_is_not_carried_out(stage: Stage) -> None:
    """SAFETY D8: the person ordered what was shown, nothing else."""
    entry, shown = stubborn(stage)
    order_plan(stage, offered(stage, **shown))
    look(stage, **shown)
    stage.tell(inputs.OrderEvent(ExchangeOrderId("O1"), entry.order.client_id, "open"))
    assert decisions(look(stage, **shown)) == [False]
    assert stage.trader.books.orders[entry.order.client_id].status is OrderStatus.ACKED
    assert not decisions(look(stage, **shown))


def test_a_plan_that_nobody_offered_changes_nothing(stage: Stage) -> None:
    stage.tell(command("reconcile", "apply", "00000000"))
    assert decisions(look(stage)) == [False]


def test_nothing_is_offered_while_all_agrees_or_doubt_is_young(stage: Stage) -> None:
    assert offered(stage).plan_id == ""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    assert not offered(stage).corrections


def test_an_acknowledged_order_that_is_nowhere_can_be_ended(stage: Stage) -> None:
    """SAFETY D6, O8: the holding gets its stop again."""
    stop = guarded(stage)
    shown: Shown = {"closed": (closed_row("10", client_id=None, txid="O1"),), "balances": None}
    for _ in range(3):
        look(stage, **shown)
    assert reasons(stage) == {"contradiction"}
    found = offered(stage, **shown)
    assert [(each.kind, each.subject.split()[0]) for each in found.corrections] == [
        (Kind.MISSING, "stop")
    ]
    order_plan(stage, found)
    look(stage, **shown)
    again = submit_in(look(stage, **shown))
    assert stage.trader.books.orders[stop.order.client_id].status is OrderStatus.CLOSED
    assert again.order.qty == D(10)


def test_a_trade_of_nobody_can_be_booked_to_unallocated(stage: Stage) -> None:
    """SAFETY D6, D10: never attributed by guess; a person may say it is nobody's."""
    stage.now += SECOND
    fill: Fill = foreign_trade(stage, "OZ")
    shown: Shown = {"trades": (fill,), "balances": account(str(20_000 - fill.cost - fill.fee), "1")}
    for _ in range(3):
        look(stage, **shown)
    assert reasons(stage) == {"contradiction"}
    found = offered(stage, **shown)
    assert [each.kind for each in found.corrections] == [Kind.UNEXPLAINED_TRADE]
    order_plan(stage, found)
    look(stage, **shown)
    look(stage, **shown)
    assert fill.exec_id in stage.trader.books.booked
    look(stage, **shown)
    stage.tell(command("resume"))
    assert not reasons(stage)


def test_balances_that_were_not_stable_or_may_lag_prove_nothing(stage: Stage) -> None:
    unstable = Balances((BalanceRow(USD, D(1), D(0)),), "L1", "L2")
    assert not offered(stage, balances=unstable).corrections
    assert not offered(stage, balances=None).corrections
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    stage.fill(entry, "10", "100", "O1")
    assert not offered(stage, balances=account("1")).corrections


def test_an_order_whose_end_is_known_and_not_booked_yet_is_not_for_a_person(stage: Stage) -> None:
    """SAFETY D6: its executions will show; nothing is counted away."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    stage.close(entry, "10", "O1")
    assert not offered(stage, balances=None).corrections
