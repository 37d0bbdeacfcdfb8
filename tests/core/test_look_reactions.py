"""What does a look write into the books, and when does it stay silent?"""

from decimal import Decimal as D

import msgspec
import pytest

from s1mpletrader.core.effects import AskLook, Effects, Submit
from s1mpletrader.core.identity import OrderIdentity, client_order_id
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import UNALLOCATED, ExchangeOrderId
from s1mpletrader.model.looks import BalanceRow, Balances
from s1mpletrader.model.orders import Ack, OrderRole, OrderStatus, Reject, Unknown
from tests.core.specimens import closed_row, open_row
from tests.core.test_reactions import complete, foreign_trade, reasons, stranger
from tests.core.test_trader import BTC, INSTRUMENT, PAIR, USD, Stage, submit_in


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def doubtful(stage: Stage) -> Submit:
    """Send an entry that nobody answers."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    return entry


def look(stage: Stage, *, later_s: float = 0, **changes: object) -> Effects:
    stage.now += int(later_s * 1_000_000)
    return stage.tell(inputs.LookTaken(complete(stage, **changes)))


def status_of(stage: Stage, submit: Submit) -> OrderStatus:
    return stage.trader.books.orders[submit.order.client_id].status


def balances(usd: str, btc: str = "0") -> Balances:
    rows = (BalanceRow(USD, D(usd), D(0)), BalanceRow(BTC, D(btc), D(0)))
    return Balances(rows, "L", "L")


def test_a_doubt_keeps_its_instrument_locked_until_its_absence_is_ripe(stage: Stage) -> None:
    """SAFETY D6, O6: a look begun before deadline and grace says nothing."""
    entry = doubtful(stage)
    for later_s in (3, 3, 3):
        look(stage, later_s=later_s)
    assert status_of(stage, entry) is OrderStatus.UNKNOWN
    assert stage.trader.books.is_locked(PAIR)
    assert not stage.trader.memory.counts


def test_an_order_absent_from_two_ripe_looks_was_not_placed_and_unlocks(stage: Stage) -> None:
    """SAFETY D6: the strategy may decide anew."""
    entry = doubtful(stage)
    look(stage, later_s=10)
    assert status_of(stage, entry) is OrderStatus.UNKNOWN
    effects = look(stage, later_s=3)
    assert any(isinstance(each, records.NotPlaced) for each in effects.records)
    assert not stage.trader.books.is_locked(PAIR)
    assert not reasons(stage)


def test_a_first_ripe_absence_is_looked_at_again_after_the_spacing(stage: Stage) -> None:
    """SAFETY D2."""
    doubtful(stage)
    assert not look(stage, later_s=10).asks
    asks = stage.tell(inputs.TimerFired(), later_s=2).asks
    assert any(isinstance(ask, AskLook) for ask in asks)


def test_an_order_in_doubt_that_a_look_shows_open_is_adopted_with_its_evidence(
    stage: Stage,
) -> None:
    entry = doubtful(stage)
    effects = look(stage, later_s=3, open=(open_row(client_id=entry.order.client_id),))
    order = stage.trader.books.orders[entry.order.client_id]
    assert (order.status, order.txid) == (OrderStatus.ACKED, "O1")
    noted = [each for each in effects.records if isinstance(each, records.Discrepancy)]
    assert [(each.action, each.expected) for each in noted] == [("adopted", "unknown")]


def test_an_order_in_doubt_that_was_executed_is_booked_and_guarded_at_once(stage: Stage) -> None:
    """SAFETY D6, O8: closed with its executions; the stop leaves with the same look."""
    entry = doubtful(stage)
    stage.now += 3_000_000
    effects = look(
        stage,
        closed=(closed_row("1", client_id=entry.order.client_id),),
        trades=(foreign_trade(stage, "O1"),),
    )
    order = stage.trader.books.orders[entry.order.client_id]
    assert (order.status, order.executed) == (OrderStatus.CLOSED, D(1))
    stop = submit_in(effects)
    assert (stop.role, stop.order.qty) == (OrderRole.STOP, D(1))
    assert not reasons(stage)


def test_an_execution_seen_twice_is_booked_once(stage: Stage) -> None:
    """SAFETY O5: by two looks."""
    entry = doubtful(stage)
    stage.now += 3_000_000
    rows = (closed_row("1", client_id=entry.order.client_id),)
    trade = foreign_trade(stage, "O1")
    for _ in range(2):
        look(stage, closed=rows, trades=(trade,))
    assert stage.trader.books.orders[entry.order.client_id].executed == D(1)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_refused_order_that_appears_after_all_is_adopted_and_halts(
    stage: Stage, is_open: bool
) -> None:
    """SAFETY D6: the exchange wins, and a person must know."""
    entry = submit_in(stage.plan())
    client_id = entry.order.client_id
    stage.tell(inputs.Submitted(client_id, Reject("EOrder:Insufficient funds")))
    shown = {"open": (open_row(client_id=client_id),)}
    if not is_open:
        shown = {"closed": (closed_row("0", client_id=client_id),)}  # type: ignore[dict-item]
    effects = look(stage, later_s=3, **shown)
    assert status_of(stage, entry) is (OrderStatus.ACKED if is_open else OrderStatus.CLOSED)
    assert ("contradiction", "account") in stage.trader.books.halts
    assert any(alert.level == "critical" for alert in effects.alerts)


def test_an_order_with_our_tag_that_a_look_shows_is_an_orphan_and_shuts_the_gate(
    stage: Stage,
) -> None:
    """SAFETY D6: the journal lost it; that look agrees with nothing."""
    agreed_us = stage.trader.books.agreed_us
    theirs = client_order_id(OrderIdentity(7, 4, 0, 1))
    effects = look(stage, later_s=5, open=(stranger(theirs),))
    assert stage.trader.books.foreign == {"OX": True}
    assert stage.trader.books.agreed_us == agreed_us
    assert any(isinstance(each, records.ForeignOrder) and each.orphan for each in effects.records)
    assert reasons(stage) == {"orphan"}


def test_executions_of_a_strangers_order_are_booked_once_to_unallocated(stage: Stage) -> None:
    """SAFETY D10."""
    stage.now += 5_000_000
    row, trade = stranger(None), foreign_trade(stage)
    first = look(stage, open=(row,), trades=(trade,), balances=balances("19900", "1"))
    again = look(stage, later_s=5, open=(row,), trades=(trade,), balances=balances("19900", "1"))
    booked = [
        [each for each in effects.records if isinstance(each, records.ForeignFill)]
        for effects in (first, again)
    ]
    assert [len(each) for each in booked] == [1, 0]
    assert stage.trader.books.ledgers[UNALLOCATED].amount(BTC) == D(1)
    assert not reasons(stage)


def test_absence_is_not_believed_while_the_balances_show_that_coins_moved(stage: Stage) -> None:
    """SAFETY D7, ADR 0020: placing it again would buy twice."""
    entry = doubtful(stage)
    for _ in range(3):
        look(stage, later_s=10, balances=balances("19000", "10"))
    assert status_of(stage, entry) is OrderStatus.UNKNOWN
    assert stage.trader.books.is_locked(PAIR)
    assert not reasons(stage)
    look(stage, later_s=60, balances=balances("19000", "10"))
    halt = stage.trader.books.halts["balance", "account"]
    assert "BTC is 10, the books say 0" in halt.why


def test_coins_that_moved_the_other_way_say_nothing_about_a_buy_in_doubt(stage: Stage) -> None:
    entry = doubtful(stage)
    look(stage, later_s=10, balances=balances("20000", "-1"))
    look(stage, later_s=3, balances=balances("20000", "-1"))
    assert status_of(stage, entry) is OrderStatus.NOT_PLACED


def test_balances_are_not_compared_while_an_order_is_on_its_way(stage: Stage) -> None:
    """SAFETY D7: its execution may not have reached lists and balances alike."""
    doubtful(stage)
    for _ in range(3):
        look(stage, later_s=1, balances=balances("19999"))
    assert not reasons(stage)
    assert not stage.trader.memory.balance_differs


def test_a_difference_that_is_gone_at_the_second_look_halts_nothing(stage: Stage) -> None:
    """SAFETY D7: looked at again before anybody is woken."""
    look(stage, later_s=5, balances=balances("19999"))
    assert stage.trader.memory.balance_differs
    look(stage, later_s=5)
    look(stage, later_s=5, balances=balances("19999"))
    assert not reasons(stage)


def test_a_difference_that_lasts_is_told_once_and_a_later_one_again(stage: Stage) -> None:
    """SAFETY D8: one record and one line for each, however many looks show it."""
    told = 0
    for amount in ("19999", "19999", "19999", "20000", "19998", "19998"):
        effects = look(stage, later_s=5, balances=balances(amount))
        told += sum(isinstance(each, records.Discrepancy) for each in effects.records)
    assert told == 2


def test_an_account_without_a_single_balance_does_not_open_the_books(stage: Stage) -> None:
    """Absent is not empty."""
    fresh = Stage()
    run = inputs.RunStarted("0", "3", "c", "paper", 5, 9, 1, "host", "boot")
    fresh.tell(run)
    look(fresh, later_s=50, balances=Balances((), "L", "L"))
    assert fresh.trader.books.opened_us == 0
    assert ("reconcile", "account") in fresh.trader.books.halts
    assert stage.trader.books.opened_us > 0


def test_a_look_of_a_connection_that_is_gone_still_proves_what_it_shows(stage: Stage) -> None:
    """SAFETY D2, D3: evidence is believed, the gate stays shut."""
    entry = doubtful(stage)
    stage.tell(inputs.ConnectionChanged(1, "down"))
    look(stage, later_s=5, open=(open_row(client_id=entry.order.client_id),))
    assert status_of(stage, entry) is OrderStatus.ACKED
    assert ("reconcile", "account") in stage.trader.books.halts


def test_a_trade_of_before_the_books_were_opened_is_no_riddle(stage: Stage) -> None:
    """SAFETY D10: the opening balances contain it."""
    old = msgspec.structs.replace(foreign_trade(stage), time_us=stage.trader.books.opened_us)
    for _ in range(3):
        look(stage, later_s=5, trades=(old,))
    assert not reasons(stage)
    assert not stage.trader.memory.strange_trades


def test_an_acknowledged_order_that_is_nowhere_keeps_its_stop(stage: Stage) -> None:
    """SAFETY D6: halted, and what was bought of it is still guarded."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    stop = submit_in(stage.fill(entry, "4", "100", "O1"))
    stage.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
    row = open_row(client_id=stop.order.client_id, txid="O2")
    for _ in range(2):
        look(stage, later_s=5, open=(row,))
        stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
    assert "contradiction" in reasons(stage)
    replaced = stage.close(stop, "0", "O2")
    assert submit_in(replaced).role is OrderRole.STOP


