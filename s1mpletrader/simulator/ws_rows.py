"""How does the WebSocket state executions and balances?

Numbers keep the precision of the pair; `new`, `canceled`, `filled` and `expired` are partial, as
they are at the real exchange: no symbol, no side, no quantity.
"""

from decimal import Decimal
from typing import Any

from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import wire
from s1mpletrader.simulator.account import Account
from s1mpletrader.simulator.pairs import (
    ASSET_BY_NAME,
    ASSETS,
    PAIRS,
    Pair,
)
from s1mpletrader.simulator.rest_rows import average_price
from s1mpletrader.simulator.values import (
    STOPS,
    Change,
    LedgerEntry,
    Order,
    OrderChanged,
    Trade,
)

_TOTALS = {Change.TRADE, Change.FILLED, Change.CANCELED, Change.EXPIRED}
_FULL = {Change.PENDING_NEW, Change.AMENDED}


def execution(event: OrderChanged) -> dict[str, Any]:
    """Return the report of one change of one order."""
    order, change = event.order, event.change
    row = _identity(order, str(change), _status_word(event), event.time_us)
    if change in _FULL:
        row |= _terms(order)
    if change in _TOTALS:
        row |= _totals(order)
    if event.trade is not None:
        row |= _trade(event.trade)
    if order.reason:
        row |= {"reason": order.reason, "cancel_reason": order.reason}
    if change is Change.AMENDED:
        row["amended"] = True
    return row


def open_order(order: Order) -> dict[str, Any]:
    """Return an open order as the snapshot states it."""
    touched = order.executed > 0
    row = _identity(
        order,
        "status" if touched else "new",
        "partially_filled" if touched else "new",
        order.opened_us,
    )
    return row | _terms(order) | _totals(order)


def past_trade(trade: Trade, order: Order) -> dict[str, Any]:
    """Return an execution as the snapshot of trades states it."""
    status = "filled" if order.trades[-1:] == (trade.exec_id,) else "partially_filled"
    return _identity(order, "trade", status, trade.time_us) | _totals(order) | _trade(trade)


def wallet(account: Account, asset_name: str) -> dict[str, Any]:
    """Return a balance as the snapshot states it."""
    asset = next(asset for asset in ASSETS if asset.name == asset_name)
    amount = wire.number(account.balances[asset.name], asset.decimals)
    return {
        "asset": asset.name,
        "asset_class": "currency",
        "balance": amount,
        "wallets": [{"type": "spot", "id": "main", "balance": amount}],
    }


def booked(entry: LedgerEntry) -> dict[str, Any]:
    """Return a ledger entry as the balances channel states it."""
    decimals = ASSET_BY_NAME[entry.asset].decimals
    return {
        "asset": entry.asset,
        "asset_class": "currency",
        "amount": wire.number(entry.amount, decimals),
        "balance": wire.number(entry.balance, decimals),
        "fee": wire.number(entry.fee, decimals),
        "ledger_id": entry.ledger_id,
        "ref_id": entry.ref_id,
        "timestamp": wire.rfc3339(entry.time_us),
        "type": entry.kind,
        "subtype": "",
        "category": entry.kind,
        "wallet_type": "spot",
        "wallet_id": "main",
    }


def _identity(order: Order, change: str, status: str, at_us: Micros) -> dict[str, Any]:
    row: dict[str, Any] = {
        "order_id": order.txid,
        "exec_type": change,
        "order_status": status,
        "timestamp": wire.rfc3339(at_us),
    }
    if order.draft.client_id is not None:
        row["cl_ord_id"] = order.draft.client_id
    else:
        row["order_userref"] = order.draft.userref or 0
    return row


def _terms(order: Order) -> dict[str, Any]:
    draft, pair = order.draft, PAIRS[order.draft.symbol]
    row: dict[str, Any] = {
        "symbol": draft.symbol,
        "side": str(draft.side),
        "order_type": str(draft.type),
        "order_qty": wire.number(order.qty, pair.qty_decimals),
        "cum_qty": wire.number(order.executed, pair.qty_decimals),
        "cum_cost": wire.number(order.cost, pair.cost_decimals),
        "time_in_force": draft.tif.upper(),
        "post_only": draft.post_only,
        "fee_ccy_pref": "fcib" if order.fee_in_base else "fciq",
        "fee_usd_equiv": wire.number(order.fee, pair.cost_decimals),
    }
    if order.limit_price is not None:
        row["limit_price"] = wire.number(order.limit_price, pair.price_decimals)
        row["limit_price_type"] = "static"
    if draft.type in STOPS and order.trigger_price is not None:
        row["triggers"] = _triggers(order, order.trigger_price, pair)
    if draft.close is not None:
        row["contingent"] = {"order_type": str(draft.close.type)} | {
            name: wire.number(price, pair.price_decimals)
            for name, price in (
                ("limit_price", draft.close.limit_price),
                ("trigger_price", draft.close.trigger_price),
            )
            if price is not None
        }
    if order.refid:
        row["order_ref_id"] = order.refid
    return row


def _triggers(order: Order, trigger_price: Decimal, pair: Pair) -> dict[str, Any]:
    trail = order.draft.trail
    actual = wire.number(trigger_price, pair.price_decimals)
    row: dict[str, Any] = {
        "reference": "last",
        "price": actual,
        "price_type": "static",
        "status": "triggered" if order.triggered else "untriggered",
    }
    if trail is not None:
        row["price"] = wire.number(trail.amount, pair.price_decimals)
        row["price_type"] = "pct" if trail.is_pct else "quote"
        row["actual_price"] = actual
    return row


def _totals(order: Order) -> dict[str, Any]:
    pair = PAIRS[order.draft.symbol]
    return {
        "cum_qty": wire.number(order.executed, pair.qty_decimals),
        "cum_cost": wire.number(order.cost, pair.cost_decimals),
        "avg_price": wire.number(average_price(order, pair), pair.price_decimals),
        "fee_usd_equiv": wire.number(order.fee, pair.cost_decimals),
    }


def _trade(trade: Trade) -> dict[str, Any]:
    pair = PAIRS[trade.symbol]
    return {
        "symbol": trade.symbol,
        "side": str(trade.side),
        "order_type": str(trade.type),
        "exec_id": trade.exec_id,
        "trade_id": trade.number,
        "last_qty": wire.number(trade.qty, pair.qty_decimals),
        "last_price": wire.number(trade.price, pair.price_decimals),
        "cost": wire.number(trade.cost, pair.cost_decimals),
        "liquidity_ind": "m" if trade.maker else "t",
        "fees": [_fee(trade, pair)],
    }


def _fee(trade: Trade, pair: Pair) -> dict[str, Any]:
    if trade.base_fee:
        return {
            "asset": pair.base.name,
            "qty": wire.number(trade.base_fee, pair.base.decimals),
        }
    return {"asset": pair.quote.name, "qty": wire.number(trade.fee, pair.cost_decimals)}


def _status_word(event: OrderChanged) -> str:
    match event.change:
        case Change.TRADE:
            # Also for the last one: a separate `filled` follows.
            return "partially_filled"
        case Change.AMENDED:
            return "partially_filled" if event.order.executed else "new"
        case _:
            return str(event.change)
