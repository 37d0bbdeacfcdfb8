"""May an entry leave, and if not, why not?

The gate is the set of journaled halts (SAFETY G1). Exits and stops pass it always, except when
the engine is fenced (G2).
"""

from collections.abc import Iterable
from enum import StrEnum

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import LinkId, Symbol

ACCOUNT = "account"
"""The scope that covers everything."""


class Clears(StrEnum):
    """What ends a halt."""

    ITSELF = "itself"
    POLICY = "policy"
    RESUME = "resume"
    RESUME_AFTER_LOOK = "resume_after_look"
    ASSIGN = "assign"
    FLAT = "flat"
    NEVER = "never"


HALT_KINDS: dict[str, Clears] = {
    "reconcile": Clears.ITSELF,
    "liveness": Clears.ITSELF,
    "storage": Clears.ITSELF,
    "clock": Clears.ITSELF,
    "warming_up": Clears.ITSELF,
    "restored": Clears.ITSELF,
    "connection_lost": Clears.POLICY,
    "threat": Clears.POLICY,
    "limits": Clears.POLICY,
    "operator": Clears.RESUME,
    "quarantine": Clears.RESUME,
    "contradiction": Clears.RESUME_AFTER_LOOK,
    "coins_missing": Clears.RESUME_AFTER_LOOK,
    "unprotected": Clears.RESUME_AFTER_LOOK,
    "balance": Clears.RESUME_AFTER_LOOK,
    "orphan": Clears.ASSIGN,
    "unallocated": Clears.ASSIGN,
    "retired": Clears.FLAT,
    "fenced": Clears.NEVER,
}
"""Every reason, and what ends it."""


class Halt(Value, frozen=True):
    """One standing reason."""

    reason: str
    scope: str
    by: str
    why: str
    since_us: Micros


def scope_of_symbol(symbol: Symbol) -> str:
    """Return the scope of one instrument, for every link."""
    return f"symbol:{symbol}"


def scope_of_link(link: LinkId) -> str:
    """Return the scope of one strategy link."""
    return f"link:{link}"


def blocking(halts: Iterable[Halt], link: LinkId, symbol: Symbol) -> Halt | None:
    """Return a halt that refuses entries of `link` on `symbol`, or None if the gate is open."""
    scopes = (ACCOUNT, scope_of_symbol(symbol), scope_of_link(link))
    return next((halt for halt in halts if halt.scope in scopes), None)


def is_fenced(halts: Iterable[Halt]) -> bool:
    """Return whether nothing at all may leave any more."""
    return any(halt.reason == "fenced" for halt in halts)


def is_cleared_by_resume(halt: Halt, *, look_agrees: bool, is_assigned: bool) -> bool:
    """Return whether a person's `resume` ends this halt now."""
    clears = HALT_KINDS[halt.reason]
    if clears is Clears.RESUME_AFTER_LOOK:
        return look_agrees
    if clears is Clears.ASSIGN:
        return is_assigned
    return clears in {Clears.RESUME, Clears.POLICY}
