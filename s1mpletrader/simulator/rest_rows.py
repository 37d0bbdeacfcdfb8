"""How does REST state an order, a trade and a ledger entry?"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from s1mpletrader.simulator import wire
from s1mpletrader.simulator.pairs import ASSET_BY_NAME, PAIRS, Pair
from s1mpletrader.simulator.values import LedgerEntry, Order, OrderType, Trade


def order_row(order: Order) -> dict[str, Any]:
    """Return an order as OpenOrders, ClosedOrders and QueryOrders state it."""
    draft, pair = order.draft, PAIRS[order.draft.symbol]
    row: dict[str, Any] = {
        "refid": order.refid or None,
        "userref": draft.userref or 0,
        "status": str(order.status),
        "opentm": wire.seconds(order.opened_us),
        "starttm": 0,
        "expiretm": wire.seconds(draft.expire_us),
        "descr": _descr(order, pair),
        "vol": wire.text(order.qty, pair.qty_decimals),
        "vol_exec": wire.text(order.executed, pair.qty_decimals),
        "cost": wire.text(order.cost, pair.cost_decimals),
        "fee": wire.text(order.fee, pair.cost_decimals),
        "price": wire.text(average_price(order, pair), pair.cost_decimals),
        "stopprice": wire.text(order.trigger_price or Decimal(0), pair.cost_decimals),
        "limitprice": wire.text(
            (order.trigger_price and order.limit_price) or Decimal(0), pair.cost_decimals
        ),
        "misc": "",
        "oflags": ("fcib" if order.fee_in_base else "fciq") + (",post" if draft.post_only else ""),
        "timeinforce": draft.tif.upper(),
        "trades": list(order.trades),
    }
    if draft.client_id is not None:
        row["cl_ord_id"] = draft.client_id
    if order.trigger_price is not None:
        row["trigger"] = "last"
    if not order.is_open:
        row["closetm"] = wire.seconds(order.closed_us)
        row["reason"] = order.reason or None
    return row


def _descr(order: Order, pair: Pair) -> dict[str, Any]:
    return {
        "pair": pair.altname,
        "aclass": "forex",
        "type": str(order.draft.side),
        "ordertype": str(order.draft.type),
        "price": _price_words(order, pair),
        "price2": _price2_words(order, pair),
        "leverage": "none",
        "order": description(order),
        "close": close_words(order),
    }


def trade_row(trade: Trade) -> dict[str, Any]:
    """Return an execution as TradesHistory and QueryTrades state it."""
    pair = PAIRS[trade.symbol]
    return {
        "ordertxid": trade.txid,
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": pair.rest_id,
        "aclass": "forex",
        "time": wire.seconds(trade.time_us),
        "type": str(trade.side),
        "ordertype": str(trade.type),
        "price": wire.text(trade.price, pair.cost_decimals),
        "cost": wire.text(trade.cost, pair.cost_decimals),
        "fee": wire.text(trade.fee, pair.cost_decimals),
        "vol": wire.text(trade.qty, pair.qty_decimals),
        "margin": wire.text(Decimal(0), pair.cost_decimals),
        "leverage": "0",
        "misc": "",
        "trade_id": trade.number,
        "maker": trade.maker,
    }


def ledger_row(entry: LedgerEntry) -> dict[str, Any]:
    """Return a ledger entry as Ledgers and QueryLedgers state it."""
    asset = ASSET_BY_NAME[entry.asset]
    return {
        "refid": entry.ref_id,
        "time": wire.seconds(entry.time_us),
        "type": entry.kind,
        "subtype": "",
        "aclass": "currency",
        "asset": asset.rest_id,
        "amount": wire.text(entry.amount, asset.decimals),
        "fee": wire.text(entry.fee, asset.decimals),
        "balance": wire.text(entry.balance, asset.decimals),
    }


def description(order: Order) -> str:
    """Return an order in words: `buy 0.10000000 XBTUSD @ limit 2500.00`."""
    draft, pair = order.draft, PAIRS[order.draft.symbol]
    words = (
        f"{draft.side} {order.qty:.{pair.qty_decimals}f} {pair.altname} @ {words_of(draft.type)}"
    )
    if draft.type is OrderType.MARKET:
        return words
    words = f"{words} {_price_words(order, pair)}"
    second = _price2_words(order, pair)
    return words if second == "0" else f"{words} -> limit {second}"


def close_words(order: Order) -> str:
    """Return the conditional close in words: `close position @ stop loss 27000.0`."""
    close, pair = order.draft.close, PAIRS[order.draft.symbol]
    if close is None:
        return ""
    price = close.trigger_price or close.limit_price or Decimal(0)
    words = f"close position @ {words_of(close.type)} {wire.text(price, pair.price_decimals)}"
    if close.trigger_price is None or close.limit_price is None:
        return words
    return f"{words} -> limit {wire.text(close.limit_price, pair.price_decimals)}"


def _price_words(order: Order, pair: Pair) -> str:
    trail = order.draft.trail
    if trail is None:
        return wire.text(stated_price(order), pair.price_decimals)
    return f"+{wire.text(trail.amount, 4)}{'%' if trail.is_pct else ''}"


def _price2_words(order: Order, pair: Pair) -> str:
    offset = order.draft.limit_offset
    if offset is not None:
        return f"{offset.amount:+.4f}{'%' if offset.is_pct else ''}"
    if order.draft.trigger_price is None or order.limit_price is None:
        return "0"
    return wire.text(order.limit_price, pair.price_decimals)


def words_of(kind: OrderType) -> str:
    """Return an order type as a description spells it."""
    return kind.replace("-", " ")


def stated_price(order: Order) -> Decimal:
    """Return the price that describes an order: its trigger, or its limit, or 0."""
    return order.trigger_price or order.limit_price or Decimal(0)


def average_price(order: Order, pair: Pair) -> Decimal:
    """Return the average price of what was executed; 0 for nothing."""
    if not order.executed:
        return Decimal(0)
    return (order.cost / order.executed).quantize(pair.cost_step, ROUND_HALF_UP)