# The opening balances (SAFETY D7, D10).


def first_looks(*looks: tuple[float, str, tuple[object, ...]]) -> Stage:
    """Return a stage whose first looks began so much later each, with that USD and those trades."""
    stage = Stage()
    run = inputs.RunStarted("0", "3", "c", "paper", 5, 9, 1, "h", "b", instruments=(INSTRUMENT,))
    stage.tell(run)
    stage.tell(inputs.ConnectionChanged(1, "subscribed"))
    for later_s, usd, trades in looks:
        stage.now += int(later_s * SECOND)
        there = Balances((BalanceRow(USD, D(usd), D(0)),), "L", "L")
        stage.tell(inputs.LookTaken(complete(stage, balances=there, trades=trades)))
    return stage


def test_two_equal_looks_open_the_books_as_of_the_first() -> None:
    stage = first_looks((5, "100", ()), (2, "100", ()))
    books = stage.trader.books
    assert books.opened_us == 1_005 * SECOND
    assert books.ledgers[UNALLOCATED].amount(USD) == D(100)


@pytest.mark.parametrize(
    "second", [(1.9, "100", ()), (2, "99", ())], ids=["too soon", "other balances"]
)
def test_a_second_look_that_proves_nothing_opens_nothing(
    second: tuple[float, str, tuple[object, ...]],
) -> None:
    assert first_looks((5, "100", ()), second).trader.books.opened_us == 0


