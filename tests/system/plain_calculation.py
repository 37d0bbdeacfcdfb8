"""When does EMA 10 cross EMA 30, by a plain calculation over the file of bars?

Shares nothing with the engine: floats of a CSV, a loop, two averages.
"""

import csv
import itertools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FAST, SLOW = 10, 30
HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class PlainBar:
    """An hour of the file."""

    begin_us: int
    low: float
    close: float


@dataclass(frozen=True)
class Crosses:
    """Market times at which a cross is known: the hour after the bar that shows it."""

    golden_us: tuple[int, ...]
    death_us: tuple[int, ...]

    def next_death_us(self, after_us: int) -> int:
        """Return the first death cross after a moment."""
        return next(each for each in self.death_us if each > after_us)


def read_bars(tape: Path, count: int) -> list[PlainBar]:
    """Return the first `count` hours of a tape, which must follow each other without a hole."""
    with tape.open(newline="") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(count), strict=False)]
    bars = [
        PlainBar(
            round(datetime.fromisoformat(row["ts_open"]).timestamp()) * 1_000_000,
            float(row["low"]),
            float(row["close"]),
        )
        for row in rows
    ]
    assert all(b.begin_us - a.begin_us == HOUR_US for a, b in itertools.pairwise(bars))
    return bars


def crosses(bars: list[PlainBar]) -> Crosses:
    """Return every cross of the two averages, from the 30th bar on."""
    fast = slow = bars[0].close
    was_above: bool | None = None
    golden: list[int] = []
    death: list[int] = []
    for number, bar in enumerate(bars, start=1):
        fast += (bar.close - fast) * 2 / (FAST + 1)
        slow += (bar.close - slow) * 2 / (SLOW + 1)
        if number < SLOW:
            continue
        if was_above is not None and was_above != (fast > slow):
            (death if was_above else golden).append(bar.begin_us + HOUR_US)
        was_above = fast > slow
    return Crosses(tuple(golden), tuple(death))
