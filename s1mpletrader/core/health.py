"""How well is the engine, and may the watchdog be fed?

Beats are facts with their moments; the verdicts are functions of them and of now. Market data has
no say in whether the engine lives: a quiet market and a lost exchange are no reason to be killed,
and a busy one does not prove that anything works (SAFETY W1).
"""

from s1mpletrader.model.base import SECOND, Micros, Value

PROBE_AGE_MAX_US = Micros(10 * SECOND)
"""How old the newest probe that passed through the engine may be."""
WRITER_AGE_GATE_US = Micros(2 * SECOND)
"""From here on a write that is not acknowledged shuts the gate."""
WRITER_AGE_MAX_US = Micros(60 * SECOND)
"""From here on it stops the feeding of the watchdog."""


class HealthStatus(Value, frozen=True):
    """What the user's documents ask for (SPEC G2), under their names."""

    event_bus_alive: bool
    strategies_running: int
    last_tick_timestamp: Micros | None
    """Market time of the last tick; None before the first."""
    cache_memory_usage: int
    """Bytes."""
    validation_errors_last_hour: int


class Beats(Value, frozen=True):
    """What the engine's parts last told of themselves; moments are monotonic microseconds."""

    health: HealthStatus
    started_us: Micros
    probe_us: Micros
    """When the newest probe came out of the consumer."""
    writer_age_us: Micros
    """Age of the oldest write that is not acknowledged; 0 if there is none."""
    is_state_restored: bool = False
    is_reconciled: bool = False
    is_feed_up: bool = False
    halts: tuple[str, ...] = ()
    """Standing reasons that refuse entries."""


class Check(Value, frozen=True):
    """One line of a verdict."""

    name: str
    is_ok: bool
    detail: str


class Verdict(Value, frozen=True):
    """All checks; alive: the watchdog is fed; ready: entries may leave."""

    alive: tuple[Check, ...]
    ready: tuple[Check, ...]

    @property
    def is_alive(self) -> bool:
        """Whether the watchdog is fed."""
        return all(check.is_ok for check in self.alive)

    @property
    def is_ready(self) -> bool:
        """Whether the engine trades."""
        return self.is_alive and all(check.is_ok for check in self.ready)

    @property
    def status(self) -> str:
        """Return `ok`, `degraded` (lives, does not trade) or `failing` (about to be killed)."""
        if not self.is_alive:
            return "failing"
        return "ok" if self.is_ready else "degraded"

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong, worst first."""
        checks = self.alive + self.ready
        return tuple(f"{each.name}: {each.detail}" for each in checks if not each.is_ok)


def pulse(probe_us: Micros, writer_age_us: Micros, now_us: Micros) -> tuple[Check, ...]:
    """Return the watchdog's checks (SAFETY W1): it is fed only if all are ok.

    The arguments are all that it looks at: there is no way for market data to enter.
    """
    probe_age_us = now_us - probe_us
    probed = probe_age_us <= PROBE_AGE_MAX_US
    wrote = writer_age_us < WRITER_AGE_MAX_US
    return (
        Check("probe", probed, f"passed through {probe_age_us / SECOND:.1f} s ago"),
        Check("writer", wrote, f"oldest write waits {writer_age_us / SECOND:.1f} s"),
    )


def verdict(beats: Beats, now_us: Micros) -> Verdict:
    """Judge the engine by its beats."""
    halts = ", ".join(beats.halts)
    running = beats.health.strategies_running
    ready = (
        Check("state", beats.is_state_restored, _word(beats.is_state_restored, "restored")),
        Check("event_bus", beats.health.event_bus_alive, _word(beats.health.event_bus_alive)),
        Check("reconcile", beats.is_reconciled, _word(beats.is_reconciled, "agrees")),
        Check("feed", beats.is_feed_up, _word(beats.is_feed_up, "up")),
        Check("strategies", running > 0, f"{running} running"),
        Check("halted", not beats.halts, halts or "no"),
    )
    return Verdict(pulse(beats.probe_us, beats.writer_age_us, now_us), ready)


def _word(is_ok: bool, word: str = "alive") -> str:  # noqa: FBT001 - a private pair of words
    return word if is_ok else f"not {word}"
