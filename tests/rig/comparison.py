"""Are the engine's books the exchange's books?

The engine's side is its journal, folded; the exchange's side is its audit: the ground truth that
no lag or fault touches. Every difference is one sentence.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from s1mpletrader.core.books import Books
from s1mpletrader.core.ledger import AggregatedLedger
from s1mpletrader.core.orders import Order
from s1mpletrader.core.trades import holding
from s1mpletrader.model.groups import Group
from s1mpletrader.model.orders import OrderRole, OrderStatus

Audit = dict[str, Any]
OPEN = {"open", "pending", "new"}


def fold(groups: Iterable[Group]) -> Books:
    """Return the books that a journal tells."""
    books = Books()
    for group in groups:
        books.absorb_input(group.stamp, group.input)
        for record in group.records:
            books.apply(record)
    return books


def differences(books: Books, audit: Audit, account: str = "main") -> list[str]:
    """Return every difference between the books and the account, in words; none: equal."""
    truth = audit["accounts"][account]
    return [
        *_doubled(truth),
        *_orders(books, truth),
        *_strangers(books, truth),
        *_balances(books, truth),
        *_bare(books, truth),
        *_oversold(books, truth),
    ]


def _doubled(truth: Audit) -> Iterator[str]:
    counts = Counter(row["client_id"] for row in truth["orders"] if row["client_id"])
    for client_id, count in counts.items():
        if count > 1:
            yield f"order {client_id} is at the exchange {count} times"
    executions = Counter(row["exec_id"] for row in truth["fills"])
    for exec_id, count in executions.items():
        if count > 1:
            yield f"execution {exec_id} is at the exchange {count} times"


def _orders(books: Books, truth: Audit) -> Iterator[str]:
    rows = {row["client_id"]: row for row in truth["orders"]}
    fills: dict[str, dict[str, Any]] = {row["exec_id"]: row for row in truth["fills"]}
    for order in books.orders.values():
        row = rows.get(order.client_id)
        if row is None:
            if order.status in {OrderStatus.ACKED, OrderStatus.CLOSED} or order.is_in_doubt:
                yield f"{_name(order)} is {order.status} here and unknown to the exchange"
            continue
        yield from _order(order, row, fills)


def _order(order: Order, row: Audit, fills: dict[str, Any]) -> Iterator[str]:
    expected = OrderStatus.ACKED if row["status"] in OPEN else OrderStatus.CLOSED
    if order.status is not expected:
        yield f"{_name(order)} is {order.status} here and {row['status']} at the exchange"
    if order.executed != Decimal(row["executed"]):
        yield f"{_name(order)} has {order.executed} here and {row['executed']} at the exchange"
    mine = {fill.exec_id: fill for fill in order.fills}
    for exec_id in {*mine, *row["trades"]}:
        if exec_id not in mine or exec_id not in row["trades"]:
            yield f"{_name(order)}: execution {exec_id} is booked on one side only"
            continue
        fill, truth = mine[exec_id], fills[exec_id]
        is_in_base = Decimal(truth["base_fee"]) > 0
        fee = truth["base_fee" if is_in_base else "fee"]
        figures = {**{name: truth[name] for name in ("qty", "price", "cost")}, "fee": fee}
        for field, text in figures.items():
            here, there = getattr(fill, field), Decimal(text)
            if here != there:
                yield f"execution {exec_id}: {field} is {here} here and {there} there"


def _strangers(books: Books, truth: Audit) -> Iterator[str]:
    for row in truth["orders"]:
        if row["client_id"] not in books.orders and row["txid"] not in books.foreign:
            yield f"order {row['txid']} ({row['client_id']}) is unknown here"


def _balances(books: Books, truth: Audit) -> Iterator[str]:
    totals = AggregatedLedger(books.ledgers.values()).totals()
    for asset in sorted({*totals, *truth["balances"]}):
        here, there = totals.get(asset, Decimal(0)), Decimal(truth["balances"].get(asset, "0"))
        if here != there:
            yield f"{asset}: {here} here, {there} at the exchange"


def _bare(books: Books, truth: Audit) -> Iterator[str]:
    """Yield trades whose holding no stop at the exchange covers (SAFETY O8)."""
    rows = {row["client_id"]: row for row in truth["orders"] if row["status"] in OPEN}
    for trade_id in books.open_trades:
        trade = books.trades[trade_id]
        orders = books.orders_of(trade)
        instrument = books.instruments[trade.symbol]
        held = instrument.floor_qty(holding(orders, instrument))
        stops = [rows.get(o.client_id) for o in orders if o.role is OrderRole.STOP]
        covered = sum(
            (Decimal(row["qty"]) - Decimal(row["executed"]) for row in stops if row), Decimal(0)
        )
        if held >= instrument.qty_min and covered < held and not trade.is_exit_wanted:
            yield f"trade {trade_id} holds {held} and stops cover {covered}"


def _oversold(books: Books, truth: Audit) -> Iterator[str]:
    """Yield trades, closed ones too, that could sell more than they hold (SAFETY O10)."""
    rows = {row["client_id"]: row for row in truth["orders"] if row["status"] in OPEN}
    for trade in books.trades.values():
        orders = books.orders_of(trade)
        held = holding(orders, books.instruments[trade.symbol])
        sells = [rows[each.client_id] for each in orders if each.client_id in rows]
        on_sale = sum(
            (Decimal(row["qty"]) - Decimal(row["executed"]) for row in sells if _sells(row)),
            Decimal(0),
        )
        if on_sale > max(held, Decimal(0)) or held < 0:
            yield f"trade {trade.trade_id} holds {held} and {on_sale} is on sale"


def _sells(row: Audit) -> bool:
    return bool(row["side"] == "sell")


def _name(order: Order) -> str:
    return f"{order.role} {order.client_id}"
