"""How does the WebSocket state the market: trades, books, candles, reference data?"""

import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from s1mpletrader.core.matching import Depth, Level
from s1mpletrader.model.base import Micros
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator import market_views, wire
from s1mpletrader.simulator.market_views import Candle
from s1mpletrader.simulator.pairs import ASSETS, PAIRS, Pair
from s1mpletrader.simulator.venue import Venue

CHECKSUM_LEVELS = 10


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


def instruments(status: str) -> dict[str, Any]:
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
        "pairs": [_instrument(pair, status) for pair in PAIRS.values()],
    }


def _instrument(pair: Pair, status: str) -> dict[str, Any]:
    tick = wire.number(pair.price_tick, pair.price_decimals)
    return {
        "symbol": pair.symbol,
        "base": pair.base.name,
        "quote": pair.quote.name,
        "status": status,
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


def _digits(value: Decimal, decimals: int) -> str:
    return wire.text(value, decimals).replace(".", "").lstrip("0")
