"""How do the books look to a person?

Rows for the tables of the command line and the control socket, the same from a running engine and
from its journal (docs/control-api.md).
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from s1mpletrader.core.books import Books
from s1mpletrader.core.orders import Order
from s1mpletrader.core.protection import bare_quantity
from s1mpletrader.core.trades import Trade, holding, profit_and_fees
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import LinkId
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.orders import OrderRole

Row = dict[str, object]
ZERO = Decimal(0)
FINAL_ORDERS_SHOWN = 50


def fold(groups: Iterable[Group]) -> Books:
    """Return the books that a journal tells."""
    books = Books()
    for group in groups:
        if books.stamp.number == 0:
            # an old journal may begin later than 1: its first group counts as the first
            before = group.stamp.number - 1
            books.stamp = Stamp(before, group.stamp.market_us, group.stamp.protocol_us)
        books.absorb_input(group.stamp, group.input)
        for record in group.records:
            books.apply(record)
    return books


def positions(books: Books) -> list[Row]:
    """Return one row per trade with a holding."""
    rows: list[Row] = []
    for trade_id in books.open_trades:
        trade = books.trades[trade_id]
        instrument = books.instruments[trade.symbol]
        orders = books.orders_of(trade)
        held = holding(orders, instrument)
        if not held:
            continue
        stop = next((o for o in orders if o.role is OrderRole.STOP and o.is_live), None)
        last = books.last_price(trade.symbol)
        profit, _ = profit_and_fees(orders, instrument)
        rows.append(
            {
                "link": trade.link,
                "symbol": trade.symbol,
                "qty": held,
                "entry_price": _entry_price(orders, instrument.price_tick),
                "mark_price": last,
                "stop_trigger": stop.trigger_price if stop is not None else None,
                "stop_qty": stop.remaining if stop is not None else ZERO,
                "bare": bare_quantity(orders, instrument),
                "profit": profit + held * last if last is not None else None,
                "exit_wanted": trade.exit_cause,
                "trade_id": trade_id,
            }
        )
    return rows


def orders(books: Books) -> list[Row]:
    """Return one row per order that is not final, after the latest final ones."""
    final = [order for order in books.orders.values() if not order.is_live]
    return [_order_row(each) for each in (*final[-FINAL_ORDERS_SHOWN:], *books.live_orders())]


def trades(books: Books) -> list[Row]:
    """Return one row per trade that bought something, newest last."""
    return [
        _trade_row(books, trade)
        for trade in books.trades.values()
        if trade.opened_us or trade.trade_id in books.open_trades
    ]


def position(books: Books, link: LinkId) -> Decimal:
    """Return what a link's open trades hold."""
    return sum((Decimal(str(row["qty"])) for row in positions(books) if row["link"] == link), ZERO)


def closed_profit(books: Books, link: LinkId) -> Decimal:
    """Return the profit of a link's closed trades, after fees."""
    return sum((each.profit for each in books.trades.values() if each.link == link), ZERO)


def _trade_row(books: Books, trade: Trade) -> Row:
    mine = books.orders_of(trade)
    _, fees = profit_and_fees(mine, books.instruments[trade.symbol])
    entries = [order for order in mine if order.role is OrderRole.ENTRY]
    return {
        "trade_id": trade.trade_id,
        "link": trade.link,
        "symbol": trade.symbol,
        "opened_us": trade.opened_us or None,
        "closed_us": trade.closed_us or None,
        "qty": sum((order.executed for order in entries), ZERO),
        "profit": trade.profit if trade.closed_us else None,
        "fees": fees,
        "cause": trade.close_cause or trade.exit_cause,
        "opportunity_id": trade.opportunity_id,
    }


def _order_row(order: Order) -> Row:
    wire = order.intent.order
    return {
        "client_id": order.client_id,
        "txid": order.txid,
        "link": order.intent.link,
        "symbol": wire.symbol,
        "role": order.role,
        "side": wire.side,
        "type": wire.type,
        "qty": order.qty,
        "filled": order.executed,
        "limit_price": wire.limit_price,
        "trigger_price": order.trigger_price,
        "status": order.status,
        "reason": order.reason,
        "trade_id": order.intent.trade_id,
        "intended_us": order.intended_us,
    }


def _entry_price(mine: Sequence[Order], tick: Decimal) -> Decimal | None:
    fills = [fill for order in mine if order.role is OrderRole.ENTRY for fill in order.fills]
    bought = sum((fill.qty for fill in fills), ZERO)
    cost = sum((fill.cost for fill in fills), ZERO)
    return (cost / bought).quantize(tick) if bought else None
