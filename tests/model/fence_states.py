"""What does the model remember of two copies of one engine?"""

from dataclasses import dataclass
from typing import NamedTuple

GONE = -1
"""No nonce; nobody."""


@dataclass(frozen=True, slots=True)
class FenceSetup:
    """One scenario of two copies. Durations in ticks."""

    by_socket: bool = True
    """Orders go by WebSocket, under lease and wait; else by REST, under the nonce alone."""
    lease: int = 1
    D: int = 1
    orders: int = 2
    restarts: int = 0
    """How often one copy may crash and start again where it was."""
    is_strict: bool = False
    """Neither copy may be accepted after the other's first call, even before its first order."""
    shell: frozenset[str] = frozenset()


class Call(NamedTuple):
    """A private call on its way: its nonce, its age, and its answer once there is one."""

    nonce: int
    age: int = 0
    is_accepted: bool | None = None


class Copy(NamedTuple):
    """One copy; ages in ticks, -1 for never."""

    phase: str = "off"
    epoch: int = 0
    counter: int = 0
    call: Call | None = None
    lease: int = -1
    """Age of the sending of the youngest call that is known to be accepted."""
    first: int = -1
    """Age of the first accepted call's answer."""
    wait: int = 0
    """The newcomer's wait of this start, known with the first answer."""
    before: int = -1
    """Age of the lease of the run before, if that had its own wait behind it."""
    has_agreed: bool = False
    """Whether this run, or the one that just died, had its own wait behind it."""
    order: tuple[int, int] | None = None
    """(nonce, ticks to the deadline) of an order on its way; nonce -1 by WebSocket."""
    sent: int = 0
    has_spoken: bool = False
    is_late: bool = False
    """An order of it was accepted after the other copy had spoken."""
    restarts: int = 0


class Fence(NamedTuple):
    """Both copies and the exchange."""

    a: Copy
    b: Copy
    nonce: int = -1
    seen: int = 0
    """The highest epoch of an accepted order."""
    clock: int = 0
    newest: int = GONE
    """Which copy spoke last."""
    has_newest_traded: bool = False
    """Whether it had an order accepted since."""
    is_broken: bool = False
    """The other copy had an order accepted after that."""
