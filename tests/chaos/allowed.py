"""Which halts does a fault explain, and for how long?

The judge's table. A halt whose reason is not here for what was done is needless; a rest that comes
later than allowed is a failure. Every entry is justified by a rule of SAFETY (docs/safety.md).
"""

from dataclasses import dataclass

from tests.chaos.pair import LEASE_S, RECONCILE_EVERY_S, SILENCE_MAX_S
from tests.rig.processes import PATIENCE

D_S, G_S = PATIENCE["deadline_s"], PATIENCE["grace_s"]
V_S, SP_S = PATIENCE["visibility_s"], PATIENCE["look_spacing_s"]
E_S = 0.25
"""The clock's error that the newcomer's wait allows for (SAFETY F2)."""
BUSY_S = 4.0
"""Of a host whose two cores four processes share: starts, looks, and whoever else runs."""
LOOKS_S = 2 * (V_S + SP_S) + 2.0
"""Two looks that agree, each some twelve calls."""
DOUBT_S = D_S + G_S + LOOKS_S
"""Absence is believed after deadline + G and two looks (SAFETY D2, D6)."""
RECONNECT_S = SILENCE_MAX_S + 1.0
"""Silence is noticed, a connection dialled, its subscriptions acknowledged (SAFETY G4)."""
START_S = 4.0
"""A process starts, recovers its books, and looks."""
NEWCOMER_S = LEASE_S + D_S + E_S
"""A run whose lease ran out meanwhile waits until an older copy's has, too (SAFETY F2)."""


@dataclass(frozen=True)
class Allowed:
    """What a fault may lead to."""

    reasons: frozenset[str]
    longest_s: float
    """From healing to rest."""
    why: str


def allow(*reasons: str, longest_s: float, why: str) -> Allowed:
    """Return an entry of the table, with what a busy host adds."""
    return Allowed(frozenset(reasons), longest_s + BUSY_S, why)


LOST = ("liveness", "reconcile", "warming_up")
"""A connection is lost: G4, then D3 on the new one; what was missed is fed as history."""
POLICY = ("threat",)
"""The strategies' circuit breaker halts after five failed attempts (G4); the operator resumes."""

ALLOWED: dict[str, Allowed] = {
    "answer lost": allow(
        *LOST, longest_s=DOUBT_S + RECONNECT_S, why="O4: a reset or timeout is Unknown; D6 decides"
    ),
    "answers lost in a row": allow(
        *LOST, longest_s=2 * DOUBT_S + RECONNECT_S, why="O4, and the instrument stays locked (O6)"
    ),
    "answer held": allow(
        *LOST, longest_s=DOUBT_S + RECONNECT_S, why="O4: no answer in time is Unknown"
    ),
    "request delayed": allow(
        *LOST, longest_s=DOUBT_S, why="O4: no answer in time is Unknown; it arrives all the same"
    ),
    "request delayed beyond its deadline": allow(
        *LOST, longest_s=DOUBT_S, why="O3: the exchange refuses it; D2: absent after D + G, twice"
    ),
    "order refused": allow(longest_s=DOUBT_S, why="O4: a known reject is final, nothing halts"),
    "amend refused": allow(longest_s=DOUBT_S, why="O8: the rest gets a stop of its own"),
    "cancel refused": allow(longest_s=DOUBT_S, why="O5: no answer to a cancel changes anything"),
    "read fails": allow(longest_s=LOOKS_S, why="D1: a failed read voids the look, no more"),
    "silent": allow(
        *LOST, longest_s=DOUBT_S + RECONNECT_S, why="G4: no frame for silence_max_s is a loss"
    ),
    "lists lag": allow(
        *LOST, longest_s=DOUBT_S + RECONNECT_S, why="D2: lists that lag less than V decide nothing"
    ),
}
KILLED: dict[str, Allowed] = {
    "engine": allow(
        "reconcile", "warming_up", longest_s=START_S + NEWCOMER_S + DOUBT_S, why="O1, D3, F2"
    ),
    "exchange": allow(
        *LOST,
        *POLICY,
        longest_s=START_S + RECONNECT_S + DOUBT_S,
        why="G4: refused connections are a loss",
    ),
    "both": allow(
        *LOST,
        *POLICY,
        longest_s=2 * START_S + NEWCOMER_S + RECONNECT_S + DOUBT_S,
        why="as each alone",
    ),
    "stop": allow(
        "reconcile", "warming_up", longest_s=START_S + NEWCOMER_S + DOUBT_S, why="W4, then D3"
    ),
}
"""What the end of a process explains besides."""
MARKET = "at or through"
"""In the reason of an `unprotected` halt: the market went through the trigger before a stop could
rest, and the holding is sold at once (SAFETY O8). That is the market's doing, at any time."""
PERIODIC_S = float(RECONCILE_EVERY_S)


def explains(kind: str, whom: str | None) -> frozenset[str]:
    """Return the reasons that a fault, and a kill of `whom`, explain."""
    found = ALLOWED[kind].reasons
    return found if whom is None else found | KILLED[whom].reasons


def longest_s(kind: str, whom: str | None) -> float:
    """Return how long after healing the engine may take to rest."""
    more = 0.0 if whom is None else KILLED[whom].longest_s
    return ALLOWED[kind].longest_s + more
