"""What does the market look like at the tape's present position?

Everything public is derived from the tracks and how far they were played; times are market time.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator.tape import Track
from s1mpletrader.simulator.venue import Venue

DAY_FOR_US = 86_400 * SECOND
CANDLES_MAX = 720
INTERVALS_MIN = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)


class Summary(Value, frozen=True):
    """What happened in a window: the numbers of Ticker."""

    volume: Decimal
    vwap: Decimal
    trades: int
    low: Decimal
    high: Decimal
    open: Decimal


class Candle(Value, frozen=True):
    """Open, high, low, close of one interval; a silent one repeats the last close."""

    begin_us: Micros
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vwap: Decimal
    volume: Decimal
    trades: int


def track_of(venue: Venue, symbol: Symbol) -> tuple[Track, int]:
    """Return a pair's track and how many of its trades are over."""
    return venue.tape.tracks[symbol], venue.played[symbol]


def recent(venue: Venue, symbol: Symbol, count: int) -> list[Tick]:
    """Return the last `count` trades, oldest first."""
    track, played = track_of(venue, symbol)
    return [track.tick(number) for number in range(max(1, played - count + 1), played + 1)]


def trades_since(venue: Venue, symbol: Symbol, after_us: Micros, count: int) -> list[Tick]:
    """Return up to `count` trades later than `after_us`, oldest first."""
    track, played = track_of(venue, symbol)
    first = track.first_after(after_us, played)
    return [track.tick(number) for number in range(first, min(played, first + count - 1) + 1)]


def summary(venue: Venue, symbol: Symbol, since_us: Micros) -> Summary:
    """Return what happened after `since_us`; at least the last trade."""
    track, played = track_of(venue, symbol)
    first = min(played, track.first_after(since_us, played))
    ticks = [track.tick(number) for number in range(first, played + 1)]
    volume = sum((tick.qty for tick in ticks), Decimal(0))
    return Summary(
        volume=volume,
        vwap=_vwap(ticks, track),
        trades=len(ticks),
        low=min(tick.price for tick in ticks),
        high=max(tick.price for tick in ticks),
        open=ticks[0].price,
    )


def candles(venue: Venue, symbol: Symbol, interval_min: int) -> list[Candle]:
    """Return up to 720 candles, oldest first; the last one is not finished."""
    track, played = track_of(venue, symbol)
    width = interval_min * 60 * SECOND
    now_us = max(venue.market_us(), track.time_us(played))
    last_begin = now_us - now_us % width
    first_begin = max(
        track.time_us(1) - track.time_us(1) % width, last_begin - (CANDLES_MAX - 1) * width
    )
    number = track.first_after(Micros(first_begin - 1), played)
    close = track.tick(max(1, number - 1)).price
    found: list[Candle] = []
    for begin in range(first_begin, last_begin + 1, width):
        ticks = list(_ticks_before(track, number, played, begin + width))
        number += len(ticks)
        candle = _candle(Micros(begin), ticks, close, track)
        close = candle.close
        found.append(candle)
    return found


def current_candle(venue: Venue, symbol: Symbol, interval_min: int) -> Candle:
    """Return the candle of the last trade."""
    track, played = track_of(venue, symbol)
    width = interval_min * 60 * SECOND
    begin = track.time_us(played) - track.time_us(played) % width
    number = track.first_after(Micros(begin - 1), played)
    ticks = list(_ticks_before(track, number, played, begin + width))
    return _candle(Micros(begin), ticks, ticks[0].price, track)


def today_us(venue: Venue) -> Micros:
    """Return the last moment before today, in market time."""
    now = venue.market_us()
    return Micros(now - now % DAY_FOR_US - 1)


def last_24h_us(venue: Venue) -> Micros:
    """Return the moment 24 hours before the last trade."""
    return Micros(venue.market_us() - DAY_FOR_US)


def _ticks_before(track: Track, number: int, played: int, end_us: int) -> Iterator[Tick]:
    while number <= played and track.time_us(number) < end_us:
        yield track.tick(number)
        number += 1


def _candle(begin: Micros, ticks: list[Tick], close: Decimal, track: Track) -> Candle:
    prices = [tick.price for tick in ticks] or [close]
    return Candle(
        begin_us=begin,
        open=prices[0],
        high=max(prices),
        low=min(prices),
        close=prices[-1],
        vwap=_vwap(ticks, track) if ticks else Decimal(0),
        volume=sum((tick.qty for tick in ticks), Decimal(0)),
        trades=len(ticks),
    )


def _vwap(ticks: list[Tick], track: Track) -> Decimal:
    volume = sum((tick.qty for tick in ticks), Decimal(0))
    value = sum((tick.qty * tick.price for tick in ticks), Decimal(0))
    return (value / volume).quantize(track.pair.price_tick, ROUND_HALF_UP)
