"""What does each public REST call answer?"""

from collections.abc import Callable, Mapping
from typing import Any

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.simulator import market_views, refusal, wire
from s1mpletrader.simulator.pairs import (
    ASSETS,
    FEE_TIERS,
    PAIRS,
    AssetInfo,
    Pair,
    find_asset,
    find_pair,
)
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.venue import Venue

DEPTH_MAX = 500
TRADES_MAX = 1_000
LIST_MAX = 100
_NS = 1_000


def answer(venue: Venue, method: str, params: Mapping[str, str], at_us: Micros) -> Any:
    """Return the result of a call; raises `Refused`."""
    call = CALLS.get(method)
    if call is None:
        raise Refused(refusal.UNKNOWN_METHOD)
    return call(venue, params, at_us)


def _time(_venue: Venue, _params: Mapping[str, str], at_us: Micros) -> Any:
    return {"unixtime": at_us // SECOND, "rfc1123": wire.rfc1123(at_us)}


def _system_status(venue: Venue, _params: Mapping[str, str], at_us: Micros) -> Any:
    return {
        "status": venue.system_status,
        "timestamp": wire.rfc3339_seconds(at_us),
        "tape_ended": venue.tape_ended,
    }


def _assets(_venue: Venue, params: Mapping[str, str], _at_us: Micros) -> Any:
    wanted = [_asset(name) for name in _names(params, "asset")] or ASSETS
    return {asset.rest_id: asset_row(asset) for asset in wanted}


def _asset_pairs(venue: Venue, params: Mapping[str, str], _at_us: Micros) -> Any:
    if params.get("aclass_base", "currency") != "currency":
        return {}
    wanted = _pairs(params) or PAIRS.values()
    return {pair.rest_id: pair_row(pair, venue.pair_status) for pair in wanted}


def _ticker(venue: Venue, params: Mapping[str, str], _at_us: Micros) -> Any:
    return {pair.rest_id: _ticker_row(venue, pair) for pair in _pairs(params) or PAIRS.values()}


def _ticker_row(venue: Venue, pair: Pair) -> Any:
    book = venue.book.depth(pair.symbol)
    last = market_views.recent(venue, pair.symbol, 1)[0]
    windows = [
        market_views.summary(venue, pair.symbol, since)
        for since in (market_views.today_us(venue), market_views.last_24h_us(venue))
    ]

    def price(value: Any) -> str:
        return wire.text(value, pair.price_decimals)

    def best(level: Any) -> list[str]:
        lots = wire.text(level.qty, 3)
        return [price(level.price), str(int(level.qty)), lots]

    return {
        "a": best(book.asks[0]),
        "b": best(book.bids[0]),
        "c": [price(last.price), wire.text(last.qty, pair.qty_decimals)],
        "v": [wire.text(window.volume, pair.qty_decimals) for window in windows],
        "p": [price(window.vwap) for window in windows],
        "t": [window.trades for window in windows],
        "l": [price(window.low) for window in windows],
        "h": [price(window.high) for window in windows],
        "o": price(windows[0].open),
    }


def _ohlc(venue: Venue, params: Mapping[str, str], _at_us: Micros) -> Any:
    pair = _one_pair(params)
    interval = wire.parse_int(params.get("interval") or 1, "interval")
    if interval not in market_views.INTERVALS_MIN:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:interval")
    since = wire.parse_int(params.get("since") or 0, "since") * SECOND
    found = market_views.candles(venue, pair.symbol, interval)
    rows = [
        [
            candle.begin_us // SECOND,
            wire.text(candle.open, pair.price_decimals),
            wire.text(candle.high, pair.price_decimals),
            wire.text(candle.low, pair.price_decimals),
            wire.text(candle.close, pair.price_decimals),
            wire.text(candle.vwap, pair.price_decimals),
            wire.text(candle.volume, pair.qty_decimals),
            candle.trades,
        ]
        for candle in found
        if candle.begin_us > since
    ]
    finished = found[-2] if len(found) > 1 else found[-1]
    return {pair.rest_id: rows, "last": finished.begin_us // SECOND}


def _depth(venue: Venue, params: Mapping[str, str], _at_us: Micros) -> Any:
    pair = _one_pair(params)
    count = wire.parse_int(params.get("count") or 100, "count")
    if not 1 <= count <= DEPTH_MAX:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:count")
    book, moment = venue.book.depth(pair.symbol), venue.market_us() // SECOND

    def rows(levels: Any) -> Any:
        return [
            [
                wire.text(level.price, pair.price_decimals),
                wire.text(level.qty, 3),
                moment,
            ]
            for level in levels[:count]
        ]

    return {pair.rest_id: {"asks": rows(book.asks), "bids": rows(book.bids)}}


def _trades(venue: Venue, params: Mapping[str, str], _at_us: Micros) -> Any:
    pair = _one_pair(params)
    count = wire.parse_int(params.get("count") or TRADES_MAX, "count")
    if not 1 <= count <= TRADES_MAX:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:count")
    since = wire.optional(params, "since")
    if since is None:
        ticks = market_views.recent(venue, pair.symbol, count)
    else:
        after = Micros(_since_ns(since) // _NS)
        ticks = market_views.trades_since(venue, pair.symbol, after, count)
    rows = [
        [
            wire.text(tick.price, pair.price_decimals),
            wire.text(tick.qty, pair.qty_decimals),
            wire.seconds(tick.time_us),
            tick.side[0],
            "m",
            "",
            tick.trade_id,
        ]
        for tick in ticks
    ]
    last = str(ticks[-1].time_us * _NS) if ticks else str(since)
    return {pair.rest_id: rows, "last": last}


def _since_ns(since: str) -> int:
    """Return `since` in nanoseconds; short numbers are seconds, as clients also send them."""
    value = wire.parse_decimal(since, "since")
    longest_seconds = 10**12
    return int(value * SECOND * _NS) if value < longest_seconds else int(value)


def asset_row(asset: AssetInfo) -> Any:
    """Return an asset as Assets states it."""
    return {
        "aclass": "currency",
        "altname": asset.altname,
        "decimals": asset.decimals,
        "display_decimals": asset.display_decimals,
        "status": "enabled",
    }


def pair_row(pair: Pair, status: str) -> Any:
    """Return a pair as AssetPairs states it."""
    return {
        "altname": pair.altname,
        "wsname": pair.wsname,
        "aclass_base": "currency",
        "base": pair.base.rest_id,
        "aclass_quote": "currency",
        "quote": pair.quote.rest_id,
        "lot": "unit",
        "cost_decimals": pair.cost_decimals,
        "pair_decimals": pair.price_decimals,
        "lot_decimals": pair.qty_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[tier.volume, wire.number(tier.taker, 2)] for tier in FEE_TIERS],
        "fees_maker": [[tier.volume, wire.number(tier.maker, 2)] for tier in FEE_TIERS],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": f"{pair.qty_min:f}",
        "costmin": f"{pair.cost_min:f}",
        "tick_size": f"{pair.price_tick:f}",
        "status": status,
        "execution_venue": "international",
    }


def _names(params: Mapping[str, str], name: str) -> list[str]:
    names = [part for part in str(params.get(name) or "").split(",") if part]
    if len(names) > LIST_MAX:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return names


def _pairs(params: Mapping[str, str]) -> list[Pair]:
    return [require_pair(name) for name in _names(params, "pair")]


def _one_pair(params: Mapping[str, str]) -> Pair:
    return require_pair(str(params.get("pair") or ""))


def require_pair(name: str) -> Pair:
    """Return the pair of this name; raises `Refused`."""
    pair = find_pair(name)
    if pair is None:
        raise Refused(refusal.UNKNOWN_PAIR)
    return pair


def _asset(name: str) -> AssetInfo:
    asset = find_asset(name)
    if asset is None:
        raise Refused(refusal.UNKNOWN_ASSET)
    return asset


CALLS: dict[str, Callable[[Venue, Mapping[str, str], Micros], Any]] = {
    "Time": _time,
    "SystemStatus": _system_status,
    "Assets": _assets,
    "AssetPairs": _asset_pairs,
    "Ticker": _ticker,
    "OHLC": _ohlc,
    "Depth": _depth,
    "Trades": _trades,
}
