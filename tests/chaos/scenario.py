"""What exactly is done to a pair in one cycle?

Drawn by a seed, written to a file when the cycle fails, and read back from it to be done again.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec

Whom = Literal["engine", "exchange", "both", "stop", "sleep"]
"""SIGKILL; but `stop` is SIGTERM to the engine, `sleep` SIGSTOP and, later, SIGCONT to it."""
KILLS: tuple[Whom, ...] = ("engine", "exchange", "both")


class Kill(msgspec.Struct, frozen=True):
    """A process ends at a moment around the fault, and comes back."""

    whom: Whom
    delay_s: float
    """After the fault was ordered and hit."""
    down_s: float


class Cycle(msgspec.Struct, frozen=True):
    """One fault, perhaps a kill, and how long everything lasts."""

    seed: int
    number: int
    kind: str
    faults: tuple[dict[str, Any], ...]
    """Fault specifications as the exchange's control API takes them."""
    lead_s: float
    """How long the market runs before the fault is ordered."""
    lasts_s: float
    """How long after the hit the fault is healed."""
    kill: Kill | None = None
    then: tuple[dict[str, Any], ...] = ()
    """Faults that are ordered as soon as the first ones have hit."""

    @property
    def is_killed(self) -> bool:
        """Whether something gets SIGKILL from outside."""
        return self.kill is not None and self.kill.whom in KILLS

    @property
    def skew_s(self) -> float:
        """How far the exchange's clock is put off."""
        return max((abs(float(each.get("skew_s", 0))) for each in self.faults), default=0.0)

    @property
    def name(self) -> str:
        """Who it is."""
        return f"seed {self.seed}, cycle {self.number}"


def save(cycle: Cycle, path: Path) -> None:
    """Write a cycle for `--replay`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(cycle), indent=2) + b"\n")


def load(path: Path) -> Cycle:
    """Read a cycle; raises `msgspec.ValidationError` for anything else."""
    return msgspec.json.decode(path.read_bytes(), type=Cycle)