def test_an_execution_between_the_two_opens_nothing() -> None:
    """Whether the balances show it already nobody can tell; a third look is needed."""
    stage = Stage()
    stage.now += 6 * SECOND
    trade = foreign_trade(stage, "OF")
    assert first_looks((5, "100", ()), (3, "100", (trade,))).trader.books.opened_us == 0
    opened = first_looks((5, "100", ()), (3, "100", (trade,)), (2, "100", (trade,)))
    assert opened.trader.books.opened_us == 1_008 * SECOND


# What a look shows comes before what it does not show (SAFETY D4, D7).


def test_an_executed_order_found_long_after_a_restart_halts_nothing(stage: Stage) -> None:
    """The balances differ because of the very order that the look shows."""
    entry = doubtful(stage)
    stage.now += 300 * SECOND
    trade = foreign_trade(stage, "O1")
    there = Balances((BalanceRow(USD, D(19_900), D(0)), BalanceRow(BTC, D(1), D(0))), "L", "L")
    rows = (closed_row("1", client_id=entry.order.client_id),)
    look(stage, closed=rows, trades=(trade,), balances=there)
    assert not reasons(stage)


def test_a_strangers_trade_explains_the_balances_before_absence_is_judged(stage: Stage) -> None:
    entry = doubtful(stage)
    stage.now += 300 * SECOND
    trade = foreign_trade(stage, "OF")
    there = Balances((BalanceRow(USD, D(19_900), D(0)), BalanceRow(BTC, D(1), D(0))), "L", "L")
    row = closed_row("1", client_id=None, txid="OF")
    for _ in range(2):
        look(stage, later_s=3, closed=(row,), trades=(trade,), balances=there)
    assert status_of(stage, entry) is OrderStatus.NOT_PLACED
    assert not reasons(stage)


def test_balances_that_suspect_a_doubtful_order_once_halt_nothing(stage: Stage) -> None:
    """Long after it is ripe, too: lists and balances lag apart, and only what lasts is told."""
    entry = doubtful(stage)
    stage.now += 300 * SECOND
    ahead = Balances((BalanceRow(USD, D(20_000), D(0)), BalanceRow(BTC, D(1), D(0))), "L", "L")
    look(stage, balances=ahead)
    assert not reasons(stage)
    for _ in range(2):
        look(stage, later_s=3)
    assert status_of(stage, entry) is OrderStatus.NOT_PLACED
