"""Do both books agree after kill -9 at a random moment, again and again?"""

import os
import random
import time
from collections.abc import Iterator

import pytest

from s1mpletrader.model import records
from tests.rig.processes import Rig

DAMAGE = {"contradiction", "coins_missing", "balance", "orphan", "unallocated", "fenced"}
"""Halts that say that the books were wrong; no kill, cut or restart may lead to one."""
KILLS = int(os.environ.get("S1MPLETRADER_KILLS", "20"))
LEASE_S = 36_000
"""Restarts need not wait for others to fall silent (SAFETY F2): another test has that."""
SPEED = ("--speed", "216000")
"""60 hours of market in a second: an entry or an exit is never far."""
CUT_EVERY, EXCHANGE_EVERY, STOP_EVERY = 2, 4, 5


@pytest.mark.slow
@pytest.mark.timeout(60 + 15 * KILLS)
def test_books_are_equal_after_every_kill(second_start: Rig) -> None:
    dice = random.Random(int(os.environ.get("S1MPLETRADER_SEED", "1")))  # noqa: S311 - moments
    rig = second_start
    rig.start_exchange("--paused", *SPEED)
    rig.configure(lease_s=LEASE_S)
    rig.start_engine()
    for number in range(1, KILLS + 1):
        rig.wait_trading()
        rig.control.resume()
        _kill_at_random(rig, dice, number)
        rig.start_engine()
        rig.wait_trading()
        rig.wait_equal()
        if number % STOP_EVERY == 0:
            assert rig.stop_engine() == 0
            rig.start_engine()
    assert any(order.fills for order in rig.books().orders.values()), "nothing was traded"
    assert not set(_halts(rig)) & DAMAGE  # `resume` above must not hide a needless one


def _halts(rig: Rig) -> Iterator[str]:
    for group in rig.groups():
        for record in group.records:
            if isinstance(record, records.HaltSet):
                yield record.reason


def _kill_at_random(rig: Rig, dice: random.Random, number: int) -> None:
    time.sleep(dice.uniform(0.2, 2))
    if number % CUT_EVERY == 0:
        rig.control.cut(dice.uniform(0.1, 1.5))
        time.sleep(dice.uniform(0, 1))
    rig.kill_engine()
    if number % EXCHANGE_EVERY == 0:
        rig.kill_exchange()
        rig.start_exchange(*SPEED)
