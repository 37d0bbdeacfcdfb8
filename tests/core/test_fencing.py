"""Does exactly one of two copies of an engine speak, and after a wait that is long enough?"""

import pytest

from s1mpletrader.core.fencing import RunBefore, is_newer, newcomer_wait_us, nonce
from s1mpletrader.core.identity import OrderIdentity
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.inputs import RunStarted

RULES = Rules()
NOW = Micros(10_000 * SECOND)
FULL_WAIT = RULES.lease_us + RULES.deadline_for_us + RULES.clock_error_us


def run(host: str = "host", boot: str = "boot") -> RunStarted:
    return RunStarted("0", "3", "c", "live", 5, 9, 1, host, boot)


def before(*, host: str = "host", leased_ago_us: int = SECOND, agreed: bool = True) -> RunBefore:
    started = Micros(NOW - 600 * SECOND)
    agreed_us = Micros(started + (1 if agreed else -1) * SECOND)
    return RunBefore(run(host), started, Micros(NOW - leased_ago_us), agreed_us)


def test_every_nonce_of_a_higher_epoch_is_above_every_nonce_of_a_lower_one() -> None:
    assert nonce(7, 0) > nonce(6, (1 << 32) - 1)
    assert nonce(7, 2) > nonce(7, 1)


def test_the_first_run_of_a_journal_waits() -> None:
    assert newcomer_wait_us(run(), None, NOW, RULES) == FULL_WAIT


def test_a_restart_on_the_spot_within_its_lease_does_not_wait() -> None:
    assert newcomer_wait_us(run(), before(), NOW, RULES) == 0


@pytest.mark.parametrize(
    ("previous", "now"),
    [
        (before(host="elsewhere"), run()),
        (before(), run(boot="another")),
        (before(leased_ago_us=RULES.lease_us), run()),
        (before(agreed=False), run()),
    ],
    ids=["moved to another host", "rebooted", "its lease ran out", "had not finished its wait"],
)
def test_a_run_waits_after_one_that_a_copy_may_have_replaced(
    previous: RunBefore, now: RunStarted
) -> None:
    assert newcomer_wait_us(now, previous, NOW, RULES) == FULL_WAIT


def test_the_lease_of_the_run_before_holds_until_its_last_microsecond() -> None:
    young = before(leased_ago_us=RULES.lease_us - 1)
    assert newcomer_wait_us(run(), young, NOW, RULES) == 0


def test_of_two_copies_exactly_one_is_newer() -> None:
    ours = OrderIdentity(1, 5, 9)
    assert is_newer(OrderIdentity(1, 6, 0), ours)
    assert not is_newer(OrderIdentity(1, 4, 10), ours)
    assert is_newer(OrderIdentity(1, 5, 10), ours)
    assert not is_newer(OrderIdentity(1, 5, 8), ours)
    assert not is_newer(ours, ours)


def test_no_order_leaves_before_the_first_accepted_call() -> None:
    assert not Memory().may_order(NOW)


def test_a_newcomer_sends_after_its_wait_and_a_call_made_after_it() -> None:
    memory = Memory()
    memory.first_call_us, memory.newcomer_wait_us = Micros(NOW), Micros(10)
    memory.lease_from_us = NOW
    assert not memory.may_order(Micros(NOW + 9))
    assert not memory.may_order(Micros(NOW + 10))
    memory.lease_from_us = Micros(NOW + 10)
    assert memory.may_order(Micros(NOW + 10))


def test_without_a_wait_orders_may_leave_at_once() -> None:
    memory = Memory()
    memory.first_call_us = NOW
    memory.lease_from_us = Micros(NOW - 1)
    assert memory.may_order(NOW)
