"""Does everything that can happen change exactly what it should?"""

from decimal import Decimal as D

import msgspec
import pytest

from s1mpletrader.core import world_reactions
from s1mpletrader.core.effects import Amend, AskBalances, AskLook, AskOrder, Cancel
from s1mpletrader.core.identity import OrderIdentity, client_order_id
from s1mpletrader.core.reconciliation import Sighting, judge
from s1mpletrader.core.turn import Turn
from s1mpletrader.errors import InternalError
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import (
    ClientOrderId,
    ExchangeOrderId,
    ExecId,
    LinkId,
    OpportunityId,
    Symbol,
    ThreatId,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.looks import (
    BalanceRow,
    Balances,
    ClosedRow,
    Complete,
    LedgerRow,
    OpenRow,
    Partial,
)
from s1mpletrader.model.orders import (
    Ack,
    Duplicate,
    Fill,
    OrderRole,
    OrderStatus,
    OrderType,
    Reject,
    Side,
    Unknown,
)
from s1mpletrader.model.signals import RoutedTradePlan, TradingHalted
from tests.core.test_trader import LINK, PAIR, USD, Stage, submit_in, tick
from tests.core.test_trader_attacks import guarded


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def reasons(stage: Stage) -> set[str]:
    return {reason for reason, _ in stage.trader.books.halts}


def turn_of(stage: Stage, event: inputs.Input) -> Turn:
    stage.number += 1
    return stage.trader.begin(
        inputs.Stamp(stage.number, Micros(stage.now), Micros(stage.now)), event
    )


def command(verb: str, *arguments: str, link: LinkId | None = None) -> inputs.OperatorCommand:
    return inputs.OperatorCommand(verb, "anna(1000)", "lunch", link, arguments)


def complete(stage: Stage, **changes: object) -> Complete:
    usd = BalanceRow(USD, D(20_000), D(0))
    now = Micros(stage.now)
    look = Complete(1, now, now, Micros(0), (), (), (), Balances((usd,), "L", "L"))
    return msgspec.structs.replace(look, **changes)


def stranger(client_id: str | None, txid: str = "OX") -> OpenRow:
    name = ClientOrderId(client_id) if client_id is not None else None
    return OpenRow(
        ExchangeOrderId(txid), name, PAIR, Side.SELL, OrderType.LIMIT, D(1), D(0), Micros(0)
    )


def foreign_trade(stage: Stage, txid: str = "OX") -> Fill:
    return Fill(
        ExecId("TX"),
        ExchangeOrderId(txid),
        PAIR,
        Side.BUY,
        D(1),
        D(100),
        D(100),
        D(0),
        USD,
        Micros(stage.now),
    )


# Commands (SAFETY G1, G3).


def test_a_halt_refuses_entries_until_resume(stage: Stage) -> None:
    stage.tell(command("halt"))
    assert not stage.plan().sends
    stage.tell(command("resume"))
    assert stage.plan().sends


def test_resume_by_reason_lifts_only_that_reason(stage: Stage) -> None:
    stage.tell(command("halt"))
    stage.tell(command("resume", "quarantine"))
    assert reasons(stage) == {"operator"}
    stage.tell(command("resume", "operator"))
    assert not reasons(stage)


def test_a_halt_of_one_link_is_lifted_by_its_name(stage: Stage) -> None:
    stage.tell(command("halt", link=LINK))
    stage.tell(command("resume", link=LinkId("another")))
    assert reasons(stage) == {"operator"}
    stage.tell(command("resume", link=LINK))
    assert not reasons(stage)


def test_a_halt_cancels_resting_entries_and_repeats_a_lost_cancel(stage: Stage) -> None:
    """SAFETY O7: no answer to a cancel proves that it arrived."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    first = stage.tell(command("halt")).sends
    again = stage.tell(inputs.TimerFired(), later_s=1).sends
    assert [type(each) for each in (*first, *again)] == [Cancel, Cancel]
    stage.close(entry, "0", "O1")
    assert not stage.tell(inputs.TimerFired(), later_s=2).sends


def test_a_halt_that_closes_positions_runs_the_exit_machine(stage: Stage) -> None:
    guarded(stage)
    effects = stage.tell(command("halt", "close_positions"))
    assert any(isinstance(each, records.ExitWanted) for each in effects.records)
    assert isinstance(effects.sends[0], Cancel)


def test_a_request_to_reconcile_asks_for_a_look(stage: Stage) -> None:
    effects = stage.tell(command("reconcile"), later_s=3)
    assert any(isinstance(ask, AskLook) for ask in effects.asks)


def test_no_entry_is_born_during_a_stop(stage: Stage) -> None:
    """SAFETY W4: not even when a look agrees meanwhile."""
    stage.tell(command("stop"))
    stage.now += 5_000_000
    stage.look()
    assert not stage.plan().sends
    stage.tell(command("stopped"))
    assert stage.trader.books.is_stopped


def test_a_command_that_does_not_exist_is_a_fault_of_this_program(stage: Stage) -> None:
    with pytest.raises(InternalError, match="no such command: dance"):
        stage.tell(command("dance"))


def test_a_policy_may_shut_the_gate_and_close_what_the_link_holds(stage: Stage) -> None:
    """SPEC E4."""
    guarded(stage)
    turn = turn_of(stage, inputs.TimerFired())
    halted = TradingHalted(ThreatId("th"), "drawdown", close_positions=True)
    stage.trader.follow(turn, LINK, halts=(halted,))
    stage.trader.settle(turn)
    assert ("threat", f"link:{LINK}") in stage.trader.books.halts
    assert stage.trader.books.trades[TradeId("t1")].exit_threat_id == "th"


def test_a_lost_connection_halts_the_account_by_policy(stage: Stage) -> None:
    turn = turn_of(stage, inputs.TimerFired())
    lost = TradingHalted(ThreatId("th"), "CONNECTION_LOST: 5 attempts", kind="CONNECTION_LOST")
    stage.trader.follow(turn, LINK, halts=(lost,))
    assert ("connection_lost", "account") in stage.trader.books.halts


def test_a_worker_that_fails_halts_its_link(stage: Stage) -> None:
    turn = turn_of(stage, inputs.TimerFired())
    found = records.OpportunityFound(OpportunityId("o"), LINK, PAIR, WorkerId("w"), "x")
    failed = records.WorkerQuarantined(LINK, WorkerId("w"), "boom")
    stage.trader.follow(turn, LINK, facts=(found, failed))
    assert ("quarantine", f"link:{LINK}") in stage.trader.books.halts


def test_a_plan_without_a_stop_needs_the_configurations_consent(stage: Stage) -> None:
    """SAFETY O8: `unprotected: accept`."""

    def enter() -> bool:
        turn = turn_of(stage, tick("100"))
        plan = RoutedTradePlan(TradeId("t9"), OpportunityId("o"), LINK, PAIR, D(1), D(101), None)
        stage.trader.follow(turn, LINK, plans=(plan,))
        return bool(stage.trader.settle(turn).sends)

    assert not enter()
    stage.tell(inputs.CapitalConfigured(LINK, USD, D(10_000), accepts_unprotected=True))
    assert enter()
    entry = next(stage.trader.books.live_orders())
    stage.tell(inputs.Submitted(entry.client_id, Ack(ExchangeOrderId("O1"))))
    event = inputs.OrderEvent(
        ExchangeOrderId("O1"), entry.client_id, "fill", fill=foreign_trade(stage, "O1")
    )
    assert not stage.tell(event).sends


# Answers (SAFETY O4, O5).


def test_a_duplicate_client_id_proves_an_open_order_and_asks_for_it(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    effects = stage.tell(inputs.Submitted(entry.order.client_id, Duplicate()), later_s=3)
    assert stage.trader.books.orders[entry.order.client_id].status is OrderStatus.UNKNOWN
    assert any(isinstance(ask, AskLook) for ask in effects.asks)


@pytest.mark.parametrize(("slow", "grace"), [(True, 60_000_000), (False, 5_000_000)])
def test_the_kind_of_silence_decides_the_patience(stage: Stage, slow: bool, grace: int) -> None:
    """SAFETY D5."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout", slow=slow)))
    assert stage.trader.books.orders[entry.order.client_id].grace_us == grace


