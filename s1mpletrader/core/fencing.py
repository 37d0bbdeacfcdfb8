"""Which of two copies of one engine may speak for the account, and from when on?

Private REST calls are ordered by a nonce that carries the epoch, so the exchange itself refuses an
older copy's. Orders by WebSocket carry none: they leave only under a *lease*, an accepted private
call of the last seconds, and a newcomer waits until every lease of an older copy has run out
(SAFETY F1, F2). tests/model explores these rules exhaustively.
"""

from typing import Final

from s1mpletrader.core.identity import OrderIdentity
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.inputs import RunStarted

NONCES_PER_EPOCH: Final = 1 << 32


def nonce(epoch: int, counter: int) -> int:
    """Return the nonce of a private call: any call of a higher epoch is above it (SAFETY F1)."""
    return epoch * NONCES_PER_EPOCH + counter


class RunBefore(Value, frozen=True):
    """What the journal tells of the run before this one."""

    started: RunStarted
    started_us: Micros
    leased_us: Micros
    """When its youngest accepted private call was sent."""
    agreed_us: Micros
    """When the last agreeing look began, of whichever run."""


def newcomer_wait_us(
    run: RunStarted, before: RunBefore | None, now_us: Micros, rules: Rules
) -> Micros:
    """Return how long a run sends no order after its first accepted private call (SAFETY F2).

    Asked when that call's answer is there, at `now_us`. No wait is needed if the run before was
    here, on this host and boot, had its own wait behind it (a look agreed), and its lease would
    still hold: then a copy elsewhere that spoke since is itself a newcomer, still waits, and its
    next private call will fail.
    """
    wait_us = Micros(rules.lease_us + rules.deadline_for_us + rules.clock_error_us)
    if before is None or before.agreed_us < before.started_us:
        return wait_us
    here, there = (run.host_id, run.boot_id), (before.started.host_id, before.started.boot_id)
    is_here = here == there and all(here)  # a host that tells no ids is never the same
    is_leased = now_us < lease_until_us(before.leased_us, rules)
    return Micros(0) if is_here and is_leased else wait_us


def lease_until_us(sent_us: Micros, rules: Rules) -> Micros:
    """Return until when orders may leave after an accepted private call sent at `sent_us`."""
    return Micros(sent_us + rules.lease_us)


def is_newer(theirs: OrderIdentity, ours: OrderIdentity) -> bool:
    """Return whether an order with our tag was made by a copy that fences us (SAFETY F3).

    At the same epoch the random bits decide, so that exactly one of two copies stops.
    """
    return (theirs.epoch, theirs.start_bits) > (ours.epoch, ours.start_bits)
