"""Is the tape's market the same market every time, on every machine?"""

import hashlib
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator import tape
from tests.simulator.harness import BTC, ROOT, SOL, TAPE, small_tape

FINGERPRINT = """
import hashlib, sys
from pathlib import Path
from s1mpletrader.simulator import tape
market = tape.load(Path(sys.argv[1]))
played = dict.fromkeys(market.tracks, 0)
digest = hashlib.sha256()
for _ in range(2000):
    symbol = market.next_symbol(played)
    played[symbol] += 1
    digest.update(repr(market.tracks[symbol].tick(played[symbol])).encode())
print(digest.hexdigest())
"""


def test_the_shipped_tape_is_the_one_its_provenance_names() -> None:
    sha256 = hashlib.sha256(TAPE.read_bytes()).hexdigest()
    assert sha256 in (TAPE.parent / "PROVENANCE.md").read_text()


def test_the_shipped_tape_has_its_trades() -> None:
    market = tape.load(TAPE)
    assert len(market.tracks[BTC]) == (20_111 - 28) * 4
    assert len(market.tracks[SOL]) == 20_111 * 4
    prices = [market.tracks[SOL].tick(number).price for number in range(1, 80_000, 97)]
    assert Decimal(1) <= min(prices) < max(prices) < Decimal(100)


def test_a_rising_bar_dips_first_and_a_falling_one_peaks_first(tmp_path: Path) -> None:
    track = tape.load(small_tape(tmp_path)).tracks[BTC]
    assert [track.tick(n).price for n in range(1, 5)] == [100, 90, 110, 105]
    assert [track.tick(n).price for n in range(5, 9)] == [105, 106, 80, 85]


def test_the_quantities_of_a_bar_sum_up_to_its_volume(tmp_path: Path) -> None:
    track = tape.load(small_tape(tmp_path)).tracks[BTC]
    parts = [track.tick(n).qty for n in range(5, 9)]
    assert sum(parts) == Decimal("8.00000003")
    assert parts == [2, 2, 2, Decimal("2.00000003")]


def test_a_bar_without_volume_makes_no_trade_and_no_gap_in_the_ids(tmp_path: Path) -> None:
    track = tape.load(small_tape(tmp_path)).tracks[BTC]
    assert len(track) == 12
    assert [track.tick(n).trade_id for n in (8, 9)] == [8, 9]
    assert track.time_us(9) - track.time_us(5) == 2 * tape.BAR_S * SECOND


def test_a_trade_buys_if_it_does_not_fall(tmp_path: Path) -> None:
    track = tape.load(small_tape(tmp_path)).tracks[BTC]
    sides = [track.tick(n).side for n in range(1, 6)]
    assert sides == [Side.SELL, Side.SELL, Side.BUY, Side.SELL, Side.BUY]


def test_both_pairs_are_merged_by_time(tmp_path: Path) -> None:
    market = tape.load(small_tape(tmp_path))
    played = dict.fromkeys(market.tracks, 0)
    times = []
    while (symbol := market.next_symbol(played)) is not None:
        played[symbol] += 1
        times.append(market.tracks[symbol].time_us(played[symbol]))
    assert times == sorted(times)
    assert played == {BTC: 12, SOL: 16}
    assert times[0] == market.begin_us()
    assert times[-1] == market.end_us()


def test_the_first_trade_after_a_moment_is_found(tmp_path: Path) -> None:
    track = tape.load(small_tape(tmp_path)).tracks[BTC]
    assert track.first_after(Micros(0), 12) == 1
    assert track.first_after(track.time_us(4), 12) == 5
    assert track.first_after(Micros(track.time_us(4) - 1), 12) == 4
    assert track.first_after(track.time_us(12), 12) == 13


@pytest.mark.parametrize(
    ("bars", "where"),
    [
        ("nonsense\n", ":1:"),
        ("", ":1:"),
        (",".join(tape.COLUMNS) + "\n", "no bar with volume"),
        (",".join(tape.COLUMNS) + "\n2020-01-01T00:00:00Z,1,1,1,1\n", ":2:"),
        (",".join(tape.COLUMNS) + "\n2020-01-01T00:00:00Z,1,1,1,x,1\n", ":2:"),
        (",".join(tape.COLUMNS) + "\n2020-01-01T00:00:00Z,1,2,3,1,1\n", ":2:"),
        (",".join(tape.COLUMNS) + "\n2020-01-01T00:00:00Z,1,1,1,1,-1\n", ":2:"),
        (",".join(tape.COLUMNS) + "\n2020-01-01T00:00:00Z,1,1,1,1,0.00000003\n", ":2:"),
        (",".join(tape.COLUMNS) + 2 * "\n2020-01-01T00:00:00Z,1,1,1,1,1" + "\n", ":3:"),
    ],
)
def test_a_bad_tape_is_refused_with_its_line(tmp_path: Path, bars: str, where: str) -> None:
    with pytest.raises(ConfigurationError, match=where):
        tape.load(small_tape(tmp_path, bars))


def test_a_missing_tape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        tape.load(tmp_path / "none.csv")


def test_a_tape_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "ROWS_MAX", 4)
    with pytest.raises(ConfigurationError, match=":5:"):
        tape.load(small_tape(tmp_path))
    monkeypatch.setattr(tape, "ROWS_MAX", 5)
    tape.load(small_tape(tmp_path))


@pytest.mark.slow
def test_the_tape_is_the_same_under_three_hash_seeds() -> None:
    fingerprints = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT, str(TAPE)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(fingerprints) == 1
