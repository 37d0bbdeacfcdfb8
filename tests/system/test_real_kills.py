"""Do both books agree after kill -9 at a random moment, again and again?"""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from s1mpletrader.model import records
from tests.rig.processes import Rig

DAMAGE = {"contradiction", "coins_missing", "balance", "orphan", "unallocated", "fenced"}
"""Halts that say that the books were wrong; no kill, cut or restart may lead to one."""
KILLS = int(os.environ.get("S1MPLETRADER_KILLS", "20"))


@pytest.mark.slow
@pytest.mark.timeout(60 + 20 * KILLS)
def test_books_are_equal_after_every_kill(tmp_path: Path) -> None:
    dice = random.Random(int(os.environ.get("S1MPLETRADER_SEED", "1")))  # noqa: S311 - moments
    rig = Rig(tmp_path, speed=100_000)
    try:
        rig.start_exchange()
        rig.configure()
        for number in range(KILLS):
            rig.start_engine()
            rig.wait_trading()
            rig.control.resume()
            _kill_at_random(rig, dice, number)
            rig.start_engine()
            rig.wait_trading()
            rig.wait_equal()
            assert rig.stop_engine() == 0
        assert any(order.fills for order in rig.books().orders.values()), "nothing was traded"
        assert not set(_halts(rig)) & DAMAGE  # `resume` above must not hide a needless one
    finally:
        rig.close()


def _halts(rig: Rig) -> Iterator[str]:
    for group in rig.groups():
        for record in group.records:
            if isinstance(record, records.HaltSet):
                yield record.reason


def _kill_at_random(rig: Rig, dice: random.Random, number: int) -> None:
    time.sleep(dice.uniform(0.2, 3))
    if number % 2:
        rig.control.cut(dice.uniform(0.1, 1.5))
        time.sleep(dice.uniform(0, 1))
    rig.kill_engine()
    if number % 4 == 3:
        rig.kill_exchange()
        rig.start_exchange()
