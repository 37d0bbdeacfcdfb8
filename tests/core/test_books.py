"""Are the books a fold: the same from the journal as live, and exact?"""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core import snapshot
from s1mpletrader.core.books import Books
from s1mpletrader.core.ledger import AggregatedLedger, StrategyLedger
from s1mpletrader.core.trades import holding
from s1mpletrader.errors import InternalError
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.ids import (
    UNALLOCATED,
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    ExecId,
    LinkId,
    OpportunityId,
    Symbol,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import (
    Fill,
    NewOrder,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
)

BTC, USD, PAIR, LINK = Asset("BTC"), Asset("USD"), Symbol("BTC/USD"), LinkId("btc_trend")
INSTRUMENT = Instrument(PAIR, BTC, USD, D("0.1"), D("0.01"), D("0.00001"), D("0.05"), D(10))
ENTRY, STOP = ClientOrderId("entry"), ClientOrderId("stop")
TRADE = TradeId("t1")


def opened(*facts: records.Record) -> Books:
    """Return books with a run, an instrument and these records in one group."""
    books = Books()
    run = inputs.RunStarted("0", "3", "c", "paper", 5, 9, 1, "h", "b", instruments=(INSTRUMENT,))
    books.absorb_input(Stamp(1, Micros(1), Micros(1)), run)
    for fact in facts:
        books.apply(fact)
    return books


def later(books: Books, *facts: records.Record) -> Books:
    number = books.stamp.number + 1
    books.absorb_input(Stamp(number, Micros(number), Micros(number)), inputs.TimerFired())
    for fact in facts:
        books.apply(fact)
    return books


def intent(
    client_id: ClientOrderId = ENTRY,
    *,
    side: Side = Side.BUY,
    role: OrderRole = OrderRole.ENTRY,
    reserved: str = "0",
    trade: TradeId = TRADE,
) -> records.Intended:
    order = NewOrder(client_id, PAIR, side, OrderType.LIMIT, D(2), Micros(9), limit_price=D(100))
    return records.Intended(
        order, role, LINK, trade, Micros(5), D(reserved), OpportunityId("o1"), stop_trigger=D(90)
    )


def fill(number: int, qty: str, *, side: Side = Side.BUY, fee_asset: Asset = USD) -> Fill:
    return Fill(
        ExecId(f"T{number}"),
        ExchangeOrderId("O1"),
        PAIR,
        side,
        D(qty),
        D(100),
        D(qty) * 100,
        D("0.5"),
        fee_asset,
        Micros(number),
    )


def test_input_numbers_have_no_holes() -> None:
    books = opened()
    with pytest.raises(InternalError, match="input 3 follows input 1"):
        books.absorb_input(Stamp(3, Micros(0), Micros(0)), inputs.TimerFired())


def test_an_order_id_is_never_used_twice() -> None:
    """SAFETY O1."""
    books = opened(intent())
    with pytest.raises(InternalError, match="order id entry is used twice"):
        books.apply(intent())


def test_an_execution_is_never_booked_twice() -> None:
    """SAFETY O5."""
    books = opened(intent(), records.Filled(ENTRY, fill(1, "1")))
    with pytest.raises(InternalError, match="execution T1 is booked twice"):
        books.apply(records.Filled(ENTRY, fill(1, "1")))


def test_fills_move_cash_and_coins_by_the_stated_figures() -> None:
    books = opened(intent(), records.Filled(ENTRY, fill(1, "0.7")))
    ledger = books.ledger(LINK)
    assert (ledger.amount(BTC), ledger.amount(USD)) == (D("0.7"), D("-70.5"))


def test_a_fee_in_coins_lowers_the_holding() -> None:
    books = opened(intent(), records.Filled(ENTRY, fill(1, "2", fee_asset=BTC)))
    assert holding(books.orders_of(books.trades[TRADE]), INSTRUMENT) == D("1.5")
    assert books.ledger(LINK).amount(BTC) == D("1.5")


def test_an_order_is_closed_when_its_final_volume_is_booked_and_not_before() -> None:
    """SAFETY D6: closed with vol_exec k, but not all booked: wait."""
    books = opened(intent(), records.FinalVolume(ENTRY, D(1), "look"))
    assert books.orders[ENTRY].status is OrderStatus.INTENT
    books = later(books, records.Filled(ENTRY, fill(1, "1")))
    assert books.orders[ENTRY].status is OrderStatus.CLOSED
    assert not books.live


def test_a_full_fill_closes_an_order_without_another_word() -> None:
    books = opened(intent(), records.Filled(ENTRY, fill(1, "2")))
    assert books.orders[ENTRY].status is OrderStatus.CLOSED


def test_a_pending_amend_keeps_a_fully_executed_stop_open_until_its_end_is_known() -> None:
    stop = intent(STOP, side=Side.SELL, role=OrderRole.STOP)
    books = opened(intent(), stop, records.AmendWanted(STOP, D(3), D(90), Micros(9)))
    later(books, records.Filled(STOP, fill(2, "2", side=Side.SELL)))
    assert books.orders[STOP].status is OrderStatus.ACKED
    later(books, records.AmendSettled(STOP, D(2), D(90), "lookup"))
    assert books.orders[STOP].status is OrderStatus.CLOSED


def test_an_entry_that_bought_nothing_leaves_no_trade() -> None:
    books = opened(intent(), records.Rejected(ENTRY, "EOrder:Insufficient funds"))
    assert books.open_trade(LINK, PAIR) is None
    assert books.orders[ENTRY].reason == "EOrder:Insufficient funds"


@pytest.mark.parametrize(
    "denial",
    [
        records.Rejected(ENTRY, "no"),
        records.NotPlaced(ENTRY, "absent twice"),
        records.NotSent(ENTRY, "the door"),
    ],
)
def test_an_order_that_appears_after_all_brings_its_trade_back(denial: records.Record) -> None:
    """SAFETY D6: the exchange wins."""
    books = opened(intent(), denial)
    later(books, records.Acked(ENTRY, ExchangeOrderId("O1"), "stream"))
    assert books.orders[ENTRY].status is OrderStatus.ACKED
    assert books.open_trade(LINK, PAIR) is not None
    assert books.find(None, ExchangeOrderId("O1")) is books.orders[ENTRY]


def test_a_fill_of_a_closed_trade_opens_it_again() -> None:
    books = opened(intent(), records.Acked(ENTRY, ExchangeOrderId("O1"), "answer"))
    later(books, records.FinalVolume(ENTRY, D(2), "look"))
    later(books, records.TradeClosed(TRADE, "by mistake", D(0), D(0)))
    later(books, records.Filled(ENTRY, fill(1, "2")))
    assert books.open_trade(LINK, PAIR) is not None


def test_the_longest_patience_of_a_doubt_counts() -> None:
    books = opened(intent(), records.WentUnknown(ENTRY, "timeout", Micros(60)))
    later(books, records.WentUnknown(ENTRY, "restart", Micros(5)))
    assert books.orders[ENTRY].grace_us == 60
    assert books.is_locked(PAIR)
    assert not books.is_locked(Symbol("SOL/USD"))


def test_what_a_live_buy_may_still_cost_is_reserved() -> None:
    books = opened(intent(reserved="210"))
    assert books.reserved(LINK, USD) == D(210)
    assert books.reserved(LINK, BTC) == D(0)
    assert books.reserved(LinkId("other"), USD) == D(0)
    later(books, records.Filled(ENTRY, fill(1, "1")))
    assert books.reserved(LINK, USD) == D("109.5")
    later(books, records.FinalVolume(ENTRY, D(1), "stream"))
    assert books.reserved(LINK, USD) == D(0)


def test_capital_moves_out_of_what_is_unallocated() -> None:
    """SAFETY D10."""
    opening = records.Booked("opening:USD", UNALLOCATED, USD, D(500), "opening", Micros(1))
    deposit = records.Booked("L1", UNALLOCATED, USD, D(7), "deposit")
    books = opened(opening, deposit, records.CapitalDrawn(LINK, USD, D(200)))
    assert books.ledgers[UNALLOCATED].amount(USD) == D(307)
    assert books.ledger(LINK).amount(USD) == D(200)
    assert books.capital[LINK] == D(200)
    assert books.booked == {"opening:USD", "L1"}
    assert books.opened_us == books.stamp.protocol_us


def test_foreign_executions_are_booked_to_unallocated() -> None:
    order = records.ForeignOrder(ExchangeOrderId("OX"), PAIR, Side.SELL, orphan=False)
    books = opened(order, records.ForeignFill(fill(9, "1", side=Side.SELL)))
    assert books.ledgers[UNALLOCATED].amount(BTC) == D(-1)
    assert books.foreign == {"OX": False}
    assert "T9" in books.booked


def test_a_foreign_order_that_is_ours_after_all_is_foreign_no_more() -> None:
    order = records.ForeignOrder(ExchangeOrderId("O1"), PAIR, Side.BUY, orphan=True)
    books = opened(order, intent(), records.Acked(ENTRY, ExchangeOrderId("O1"), "look"))
    assert not books.foreign


def test_lifting_a_quarantine_releases_the_workers_of_its_scope() -> None:
    quarantined = records.WorkerQuarantined(LINK, WorkerId("w"), "boom")
    elsewhere = records.WorkerQuarantined(LinkId("other"), WorkerId("w"), "boom")
    books = opened(quarantined, elsewhere)
    later(books, records.HaltCleared("quarantine", f"link:{LINK}", "me", "fixed"))
    assert list(books.quarantined) == [("other", "w")]
    later(books, records.HaltCleared("quarantine", "account", "me", "fixed"))
    assert not books.quarantined


def test_a_halt_is_set_once_and_keeps_its_first_reason() -> None:
    first = records.HaltSet("operator", "account", "anna", "lunch", sticky=True)
    second = records.HaltSet("operator", "account", "bob", "fire", sticky=True)
    books = opened(first, second)
    assert [halt.by for halt in books.halts.values()] == ["anna"]
    later(books, records.HaltCleared("operator", "account", "anna", "back"))
    assert not books.halts


def test_the_clean_end_of_a_run_is_known_until_the_next_one_begins() -> None:
    books = opened(records.Stopped("SIGTERM"))
    assert books.is_stopped
    run = inputs.RunStarted("0", "3", "c", "paper", 6, 9, 1, "h", "b")
    books.absorb_input(Stamp(2, Micros(2), Micros(2)), run)
    assert not books.is_stopped


def test_records_for_people_leave_the_books_as_they_are() -> None:
    before = snapshot.encode(opened())
    facts: tuple[records.Record, ...] = (
        records.OpportunityFound(OpportunityId("o"), LINK, PAIR, WorkerId("w"), "x"),
        records.OpportunityRejected(OpportunityId("o"), LINK, PAIR, "gate", "x"),
        records.Discrepancy(DiscrepancyKind.FOUND, "s", "f", "e", "a"),
        records.PlanDecided("p", "me", applied=True, why="x"),
        records.AlertRaised("info", "n", "t"),
    )
    assert snapshot.encode(opened(*facts)) == before


def test_no_price_is_known_before_the_first_trade() -> None:
    books = opened()
    assert books.last_price(PAIR) is None
    tick = inputs.MarketTick(PAIR, D(101), D(1), "buy", 1, Micros(5))
    books.absorb_input(Stamp(2, Micros(5), Micros(2)), tick)
    assert books.last_price(PAIR) == D(101)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.decimals(-9, 9, places=4)), max_size=20))
def test_a_ledger_is_the_exact_sum_of_its_bookings(bookings: list[tuple[str, D]]) -> None:
    whole, first, rest = (StrategyLedger(LINK) for _ in range(3))
    for index, (asset, amount) in enumerate(bookings):
        whole.book(Asset(asset), amount)
        (first if index < len(bookings) // 2 else rest).book(Asset(asset), amount)
    assert AggregatedLedger([first, rest]).totals() == AggregatedLedger([whole]).totals()


def test_a_ledger_gives_its_amounts_away_as_a_copy() -> None:
    ledger = StrategyLedger(LINK, {USD: D(1)})
    ledger.amounts[USD] = D(9)
    assert ledger.amount(USD) == D(1)
