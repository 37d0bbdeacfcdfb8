"""Which rows do the control API's tables show?

Projections of the books, the same for a running engine and for a journal read afterwards
(docs/control-api.md).
"""

from collections.abc import Mapping
from decimal import Decimal

from s1mpletrader.core.books import Books
from s1mpletrader.core.gate import ACCOUNT, Halt, scope_of_link, scope_of_symbol
from s1mpletrader.core.orders import Order
from s1mpletrader.core.trades import Trade, holding, profit_and_fees
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import UNALLOCATED, LinkId, Symbol
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import OrderRole, Side

Row = dict[str, object]

FINAL_ORDERS_MAX = 50
"""How many final orders are shown besides those that are not."""
ZERO = Decimal(0)


def positions(books: Books) -> list[Row]:
    """Return one row per trade that holds something."""
    return [_spelled(_position(books, trade)) for trade in _open_trades(books)]


def orders(books: Books) -> list[Row]:
    """Return the latest final orders, then those that are not final; each oldest first."""
    final = [each for each in books.orders.values() if not each.is_live]
    return [_spelled(_order(each)) for each in (*final[-FINAL_ORDERS_MAX:], *books.live_orders())]


def trades(books: Books) -> list[Row]:
    """Return every trade that was ever opened, newest last."""
    return [_spelled(_trade(books, each)) for each in books.trades.values() if each.opened_us]


def strategies(books: Books, symbols: Mapping[LinkId, Symbol]) -> list[Row]:
    """Return one row per link: those in `symbols` (the configured ones) and those with a ledger."""
    links = dict.fromkeys((*symbols, *books.ledgers))
    return [
        _spelled(_strategy(books, each, symbols.get(each))) for each in links if each != UNALLOCATED
    ]


def halts(books: Books) -> list[Row]:
    """Return every standing reason, for the status page."""
    return [
        {
            "reason": each.reason,
            "scope": each.scope,
            "by": each.by,
            "why": each.why,
            "since_us": each.since_us,
        }
        for each in books.halts.values()
    ]


def _spelled(row: Row) -> Row:
    # all digits and no exponent: a zero of eight places would be written as 0E-8
    return {name: f"{x:f}" if isinstance(x, Decimal) else x for name, x in row.items()}


def _open_trades(books: Books) -> list[Trade]:
    return [books.trades[each] for each in books.open_trades if books.trades[each].is_open]


def _position(books: Books, trade: Trade) -> Row:
    found = books.orders_of(trade)
    instrument = books.instruments[trade.symbol]
    held = holding(found, instrument)
    mark = books.last_price(trade.symbol)
    profit, _ = profit_and_fees(found, instrument)
    stops = [each for each in found if each.role is OrderRole.STOP and each.is_live]
    return {
        "link": trade.link,
        "symbol": trade.symbol,
        "qty": held,
        "entry_price": _entry_price(books, trade),
        "mark_price": mark,
        "stop_trigger": stops[-1].trigger_price if stops else None,
        "stop_qty": sum((each.remaining for each in stops), ZERO) if stops else None,
        "profit": None if mark is None else _in_ticks(profit + held * mark, instrument),
    }


def _entry_price(books: Books, trade: Trade) -> Decimal | None:
    fills = [x for each in books.orders_of(trade) for x in each.fills if x.side is Side.BUY]
    bought = sum((each.qty for each in fills), ZERO)
    if not bought:
        return None
    spent = sum((each.cost for each in fills), ZERO)
    return _in_ticks(spent / bought, books.instruments[trade.symbol])


def _in_ticks(amount: Decimal, instrument: Instrument) -> Decimal:
    return instrument.floor_price(amount).quantize(instrument.price_tick)


def _order(order: Order) -> Row:
    terms = order.intent.order
    return {
        "client_id": order.client_id,
        "txid": order.txid,
        "link": order.intent.link,
        "symbol": terms.symbol,
        "role": order.role,
        "side": terms.side,
        "type": terms.type,
        "qty": order.qty,
        "filled": order.executed,
        "limit_price": terms.limit_price,
        "trigger_price": order.trigger_price,
        "status": order.status,
    }


def _trade(books: Books, trade: Trade) -> Row:
    found = books.orders_of(trade)
    _, fees = profit_and_fees(found, books.instruments[trade.symbol])
    bought = sum((x.qty for each in found for x in each.fills if x.side is Side.BUY), ZERO)
    return {
        "trade_id": trade.trade_id,
        "link": trade.link,
        "symbol": trade.symbol,
        "opened_us": trade.opened_us,
        "closed_us": trade.closed_us or None,
        "qty": bought,
        "profit": trade.profit if trade.closed_us else None,
        "fees": fees,
        "cause": trade.exit_cause or None,
    }


def _strategy(books: Books, link: LinkId, symbol: Symbol | None) -> Row:
    closed = [each for each in books.trades.values() if each.link == link and each.closed_us]
    mine = [each for each in _open_trades(books) if each.link == link]
    if symbol is None:
        symbol = next((each.symbol for each in (*mine, *closed[-1:])), None)
    held = sum(
        (holding(books.orders_of(each), books.instruments[each.symbol]) for each in mine), ZERO
    )
    tick = books.last_ticks.get(symbol) if symbol is not None else None
    standing = [each.reason for each in books.halts.values() if _covers(each, link, symbol)]
    return {
        "link": link,
        "symbol": symbol,
        "state": "halted" if standing else "running",
        "capital": books.capital.get(link),
        "position": held,
        "profit": sum((each.profit for each in closed), ZERO),
        "last_tick_us": None if tick is None else Micros(tick.time_us),
        "halts": standing,
    }


def _covers(halt: Halt, link: LinkId, symbol: Symbol | None) -> bool:
    scopes = {ACCOUNT, scope_of_link(link)}
    if symbol is not None:
        scopes.add(scope_of_symbol(symbol))
    return halt.scope in scopes
