"""Does a new start know nothing of the world, and lose nothing of what it held?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.core.effects import AskBalances, AskLook
from s1mpletrader.core.identity import OrderIdentity, client_order_id
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.looks import BalanceRow, Balances
from s1mpletrader.model.orders import Ack, OrderStatus
from tests.core.specimens import closed_row, open_row
from tests.core.test_reactions import command, complete, reasons
from tests.core.test_trader import BTC, INSTRUMENT, LINK, USD, Stage, submit_in
from tests.core.test_trader_attacks import guarded


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def restart(stage: Stage, boot: str = "boot", *, later_s: float = 1) -> tuple[str, ...]:
    """Start the next run on the same books; return the kinds of its records."""
    run = inputs.RunStarted(
        "0", "3", "c", "paper", 6, 9, 1, "host", boot, instruments=(INSTRUMENT,)
    )
    effects = stage.tell(run, later_s=later_s)
    return tuple(type(each).__name__ for each in effects.records)


def reconnect(stage: Stage) -> None:
    stage.tell(inputs.CapitalConfigured(LINK, USD, stage.trader.books.capital[LINK]))
    stage.tell(inputs.ConnectionChanged(1, "subscribed"))
    stage.tell(inputs.LeaseRenewed(Micros(stage.now)))


def test_a_restart_puts_every_intent_in_doubt_and_keeps_what_is_known(stage: Stage) -> None:
    """SAFETY O1, D6: after a restart every INTENT is UNKNOWN."""
    stop = guarded(stage)
    restart(stage)
    assert stage.trader.books.orders[stop.order.client_id].status is OrderStatus.ACKED
    other = Stage()
    other.start()
    entry = submit_in(other.plan())
    assert "WentUnknown" in restart(other)
    assert other.trader.books.orders[entry.order.client_id].status is OrderStatus.UNKNOWN


def test_a_restart_shuts_the_gate_until_a_look_agrees(stage: Stage) -> None:
    """SAFETY D3."""
    restart(stage)
    assert reasons(stage) == {"reconcile"}
    reconnect(stage)
    stage.now += 3 * SECOND
    stage.tell(inputs.LookTaken(complete(stage)))
    assert not reasons(stage)


def test_what_a_person_halted_stays_halted_over_a_restart(stage: Stage) -> None:
    """SAFETY G1, G3."""
    stage.tell(command("halt"))
    stage.tell(inputs.StorageNotice(ok=False, detail="full"))
    restart(stage)
    assert reasons(stage) == {"operator", "reconcile"}


def test_a_fenced_run_sends_nothing_and_a_new_one_may(stage: Stage) -> None:
    """SAFETY F3, G2: no resume lifts it; a person's new start draws a higher epoch."""
    theirs = client_order_id(OrderIdentity(7, 6, 0, 1))
    stage.tell(inputs.OrderEvent(ExchangeOrderId("OX"), theirs, "open"))
    stage.tell(command("resume"))
    assert reasons(stage) == {"fenced"}
    assert not stage.plan().sends
    restart(stage)
    assert reasons(stage) == {"reconcile"}


def test_a_newcomer_waits_until_every_lease_of_an_older_copy_has_run_out(stage: Stage) -> None:
    """SAFETY F2: another boot; an agreeing look before the wait's end opens nothing."""
    restart(stage, boot="another boot")
    reconnect(stage)
    wait_us = stage.trader.memory.newcomer_wait_us
    assert wait_us == 35_250_000
    stage.now += 20 * SECOND
    stage.tell(inputs.LookTaken(complete(stage)))
    assert reasons(stage) == {"reconcile"}
    stage.now += wait_us - 20 * SECOND
    stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
    stage.tell(inputs.LookTaken(complete(stage)))
    assert not reasons(stage)


def test_the_same_engine_restarted_under_its_lease_need_not_wait(stage: Stage) -> None:
    """SAFETY F2."""
    restart(stage)
    reconnect(stage)
    assert stage.trader.memory.newcomer_wait_us == 0


def test_no_stop_leaves_during_the_newcomers_wait(stage: Stage) -> None:
    """SAFETY F2: not before a look of this connection agreed."""
    stop = guarded(stage)
    restart(stage, boot="another boot")
    reconnect(stage)
    assert not stage.close(stop, "0", "O2").sends


