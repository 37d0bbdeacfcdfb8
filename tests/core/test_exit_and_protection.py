"""Can a trade be sold twice, or held bare, whatever its orders went through?"""

from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core import exit as exit_machine
from s1mpletrader.core import protection, snapshot
from s1mpletrader.core.books import Books
from s1mpletrader.core.ledger import AggregatedLedger
from s1mpletrader.core.orders import Order
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trades import Trade, holding
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import (
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    ExecId,
    LinkId,
    Symbol,
    TradeId,
)
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Fill, NewOrder, OrderRole, OrderStatus, OrderType, Side

PAIR, BTC, USD = Symbol("BTC/USD"), Asset("BTC"), Asset("USD")
LINK, TRADE, TRIGGER = LinkId("l"), TradeId("t"), D(90)
INSTRUMENT = Instrument(PAIR, BTC, USD, D("0.1"), D(1), D("0.01"), D(1), D(0))
RULES, NOW = Rules(), Micros(1_000 * SECOND)
FATES = ("in doubt", "live", "closed", "refused")


class NotedBooks(Books):
    """Books that remember what was folded into them."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[records.Record] = []

    def apply(self, record: records.Record) -> None:
        self.noted.append(record)
        super().apply(record)


def fold(fates: list[tuple[OrderRole, str, int, int]]) -> NotedBooks:
    """Return books with an entry of 10 and orders with those fates, quantities and fills."""
    books = NotedBooks()
    books.instruments[PAIR] = INSTRUMENT
    entry = _intend(books, 0, OrderRole.ENTRY, 10)
    books.apply(records.Acked(entry, ExchangeOrderId("O0"), "test"))
    _fill(books, 0, entry, OrderRole.ENTRY, 10)
    books.apply(records.TradeOpened(TRADE, LINK, PAIR, None))
    for number, (role, fate, qty, filled) in enumerate(fates, 1):
        me = _intend(books, number, role, qty)
        if fate == "refused":
            books.apply(records.Rejected(me, "no"))
        elif fate != "in doubt":
            books.apply(records.Acked(me, ExchangeOrderId(f"O{number}"), "test"))
            left = int(holding(books.orders_of(books.trades[TRADE]), INSTRUMENT))
            executed = min(filled, qty, left)
            if executed:
                _fill(books, number, me, role, executed)
            if fate == "closed":
                books.apply(records.FinalVolume(me, D(executed), "test"))
    return books


def _intend(books: Books, number: int, role: OrderRole, qty: int) -> ClientOrderId:
    me = ClientOrderId(f"c{number}")
    side = Side.BUY if role is OrderRole.ENTRY else Side.SELL
    new = NewOrder(me, PAIR, side, OrderType.MARKET, D(qty), Micros(0), trigger_price=TRIGGER)
    books.apply(records.Intended(new, role, LINK, TRADE, Micros(0), D(0), stop_trigger=TRIGGER))
    return me


def _fill(books: Books, number: int, me: ClientOrderId, role: OrderRole, qty: int) -> None:
    side = Side.BUY if role is OrderRole.ENTRY else Side.SELL
    txid = ExchangeOrderId(f"O{number}")
    trade = Fill(
        ExecId(f"T{number}"), txid, PAIR, side, D(qty), D(100), D(100 * qty), D(1), USD, Micros(0)
    )
    books.apply(records.Filled(me, trade))


fates = st.lists(
    st.tuples(
        st.sampled_from([OrderRole.STOP, OrderRole.EXIT]),
        st.sampled_from(FATES),
        st.integers(1, 10),
        st.integers(0, 10),
    ),
    max_size=4,
)


def exit_step(books: Books, free: D | None) -> exit_machine.Step:
    return exit_machine.next_step(
        books.orders_of(books.trades[TRADE]),
        INSTRUMENT,
        free=free,
        last_price=D(100),
        now_us=NOW,
        rules=RULES,
    )


def guard_step(books: Books, *, can_amend: bool = True) -> protection.Step:
    return protection.next_step(
        books.trades[TRADE],
        books.orders_of(books.trades[TRADE]),
        INSTRUMENT,
        last_price=D(100),
        now_us=NOW,
        rules=RULES,
        can_amend=can_amend,
    )


def orders(books: Books) -> tuple[Order, ...]:
    return books.orders_of(books.trades[TRADE])


@given(fates, st.none() | st.integers(-2, 20).map(D))
def test_a_sell_is_decided_only_when_everything_is_final_and_never_beyond_the_holding(
    history: list[tuple[OrderRole, str, int, int]], free: D | None
) -> None:
    books = fold(history)
    step = exit_step(books, free)
    held = holding(orders(books), INSTRUMENT)
    if isinstance(step, exit_machine.Sell):
        assert not any(each.is_live for each in orders(books))
        assert 0 < step.qty <= held
        assert free is None or step.qty <= free
    elif isinstance(step, exit_machine.Flat):
        assert held == 0
        assert not any(each.is_live for each in orders(books))


@given(fates)
def test_while_an_order_of_the_trade_is_in_doubt_the_exit_waits(
    history: list[tuple[OrderRole, str, int, int]],
) -> None:
    books = fold(history)
    if any(each.is_in_doubt for each in orders(books)):
        assert isinstance(exit_step(books, None), protection.Wait)


@given(fates, st.booleans())
def test_a_stop_covers_exactly_what_is_bare(
    history: list[tuple[OrderRole, str, int, int]],
    can_amend: bool,
) -> None:
    books = fold([(OrderRole.STOP, fate, qty, filled) for _, fate, qty, filled in history])
    step = guard_step(books, can_amend=can_amend)
    held = holding(orders(books), INSTRUMENT)
    resting = sum((each.remaining for each in orders(books) if each.role is OrderRole.STOP), D(0))
    match step:
        case protection.PlaceStop(qty):
            assert qty + resting == held
        case protection.RaiseStop(client_id, qty):
            stop = books.orders[client_id]
            assert can_amend
            assert stop.status is OrderStatus.ACKED
            assert resting - stop.remaining + qty - stop.executed == held
        case protection.Covered():
            assert resting >= held
        case _:
            assert any(not each.is_open_quantity_known for each in orders(books))


@given(fates, st.integers(0, 40))
def test_a_fold_of_the_beginning_and_the_rest_is_the_fold_of_all(
    history: list[tuple[OrderRole, str, int, int]], cut: int
) -> None:
    whole, halves = fold(history), Books()
    halves.instruments[PAIR] = INSTRUMENT
    for record in whole.noted[:cut]:
        halves.apply(record)
    halves = snapshot.decode(snapshot.encode(halves))  # a checkpoint between them changes nothing
    for record in whole.noted[cut:]:
        halves.apply(record)
    assert (halves.orders, halves.trades, halves.live) == (whole.orders, whole.trades, whole.live)
    assert halves.open_trades == whole.open_trades
    assert halves.ledger(LINK).amounts == whole.ledger(LINK).amounts


@given(fates)
def test_what_the_ledger_holds_is_what_the_trade_holds(
    history: list[tuple[OrderRole, str, int, int]],
) -> None:
    books = fold(history)
    totals = AggregatedLedger(books.ledgers.values()).totals()
    assert totals[BTC] == holding(orders(books), INSTRUMENT)
    fills = [fill for each in orders(books) for fill in each.fills]
    cash = sum(fill.cost if fill.side is Side.SELL else -fill.cost for fill in fills)
    assert totals[USD] == cash - sum(fill.fee for fill in fills)


def test_a_trade_without_a_trigger_is_not_guarded() -> None:
    bare = Trade(TRADE, LINK, PAIR, None, None, None)
    step = protection.next_step(
        bare, (), INSTRUMENT, last_price=None, now_us=NOW, rules=RULES, can_amend=True
    )
    assert step == protection.Covered()


def test_a_stop_that_was_not_sent_is_tried_again_after_a_pause_and_does_not_count_as_refused() -> (
    None
):
    books = fold([])
    for number in range(1, 8):
        books.stamp = inputs.Stamp(1, NOW, NOW)
        me = _intend(books, number, OrderRole.STOP, 10)
        books.apply(records.NotSent(me, "no lease"))
    assert isinstance(guard_step(books), protection.Wait)
