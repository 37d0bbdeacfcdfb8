"""Which trades does the market make, in which order, at which market time?

A track is one pair's trades, made deterministically out of its bars: open, the nearer extreme,
the farther one, close. A tape is all tracks merged by time. Nothing here depends on a clock, a
seed or the order of a set.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from pathlib import Path

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Bar, Tick
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator.pairs import BTC_USD, SOL_USD, Pair

TRADES_PER_BAR = 4
BAR_S = 3600
COLUMNS = ("ts_open", "open", "high", "low", "close", "volume_btc")
ROWS_MAX = 1_000_000
NUMBER_MAX = Decimal(10) ** 10
SMALLEST = Decimal("1e-12")
"""Numbers of a tape are multiples of it."""
_START_CENTS = 2_000
_SHIFT_FOR_US = BAR_S * SECOND // TRADES_PER_BAR // 2


class TapeTrade(Value, frozen=True):
    """A trade of the tape with the bar it belongs to."""

    tick: Tick
    bar: Bar


class Track:
    """The trades of one pair; `trade_id` counts from 1 without a gap."""

    def __init__(self, pair: Pair, bars: Sequence[Bar], shift_for_us: int = 0) -> None:
        """Keep the bars that traded; `shift_for_us` moves the trades inside each bar."""
        self.pair = pair
        self.symbol = pair.symbol
        self._bars = [bar for bar in bars if bar.volume > 0]
        self._shift = shift_for_us

    def __len__(self) -> int:
        return len(self._bars) * TRADES_PER_BAR

    def time_us(self, trade_id: int) -> Micros:
        """Return the market time of a trade."""
        bar, part = divmod(trade_id - 1, TRADES_PER_BAR)
        step = BAR_S * SECOND // TRADES_PER_BAR
        return Micros(self._bars[bar].begin_us + step * part + self._shift)

    def tick(self, trade_id: int) -> Tick:
        """Return a trade by its number."""
        index, part = divmod(trade_id - 1, TRADES_PER_BAR)
        bar = self._bars[index]
        prices = _path(bar)
        before = prices[part - 1] if part else self._bars[max(0, index - 1)].close
        return Tick(
            symbol=self.symbol,
            price=prices[part],
            qty=_part_of(bar.volume, part, self.pair.qty_step),
            side=Side.BUY if prices[part] >= before else Side.SELL,
            trade_id=trade_id,
            time_us=self.time_us(trade_id),
        )

    def first_after(self, time_us: Micros, upto: int) -> int:
        """Return the first trade number later than `time_us`; `upto + 1` if there is none."""
        low, high = 1, upto + 1
        while low < high:
            middle = (low + high) // 2
            if self.time_us(middle) > time_us:
                high = middle
            else:
                low = middle + 1
        return low


class Tape:
    """All tracks merged by time, then symbol."""

    ends = True
    """Whether there will be a last trade."""

    def __init__(self, tracks: Mapping[Symbol, Track], sha256: str) -> None:
        self.tracks = tracks
        self.sha256 = sha256
        """Of the file; a state made with one tape is never continued on another."""

    def next_symbol(self, played: Mapping[Symbol, int]) -> Symbol | None:
        """Return whose trade comes next when `played` trades are over; None at the end."""
        heads = [
            (track.time_us(played[symbol] + 1), symbol)
            for symbol, track in self.tracks.items()
            if played[symbol] < len(track)
        ]
        return min(heads)[1] if heads else None

    def begin_us(self) -> Micros:
        """Return the market time of the very first trade."""
        return min(track.time_us(1) for track in self.tracks.values() if len(track))

    def end_us(self) -> Micros:
        """Return the market time of the very last trade."""
        return max(track.time_us(len(track)) for track in self.tracks.values() if len(track))

    def upto(self, time_us: Micros) -> dict[Symbol, int]:
        """Return how many trades of each track are not later than `time_us`."""
        return {
            symbol: track.first_after(time_us, len(track)) - 1
            for symbol, track in self.tracks.items()
        }


def load(path: Path) -> Tape:
    """Read a CSV of hourly BTC/USD bars and add the synthetic SOL/USD track.

    Raises `ConfigurationError` with file and line for anything that is not such a bar.
    """
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise ConfigurationError(f"{path}: the tape cannot be read: {problem.strerror}") from None
    return read(raw, path)


def read(raw: bytes, path: Path) -> Tape:
    """Return the tape of a file's bytes; raises `ConfigurationError`."""
    bars = list(_bars(path, raw.decode("utf-8", errors="replace").splitlines()))
    if not any(bar.volume > 0 for bar in bars):
        raise ConfigurationError(f"{path}: the tape has no bar with volume")
    tracks = (
        Track(BTC_USD, bars),
        Track(SOL_USD, synthetic_bars(bars), shift_for_us=_SHIFT_FOR_US),
    )
    return Tape({track.symbol: track for track in tracks}, hashlib.sha256(raw).hexdigest())


