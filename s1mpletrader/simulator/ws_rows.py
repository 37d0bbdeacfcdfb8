"""How does the WebSocket state executions, balances and the market?

Numbers keep the precision of the pair; `new`, `canceled`, `filled` and `expired` are partial, as
they are at the real exchange: no symbol, no side, no quantity.
"""

import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from s1mpletrader.core.matching import Depth, Level
from s1mpletrader.model.base import Micros
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator import market_views, wire
from s1mpletrader.simulator.account import Account
from s1mpletrader.simulator.market_views import Candle
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
from s1mpletrader.simulator.venue import Venue

CHECKSUM_LEVELS = 10
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


def market_trade(tick: Tick) -> dict[str, Any]:
    """Return a public trade."""
    pair = PAIRS[tick.symbol]
    return {
        "symbol": tick.symbol,
        "side": str(tick.side),
        "price": wire.number(tick.price, pair.price_decimals),
        "qty": wire.number(tick.qty, pair.qty_decimals),
        "ord_type": "market",
        "trade_id": tick.trade_id,
        "timestamp": wire.rfc3339(tick.time_us),
    }


def ticker(venue: Venue, pair: Pair) -> dict[str, Any]:
    """Return best prices, the last trade and the last 24 hours."""
    book = venue.book.depth(pair.symbol)
    last = market_views.recent(venue, pair.symbol, 1)[0]
    day = market_views.summary(venue, pair.symbol, market_views.last_24h_us(venue))
    change = last.price - day.open

    def price(value: Decimal) -> Any:
        return wire.number(value, pair.price_decimals)

    return {
        "symbol": pair.symbol,
        "bid": price(book.bids[0].price),
        "bid_qty": wire.number(book.bids[0].qty, pair.qty_decimals),
        "ask": price(book.asks[0].price),
        "ask_qty": wire.number(book.asks[0].qty, pair.qty_decimals),
        "last": price(last.price),
        "volume": wire.number(day.volume, pair.qty_decimals),
        "vwap": price(day.vwap),
        "low": price(day.low),
        "high": price(day.high),
        "change": price(change),
        "change_pct": wire.number(change / day.open * 100, 2),
        "timestamp": wire.rfc3339(last.time_us),
    }


def candle(pair: Pair, found: Candle, interval_min: int, now_us: Micros) -> dict[str, Any]:
    """Return a candle of the ohlc channel."""
    return {
        "symbol": pair.symbol,
        "open": wire.number(found.open, pair.price_decimals),
        "high": wire.number(found.high, pair.price_decimals),
        "low": wire.number(found.low, pair.price_decimals),
        "close": wire.number(found.close, pair.price_decimals),
        "vwap": wire.number(found.vwap, pair.price_decimals),
        "trades": found.trades,
        "volume": wire.number(found.volume, pair.qty_decimals),
        "interval_begin": wire.rfc3339(found.begin_us),
        "interval": interval_min,
        "timestamp": wire.rfc3339(now_us),
    }


def levels(pair: Pair, found: Iterable[Level]) -> list[dict[str, Any]]:
    """Return one side of a book."""
    return [
        {
            "price": wire.number(level.price, pair.price_decimals),
            "qty": wire.number(level.qty, pair.qty_decimals),
        }
        for level in found
    ]


def checksum(pair: Pair, book: Depth) -> int:
    """Return the CRC-32 of the ten best asks, then bids, in the pair's precision."""
    sides = (*book.asks[:CHECKSUM_LEVELS], *book.bids[:CHECKSUM_LEVELS])
    digits = "".join(
        _digits(level.price, pair.price_decimals) + _digits(level.qty, pair.qty_decimals)
        for level in sides
    )
    return zlib.crc32(digits.encode())


def instruments() -> dict[str, Any]:
    """Return the reference data: an object, not a list."""
    return {
        "assets": [
            {
                "id": asset.name,
                "status": "enabled",
                "precision": asset.decimals,
                "precision_display": asset.display_decimals,
                "borrowable": False,
                "collateral_value": 0.0,
                "margin_rate": 0.0,
            }
            for asset in ASSETS
        ],
        "pairs": [_instrument(pair) for pair in PAIRS.values()],
    }


def _instrument(pair: Pair) -> dict[str, Any]:
    tick = wire.number(pair.price_tick, pair.price_decimals)
    return {
        "symbol": pair.symbol,
        "base": pair.base.name,
        "quote": pair.quote.name,
        "status": "online",
        "qty_precision": pair.qty_decimals,
        "qty_increment": wire.number(pair.qty_step, pair.qty_decimals),
        "price_precision": pair.price_decimals,
        "price_increment": tick,
        "tick_size": tick,
        "cost_precision": pair.cost_decimals,
        "cost_min": wire.number(pair.cost_min, 2),
        "qty_min": wire.number(pair.qty_min, pair.qty_decimals),
        "marginable": False,
        "has_index": False,
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
        "fee_ccy_pref": "fciq",
        "fee_usd_equiv": wire.number(order.fee, pair.cost_decimals),
    }
    if order.limit_price is not None:
        row["limit_price"] = wire.number(order.limit_price, pair.price_decimals)
        row["limit_price_type"] = "static"
    if draft.type in STOPS and order.trigger_price is not None:
        row["triggers"] = {
            "reference": "last",
            "price": wire.number(order.trigger_price, pair.price_decimals),
            "price_type": "static",
            "status": "triggered" if order.triggered else "untriggered",
        }
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
        "fees": [
            {"asset": pair.quote.name, "qty": wire.number(trade.fee, pair.cost_decimals)},
        ],
    }


def _status_word(event: OrderChanged) -> str:
    match event.change:
        case Change.TRADE:
            # Also for the last one: a separate `filled` follows.
            return "partially_filled"
        case Change.AMENDED:
            return "partially_filled" if event.order.executed else "new"
        case _:
            return str(event.change)


def _digits(value: Decimal, decimals: int) -> str:
    return wire.text(value, decimals).replace(".", "").lstrip("0")