def test_an_older_lease_never_takes_back_a_younger_one(stage: Stage) -> None:
    young = stage.trader.memory.lease_from_us
    stage.tell(inputs.LeaseRenewed(Micros(young - 5_000_000)))
    assert stage.trader.memory.lease_from_us == young


def test_the_lease_is_renewed_before_it_ends(stage: Stage) -> None:
    """SAFETY F2: at two fifths of it, and every fifth until it is accepted."""
    stage.trader.memory.lease_asked_us = Micros(0)
    early = stage.tell(inputs.TimerFired(), later_s=11.9)
    due = stage.tell(inputs.TimerFired(), later_s=0.1)
    soon = stage.tell(inputs.TimerFired(), later_s=5.9)
    again = stage.tell(inputs.TimerFired(), later_s=0.1)
    asked = [
        any(isinstance(ask, AskBalances) for ask in effects.asks)
        for effects in (early, due, soon, again)
    ]
    assert asked == [False, True, False, True]


def test_a_look_begun_before_the_lists_could_show_all_does_not_open_the_gate(
    stage: Stage,
) -> None:
    """SAFETY D3: V after the subscription was acknowledged."""
    stage.tell(inputs.ConnectionChanged(1, "down"))
    stage.tell(inputs.ConnectionChanged(2, "subscribed"))
    stage.now += 2 * SECOND - 1
    stage.tell(inputs.LookTaken(complete(stage, connection=2)))
    assert reasons(stage) == {"reconcile"}
    stage.now += 1
    stage.tell(inputs.LookTaken(complete(stage, connection=2)))
    assert not reasons(stage)


def test_a_look_is_due_every_five_minutes(stage: Stage) -> None:
    """SAFETY D9."""
    early = stage.tell(inputs.TimerFired(), later_s=299.9)
    due = stage.tell(inputs.TimerFired(), later_s=0.1)
    assert not any(isinstance(ask, AskLook) for ask in early.asks)
    assert any(isinstance(ask, AskLook) for ask in due.asks)


def test_nothing_is_asked_for_while_nobody_listens(stage: Stage) -> None:
    """SAFETY D9: without a subscription no answer would count."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    stage.tell(inputs.ConnectionChanged(1, "down"))
    assert not stage.tell(command("reconcile"), later_s=400).asks


def test_a_silence_without_a_reason_names_the_state(stage: Stage) -> None:
    stage.tell(inputs.ConnectionChanged(1, "silent"))
    assert stage.trader.books.halts["liveness", "account"].why == "the connection is silent"
    effects = stage.tell(inputs.ConnectionChanged(1, "silent"))
    assert not any(isinstance(each, records.HaltSet) for each in effects.records)


def test_a_warm_restart_with_an_unchanged_exchange_changes_nothing(stage: Stage) -> None:
    """SAFETY D9: the gate shuts and opens again; no order, no booking, no alert, no difference."""
    stop = guarded(stage)
    books = stage.trader.books
    rows = (open_row("0", client_id=stop.order.client_id, txid="O2"),)
    closed = (closed_row("10", client_id=None, txid="O1"),)
    before = (books.ledgers[LINK].amounts, dict(books.trades), dict(books.orders))
    seen = list(restart(stage))
    for event in (
        inputs.CapitalConfigured(LINK, USD, books.capital[LINK]),
        inputs.ConnectionChanged(1, "subscribed"),
        inputs.LeaseRenewed(Micros(stage.now)),
    ):
        seen += [type(each).__name__ for each in stage.tell(event).records]
    stage.now += 3 * SECOND
    there = Balances(
        (
            BalanceRow(USD, books.ledgers[LINK].amount(USD) + 10_000, D(0)),
            BalanceRow(BTC, D(10), D(10)),
        ),
        *("L", "L"),
    )
    look = complete(stage, open=rows, closed=closed, balances=there)
    seen += [type(each).__name__ for each in stage.tell(inputs.LookTaken(look)).records]
    assert not reasons(stage)
    assert (books.ledgers[LINK].amounts, dict(books.trades), dict(books.orders)) == before
    assert set(seen) <= {"HaltSet", "HaltCleared", "LookAgreed"}