def synthetic_bars(bars: Sequence[Bar]) -> list[Bar]:
    """Return SOL/USD bars on the same grid: a bounded walk drawn from a hash of the bar's time."""
    made: list[Bar] = []
    last = _START_CENTS
    for bar in bars:
        noise = hashlib.sha256(f"{SOL_USD.symbol}:{bar.begin_us}".encode()).digest()
        # Pulled back towards the start, so that it neither explodes nor dies.
        close = max(100, last + (noise[0] % 41 - 20) + (_START_CENTS - last) // 100)
        high = max(last, close) + noise[1] % 15
        low = min(last, close) - noise[2] % 15
        made.append(
            Bar(
                symbol=SOL_USD.symbol,
                begin_us=bar.begin_us,
                interval_s=BAR_S,
                open=_cents(last),
                high=_cents(high),
                low=_cents(low),
                close=_cents(close),
                volume=Decimal(1 + noise[3]) + _cents(noise[4]),
                trades=TRADES_PER_BAR,
            )
        )
        last = close
    return made


def _bars(path: Path, lines: Sequence[str]) -> Iterator[Bar]:
    rows = csv.reader(lines)
    if tuple(next(rows, ())) != COLUMNS:
        raise ConfigurationError(f"{path}:1: expected the columns {','.join(COLUMNS)}")
    previous = -1
    for number, row in enumerate(rows, start=2):
        if number > ROWS_MAX:
            raise ConfigurationError(f"{path}:{number}: a tape has at most {ROWS_MAX} rows")
        try:
            bar = _bar(row)
        except (ValueError, InvalidOperation) as problem:
            raise ConfigurationError(f"{path}:{number}: not a bar: {row!r} ({problem})") from None
        if bar.begin_us <= previous:
            raise ConfigurationError(f"{path}:{number}: bars must be in the order of time")
        previous = bar.begin_us
        yield bar


def _bar(row: Sequence[str]) -> Bar:
    begin, *numbers = row
    values = [Decimal(number) for number in numbers]
    if not all(value.is_finite() and value >= 0 for value in values):
        raise ValueError("a number is negative or not finite")
    if any(value >= NUMBER_MAX or value % SMALLEST for value in values):
        raise ValueError(f"a number is {NUMBER_MAX:.0e} or more, or has more than 12 decimals")
    opened, high, low, close, volume = values
    if not 0 < low <= min(opened, close) <= max(opened, close) <= high:
        raise ValueError("low <= open, close <= high does not hold")
    if 0 < volume < BTC_USD.qty_step * TRADES_PER_BAR:
        raise ValueError("the volume is too small to be traded")
    moment = datetime.fromisoformat(begin).astimezone(UTC)
    return Bar(
        symbol=BTC_USD.symbol,
        begin_us=Micros(int(moment.timestamp()) * SECOND),
        interval_s=BAR_S,
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        trades=TRADES_PER_BAR if volume else 0,
    )


def _path(bar: Bar) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Return the prices inside a bar: a rising bar dips first, a falling one peaks first."""
    if bar.close >= bar.open:
        return (bar.open, bar.low, bar.high, bar.close)
    return (bar.open, bar.high, bar.low, bar.close)


def _part_of(volume: Decimal, part: int, step: Decimal) -> Decimal:
    """Return a quarter of the volume in lots; the last part takes the remainder."""
    quarter = (volume / TRADES_PER_BAR).quantize(step, ROUND_DOWN)
    last = TRADES_PER_BAR - 1
    return (volume - quarter * last).quantize(step) if part == last else quarter


def _cents(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-2)
