"""Do both books agree after kill -9 at a random moment, again and again?"""

import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from s1mpletrader.core.books import Books
from s1mpletrader.model import records
from s1mpletrader.model.orders import OrderRole
from s1mpletrader.simulator.fault_kinds import Kind
from s1mpletrader.simulator.faults import FaultSpec
from tests.rig.asking import wait_for
from tests.rig.processes import Rig

DAMAGE = {"contradiction", "coins_missing", "balance", "orphan", "unallocated", "fenced"}
"""Halts that say that the books were wrong; no kill, cut or restart may lead to one."""
BY_MARKET = {"unprotected"}
KILLS = int(os.environ.get("S1MPLETRADER_KILLS", "20"))
SEED = int(os.environ.get("S1MPLETRADER_SEED", "1"))
LIFE = 20
"""So many kills on one account."""
LEASE_S = 36_000
"""Restarts need not wait for others to fall silent (SAFETY F2): another test has that."""
SPEED = ("--speed", "216000")
"""60 hours of market in a second: an entry or an exit is never far."""
CUT_EVERY, EXCHANGE_EVERY, STOP_EVERY = 2, 4, 5
IN_FLIGHT_SHARE_MIN = 0.4
"""Of the kills, at least so many must hit an order of which nobody knew how it would end."""
HELD_KINDS: tuple[Kind, Kind] = ("hold_answers", "delay_in_flight")
HELD_WITHIN_S = 20.0


@pytest.mark.slow
@pytest.mark.timeout(60 + 15 * LIFE)
@pytest.mark.parametrize("first", range(0, KILLS, LIFE))
def test_books_are_equal_after_every_kill(second_start: Rig, first: int) -> None:
    """A life at a time: the tape ends some day, and money is not without end."""
    kills = min(LIFE, KILLS - first)
    dice = random.Random(SEED + first)  # noqa: S311 - moments
    rig = second_start
    rig.start_exchange("--paused", *SPEED)
    rig.configure(lease_s=LEASE_S)
    rig.start_engine()
    in_flight = 0
    for number in range(1, kills + 1):
        _go_on(rig)
        rig.control.resume()
        _kill(rig, dice, number)
        in_flight += _is_in_flight(rig.books())
        rig.start_engine()
        _go_on(rig)
        rig.wait_equal()
        if number % STOP_EVERY == 0:
            assert rig.stop_engine() == 0
            rig.start_engine()
    print(f"{in_flight} of {kills} kills hit an order in flight or in doubt")
    assert in_flight >= IN_FLIGHT_SHARE_MIN * kills
    assert any(order.fills for order in rig.books().orders.values()), "nothing was traded"
    assert not set(_halts(rig)) & DAMAGE  # resuming must not hide a needless one


def _go_on(rig: Rig) -> None:
    """Wait until the engine trades; a person resumes what the market alone has halted (O8)."""
    while rig.wait_status(_is_for_a_person)["state"] != "trading":
        assert rig.run("resume").code == 0


def _is_for_a_person(status: dict[str, Any]) -> bool:
    reasons = {each["reason"] for each in status["halts"]}
    return status["state"] == "trading" or bool(reasons and reasons <= BY_MARKET)


def _halts(rig: Rig) -> Iterator[str]:
    for group in rig.groups():
        for record in group.records:
            if isinstance(record, records.HaltSet):
                yield record.reason


def _is_in_flight(books: Books) -> bool:
    """Return whether the journal of a killed engine leaves open how an order ended."""
    return any(
        order.is_in_doubt
        or order.amend is not None
        or order.cancelled_us > 0
        or order.role is not OrderRole.STOP
        for order in books.live_orders()
    )


def _kill(rig: Rig, dice: random.Random, number: int) -> None:
    """Kill at a random moment: of a cut, or of an order whose answer or arrival takes long."""
    if number % CUT_EVERY == 0:
        time.sleep(dice.uniform(0.2, 2))
        rig.control.cut(dice.uniform(0.1, 1.5))
        time.sleep(dice.uniform(0, 1))
        rig.kill_engine()
    else:
        _kill_with_an_order_on_the_wire(rig, dice)
    if number % EXCHANGE_EVERY == 0:
        rig.kill_exchange()
        rig.start_exchange(*SPEED)


def _kill_with_an_order_on_the_wire(rig: Rig, dice: random.Random) -> None:
    kind = dice.choice(HELD_KINDS)
    delay_s = dice.uniform(0.5, 1.5) if kind == "delay_in_flight" else 0.0
    spec = FaultSpec(kind, channel="ws_private", method="add_order", delay_s=delay_s)
    fault = rig.control.add_fault(spec)
    wait_for("an order on the wire", lambda: rig.control.fault(fault.id).hits, HELD_WITHIN_S)
    time.sleep(dice.uniform(0, 0.8))
    rig.kill_engine()
    rig.control.remove(fault.id)