def test_an_order_that_was_acknowledged_and_then_refused_is_a_contradiction(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.tell(inputs.OrderEvent(ExchangeOrderId("O1"), entry.order.client_id, "open"))
    stage.tell(inputs.Submitted(entry.order.client_id, Reject("EOrder:Insufficient funds")))
    assert "contradiction" in reasons(stage)


def test_a_late_refusal_of_a_finished_order_changes_nothing(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.close(entry, "0", "O1")
    before = len(stage.trader.books.orders)
    stage.tell(inputs.Submitted(entry.order.client_id, Reject("EOrder:x")))
    assert len(stage.trader.books.orders) == before
    assert not reasons(stage)


def test_two_names_for_one_order_are_a_contradiction(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    for txid in ("O1", "O2"):
        stage.tell(inputs.OrderEvent(ExchangeOrderId(txid), entry.order.client_id, "open"))
    assert "contradiction" in reasons(stage)


def test_an_order_refused_at_the_door_is_final_and_frees_its_money(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.tell(inputs.NotSentByDoor(entry.order.client_id, "too old"))
    stage.tell(inputs.NotSentByDoor(entry.order.client_id, "told twice"))
    order = stage.trader.books.orders[entry.order.client_id]
    assert (order.status, order.reason) == (OrderStatus.NOT_SENT, "too old")
    assert stage.trader.books.reserved(LINK, USD) == 0


def test_no_answer_to_a_cancel_changes_an_order(stage: Stage) -> None:
    """SAFETY O5: not even "unknown order", for the cancel can overtake the submit."""
    entry = submit_in(stage.plan())
    before = stage.trader.books.orders[entry.order.client_id]
    stage.tell(inputs.CancelAnswered(entry.order.client_id, Unknown("timeout")))
    assert stage.trader.books.orders[entry.order.client_id] == before


# Strangers (SAFETY F3, D6).


@pytest.mark.parametrize(
    ("epoch", "bits", "reason"), [(4, 0, "orphan"), (6, 0, "fenced"), (5, 10, "fenced")]
)
def test_an_order_with_our_tag_is_an_orphan_or_a_newer_instance(
    stage: Stage, epoch: int, bits: int, reason: str
) -> None:
    theirs = client_order_id(OrderIdentity(7, epoch, bits, 1))
    stage.tell(inputs.OrderEvent(ExchangeOrderId("OX"), theirs, "open"))
    assert reasons(stage) == {reason}


def test_a_strangers_order_on_the_stream_is_left_to_the_looks(stage: Stage) -> None:
    stage.tell(inputs.OrderEvent(ExchangeOrderId("OX"), None, "open"))
    assert not reasons(stage)


def test_a_strangers_order_in_a_look_is_noted_once_and_halts_nothing(stage: Stage) -> None:
    stage.now += 5_000_000
    look = complete(stage, open=(stranger(None),))
    stage.tell(inputs.LookTaken(look))
    again = stage.tell(inputs.LookTaken(look))
    assert stage.trader.books.foreign == {"OX": False}
    assert not any(isinstance(each, records.ForeignOrder) for each in again.records)
    assert not reasons(stage)


# Looks (SAFETY D1-D8).


def test_a_look_that_is_not_complete_counts_for_nothing(stage: Stage) -> None:
    """SAFETY D1: could not ask is not nothing there."""
    before = stage.trader.books.agreed_us
    stage.tell(inputs.LookTaken(Partial("page 2 of 3 failed")), later_s=1)
    assert stage.trader.books.agreed_us == before
    effects = stage.tell(inputs.TimerFired(), later_s=2)
    assert any(isinstance(ask, AskLook) for ask in effects.asks)


def test_an_acknowledged_order_that_is_nowhere_twice_halts(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    for _ in range(2):
        stage.now += 5_000_000
        stage.tell(inputs.LookTaken(complete(stage)))
    assert "contradiction" in reasons(stage)


def test_a_closed_order_that_stays_open_there_halts(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.close(entry, "0", "O1")
    row = msgspec.structs.replace(stranger(entry.order.client_id, "O1"), side=Side.BUY, qty=D(10))
    for _ in range(2):
        stage.now += 5_000_000
        stage.tell(inputs.LookTaken(complete(stage, open=(row,))))
    assert "contradiction" in reasons(stage)


def test_a_trade_that_nobody_explains_halts_its_instrument_after_two_looks(stage: Stage) -> None:
    """SAFETY D6: never attribute by guess; counted per trade."""
    stage.now += 5_000_000
    trade = foreign_trade(stage)
    stage.tell(inputs.LookTaken(complete(stage, trades=(trade,))))  # too young to count
    for _ in range(2):
        stage.now += 5_000_000
        assert not reasons(stage)
        stage.tell(inputs.LookTaken(complete(stage, trades=(trade,))))
    assert ("contradiction", f"symbol:{PAIR}") in stage.trader.books.halts


def test_a_trade_that_is_explained_later_is_forgotten(stage: Stage) -> None:
    stage.now += 5_000_000
    trade = foreign_trade(stage)
    stage.now += 5_000_000
    stage.tell(inputs.LookTaken(complete(stage, trades=(trade,))))
    row = ClosedRow(
        ExchangeOrderId("OX"),
        None,
        PAIR,
        Side.BUY,
        OrderType.MARKET,
        D(1),
        D(1),
        Micros(stage.now),
        Micros(stage.now),
    )
    stage.now += 5_000_000
    stage.tell(inputs.LookTaken(complete(stage, trades=(trade,), closed=(row,))))
    assert not stage.trader.memory.strange_trades
    assert "TX" in stage.trader.books.booked


def test_a_balance_that_differs_twice_halts_with_both_numbers(stage: Stage) -> None:
    """SAFETY D7."""
    missing = Balances((BalanceRow(USD, D(19_999), D(0)),), "L", "L")
    for _ in range(2):
        stage.now += 5_000_000
        stage.tell(inputs.LookTaken(complete(stage, balances=missing)))
    halt = stage.trader.books.halts["balance", "account"]
    assert "exchange 19999, books 20000" in halt.why


def test_a_balance_read_while_something_was_booked_proves_nothing(stage: Stage) -> None:
    unstable = Balances((BalanceRow(USD, D(1), D(0)),), "L1", "L2")
    for _ in range(3):
        stage.now += 5_000_000
        stage.tell(inputs.LookTaken(complete(stage, balances=unstable)))
    assert not reasons(stage)


def test_deposits_and_their_fees_are_booked_once_to_unallocated(stage: Stage) -> None:
    """SAFETY D10."""
    stage.now += 5_000_000
    entry = LedgerRow("LD", USD, D(100), D(1), "deposit", Micros(stage.now))
    balances = Balances((BalanceRow(USD, D(20_099), D(0)),), "L", "L", (entry,))
    for _ in range(2):
        stage.tell(inputs.LookTaken(complete(stage, balances=balances)), later_s=3)
    assert stage.trader.books.ledgers[LinkId("unallocated")].amount(USD) == D(10_099)
    assert not reasons(stage)


# The world (SAFETY G1, G4, G5).


def test_entries_are_refused_from_the_first_missed_liveness_limit(stage: Stage) -> None:
    stage.tell(inputs.ConnectionChanged(1, "silent", why="no frame for 10 s"))
    assert reasons(stage) == {"liveness"}
    stage.tell(inputs.ConnectionChanged(1, "up"))
    assert not reasons(stage)


def test_a_new_connection_must_agree_first(stage: Stage) -> None:
    stage.tell(inputs.ConnectionChanged(1, "down"))
    stage.tell(inputs.ConnectionChanged(2, "up"))
    assert reasons(stage) == {"liveness", "reconcile"}
    stage.tell(inputs.ConnectionChanged(2, "subscribed"))
    stage.now += 5_000_000
    stage.look()  # of the old connection
    assert reasons(stage) == {"reconcile"}
    stage.tell(inputs.LookTaken(complete(stage, connection=2)))
    assert not reasons(stage)


def test_an_exchange_under_maintenance_shuts_the_gate_until_a_look_agrees(stage: Stage) -> None:
    stage.tell(inputs.ExchangeStatus("maintenance"))
    assert reasons(stage) == {"reconcile"}
    effects = stage.tell(inputs.ExchangeStatus("online"), later_s=3)
    assert any(isinstance(ask, AskLook) for ask in effects.asks)
    stage.tell(inputs.LookTaken(complete(stage)), later_s=1)
    assert not reasons(stage)


def test_the_end_of_the_tape_is_remembered(stage: Stage) -> None:
    stage.tell(inputs.ExchangeStatus("online", "tape ended"))
    assert stage.trader.memory.tape_ended


def test_a_jump_of_time_shuts_the_gate_until_a_look_agrees(stage: Stage) -> None:
    stage.tell(inputs.GapNoticed("suspend", "60 s"))
    assert reasons(stage) == {"clock"}
    stage.now += 5_000_000
    stage.look()
    assert not reasons(stage)


@pytest.mark.parametrize(("symbol", "scope"), [(PAIR, f"symbol:{PAIR}"), (None, "account")])
def test_missing_trades_warm_the_workers_up_again(
    stage: Stage, symbol: Symbol | None, scope: str
) -> None:
    stage.tell(inputs.GapNoticed("trades", "5 to 9", symbol=symbol))
    assert ("warming_up", scope) in stage.trader.books.halts


def test_history_that_was_fed_opens_its_instrument(stage: Stage) -> None:
    stage.tell(inputs.GapNoticed("trades", "5 to 9", symbol=PAIR))
    stage.tell(inputs.HistoryFed(PAIR, 9))
    assert not reasons(stage)


def test_gaps_that_the_next_trade_shows_again_halt_nothing(stage: Stage) -> None:
    stage.tell(inputs.GapNoticed("inbox", "full"))
    assert not reasons(stage)


def test_slow_storage_shuts_the_gate_and_opens_it_again(stage: Stage) -> None:
    stage.tell(inputs.StorageNotice(ok=False, detail="2.1 s"))
    assert reasons(stage) == {"storage"}
    stage.tell(inputs.StorageNotice(ok=True))
    assert not reasons(stage)


def test_an_input_that_nobody_reacts_to_is_a_fault_of_this_program(stage: Stage) -> None:
    class Unheard(inputs.TimerFired, frozen=True, tag="unheard"):
        """An input of another version."""

    turn = turn_of(stage, inputs.TimerFired())
    with pytest.raises(InternalError, match="no reaction to Unheard"):
        world_reactions.react(turn, Unheard(), stage.trader.memory)


# Protection and exit (SAFETY O8, O10).


def test_a_stop_refused_five_times_sends_the_holding_through_the_exit_machine(
    stage: Stage,
) -> None:
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "10", "100", "O1"))
    stage.close(entry, "10", "O1")
    refusal = Reject("EOrder:Insufficient funds")
    for _ in range(4):
        assert not stage.tell(inputs.Submitted(stop.order.client_id, refusal)).sends
        stop = submit_in(stage.tell(inputs.TimerFired(), later_s=1.1))
        assert stop.role is OrderRole.STOP
    sell = submit_in(stage.tell(inputs.Submitted(stop.order.client_id, refusal)))
    assert (sell.role, sell.order.qty) == (OrderRole.EXIT, D(10))
    assert "unprotected" in reasons(stage)


def test_a_market_at_the_trigger_needs_no_stop_but_an_exit(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.tell(tick("90"))
    sell = submit_in(stage.fill(entry, "10", "100", "O1"))
    assert (sell.role, sell.order.qty) == (OrderRole.EXIT, D(10))


def test_a_holding_that_stays_bare_is_alerted_once(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.fill(entry, "10", "100", "O1")
    alerts = [
        alert.name for _ in range(12) for alert in stage.tell(inputs.TimerFired(), later_s=1).alerts
    ]
    assert alerts.count("unprotected") == 1


def test_what_is_too_small_for_a_stop_is_sold_or_booked_as_dust(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.fill(entry, "0.00005", "100", "O1")
    effects = stage.close(entry, "0.00005", "O1")
    closed = [each for each in effects.records if isinstance(each, records.TradeClosed)]
    assert closed[0].dust == D("0.00005")
    assert any(alert.name == "dust" for alert in effects.alerts)


def test_an_exit_that_keeps_failing_is_repeated_every_thirty_seconds(stage: Stage) -> None:
    """SAFETY O8: never given up."""
    stop = guarded(stage)
    stage.exit()
    sell = submit_in(stage.close(stop, "0", "O2"))
    for _ in range(6):
        stage.tell(inputs.Submitted(sell.order.client_id, Reject("EOrder:Unknown")))
        stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
        found = stage.tell(inputs.TimerFired(), later_s=1.1)
        if not found.sends:
            break
        sell = submit_in(found)
        assert any(isinstance(ask, AskBalances) for ask in found.asks)
    stage.tell(inputs.LeaseRenewed(Micros(stage.now)), later_s=20)
    assert not stage.tell(inputs.TimerFired(), later_s=1).sends
    stage.tell(inputs.LeaseRenewed(Micros(stage.now)))
    assert stage.tell(inputs.TimerFired(), later_s=12).sends


def test_a_trade_waits_for_the_fills_that_its_final_volume_announces(stage: Stage) -> None:
    stop = guarded(stage)
    stage.exit()
    effects = stage.close(stop, "3", "O2")
    assert not effects.sends
    later = stage.tell(inputs.TimerFired(), later_s=2)
    assert any(isinstance(ask, AskOrder) for ask in later.asks)


def test_a_look_without_an_answer_is_given_up_and_asked_for_again(stage: Stage) -> None:
    stage.tell(command("reconcile"), later_s=3)
    stage.tell(inputs.LeaseRenewed(Micros(stage.now)), later_s=60)
    assert not [ask for ask in stage.tell(inputs.TimerFired()).asks if isinstance(ask, AskLook)]
    asks = stage.tell(inputs.TimerFired(), later_s=61).asks
    assert any(isinstance(ask, AskLook) for ask in asks)


def test_capital_that_is_not_there_halts_the_link_until_it_is(stage: Stage) -> None:
    stage.tell(inputs.CapitalConfigured(LINK, USD, D(20_001)))
    assert reasons(stage) == {"unallocated"}
    stage.tell(inputs.CapitalConfigured(LINK, USD, D(20_000)))
    assert not reasons(stage)
    assert stage.trader.books.capital[LINK] == D(20_000)


def test_a_link_that_holds_and_is_not_configured_any_more_is_retired_until_flat(
    stage: Stage,
) -> None:
    """SAFETY G7."""
    stop = guarded(stage)
    stage.trader.memory.capital.clear()
    stage.tell(inputs.TimerFired())
    assert reasons(stage) == {"retired"}
    stage.fill(stop, "10", "90", "O2")
    stage.close(stop, "10", "O2")
    assert not reasons(stage)


def test_all_booked_and_in_no_list_is_closed() -> None:
    """SAFETY D6: acked, absent, all its quantity booked (its amend had no answer)."""
    stage = Stage()
    stage.start()
    stop = guarded(stage)
    order = stage.trader.books.orders[stop.order.client_id]
    wanted = records.AmendWanted(order.client_id, D(11), D(90), Micros(0))
    filled = msgspec.structs.replace(
        order, amend=wanted, fills=(foreign_trade(stage, "O2"),), qty=D(1)
    )
    judgement = judge(filled, Sighting(), is_strange=False)
    assert (judgement.final, judgement.agrees) == (D(1), False)


def test_a_second_look_that_comes_too_soon_is_no_proof(stage: Stage) -> None:
    """SAFETY D2: it must begin SP after the first one's last read."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Ack(ExchangeOrderId("O1"))))
    stage.now += 5_000_000
    for _ in range(2):
        stage.now += 100_000
        stage.tell(inputs.LookTaken(complete(stage)))
    assert not reasons(stage)
    stage.now += 2_000_000
    stage.tell(inputs.LookTaken(complete(stage)))
    assert "contradiction" in reasons(stage)


def test_a_look_without_balances_still_agrees(stage: Stage) -> None:
    stage.tell(inputs.ConnectionChanged(1, "subscribed"))
    stage.now += 5_000_000
    stage.tell(inputs.LookTaken(complete(stage, balances=None)))
    assert stage.trader.memory.has_agreed


def test_closing_positions_of_one_link_leaves_the_others_alone(stage: Stage) -> None:
    guarded(stage)
    stage.tell(command("halt", "close_positions", link=LinkId("another")))
    assert not stage.trader.books.trades[TradeId("t1")].is_exit_wanted


def test_before_the_first_run_nobody_makes_orders() -> None:
    assert Stage().trader.maker == OrderIdentity(7, 0, 0)


def test_a_trade_is_open_from_its_first_fill_to_its_close(stage: Stage) -> None:
    stop = guarded(stage)
    assert stage.trader.books.trades[TradeId("t1")].is_open
    stage.fill(stop, "10", "90", "O2")
    assert not stage.trader.books.trades[TradeId("t1")].is_open


def test_a_stop_that_may_not_be_raised_now_is_raised_with_the_next_lease(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "4", "100", "O1"))
    stage.tell(inputs.Submitted(stop.order.client_id, Ack(ExchangeOrderId("O2"))))
    stage.now += 40_000_000  # the lease has run out
    assert not stage.fill(entry, "6", "100", "O1").sends
    assert isinstance(stage.tell(inputs.LeaseRenewed(Micros(stage.now))).sends[0], Amend)


def test_a_rest_that_cannot_be_sold_ends_the_trade_without_a_reason_of_its_own(
    stage: Stage,
) -> None:
    entry = submit_in(stage.plan())
    stage.tell(inputs.CapitalConfigured(LINK, USD, D(10_000), accepts_unprotected=True))
    trade = stage.trader.books.trades[TradeId("t1")]
    bare = msgspec.structs.replace(trade, stop_trigger=None)
    stage.trader.books.trades[TradeId("t1")] = bare
    stage.fill(entry, "0.00005", "100", "O1")
    effects = stage.close(entry, "0.00005", "O1")
    closed = [each for each in effects.records if isinstance(each, records.TradeClosed)]
    assert closed[0].cause == "nothing above the exchange's minimum was held"
