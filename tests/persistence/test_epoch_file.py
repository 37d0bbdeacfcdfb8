"""Does every start get an epoch above all before it?"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import InternalError, StateCorrupt
from s1mpletrader.persistence.epoch_file import EPOCH_MAX, EpochFile, next_epoch
from tests.durable.crash_disk import EMPTY, CrashDisk
from tests.durable.crashes import explore

PATH = Path("/state/epoch")


@given(st.integers(0, EPOCH_MAX - 1), st.integers(0, EPOCH_MAX))
def test_an_epoch_is_above_the_last_and_not_below_the_public_time(stored: int, now: int) -> None:
    assert next_epoch(stored, now) in {stored + 1, now}
    assert next_epoch(stored, now) > stored
    assert next_epoch(stored, now) >= now


def test_epochs_end_with_32_bits() -> None:
    assert next_epoch(0, EPOCH_MAX) == EPOCH_MAX
    with pytest.raises(InternalError):
        next_epoch(EPOCH_MAX, 0)


def test_the_drawn_epoch_is_stored(tmp_path: Path) -> None:
    file = EpochFile(tmp_path / "epoch", SystemDisk())
    assert file.stored() == 0
    assert file.draw(1_700_000_000) == 1_700_000_000
    assert file.draw(1_600_000_000) == 1_700_000_001
    assert EpochFile(tmp_path / "epoch", SystemDisk()).stored() == 1_700_000_001


def test_a_damaged_epoch_is_not_guessed(tmp_path: Path) -> None:
    EpochFile(tmp_path / "epoch", SystemDisk()).draw(1_700_000_000)
    good = (tmp_path / "epoch").read_bytes()
    for position in range(len(good) * 8):
        flipped = bytearray(good)
        flipped[position // 8] ^= 1 << position % 8
        (tmp_path / "epoch").write_bytes(flipped)
        with pytest.raises(StateCorrupt):
            EpochFile(tmp_path / "epoch", SystemDisk()).stored()


def life(disk: CrashDisk) -> None:
    """Draw three epochs."""
    for epoch in (1, 2, 3):
        disk.note("begun", epoch)
        EpochFile(PATH, disk).draw(0)
        disk.note("acked", epoch)


def draw_again(disk: CrashDisk) -> int:
    """Return the epoch below the one drawn: what was used before must not be drawn again."""
    epoch = EpochFile(PATH, disk).draw(0)
    disk.note("acked", epoch)
    return epoch - 1


def test_no_crash_lets_an_epoch_be_drawn_twice() -> None:
    verdict = explore(life, draw_again, start=EMPTY, is_bounded=False)
    print(f"epoch: {verdict.states} distinct crash states")
    assert verdict.broken == []
    assert verdict.states > 50
