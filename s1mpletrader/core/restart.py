"""When is an engine taken for dead, and when is it started again?

The same answers as the systemd unit gives (ARCHITECTURE decision 13); standard library only,
because the supervisor must start even where the engine's libraries are broken::

    start --READY--> running --STOPPING or SIGTERM--> stopping --timeout--> killed
      |                 |
      +----timeout------+--no WATCHDOG--> aborting --timeout--> killed
"""

from dataclasses import dataclass, replace
from enum import Enum

NEVER_RESTARTED = frozenset({65, 78, 79})
"""Corrupt state, refused configuration, fenced: a new start cannot help (NAMES, exit codes)."""

DIGITS_MAX = 15
"""Of a duration in microseconds: thirty years; longer numbers are no durations."""


class Phase(Enum):
    """Where an engine is in its life."""

    START = "start"
    RUNNING = "running"
    STOPPING = "stopping"
    ABORTING = "aborting"
    KILLED = "killed"


class Verdict(Enum):
    """What an engine's silence calls for."""

    WAIT = "wait"
    ABORT = "abort"
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class Limits:
    """The unit's numbers, in seconds (NAMES: numbers that belong together)."""

    watchdog_s: float = 30.0
    start_s: float = 90.0
    stop_s: float = 45.0
    abort_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What is expected of the engine until when; pure."""

    limits: Limits
    phase: Phase
    until_s: float
    result: str = ""
    """Why it was ended, if it was."""
    announced: bool = False
    """A stop was asked for, or the engine said STOPPING."""

    @classmethod
    def started(cls, limits: Limits, now_s: float) -> "Watch":
        """Return the watch over an engine that was just started."""
        return cls(limits, Phase.START, now_s + limits.start_s)

    def heard(self, message: dict[str, str], now_s: float) -> "Watch":
        """Take in one notification."""
        watch = self
        if message.get("READY") == "1" and watch.phase is Phase.START:
            watch = replace(watch, phase=Phase.RUNNING, until_s=now_s + self.limits.watchdog_s)
        if message.get("WATCHDOG") == "1" and watch.phase is Phase.RUNNING:
            watch = replace(watch, until_s=now_s + self.limits.watchdog_s)
        if message.get("STOPPING") == "1":
            watch = watch.stopping(now_s)
        more = message.get("EXTEND_TIMEOUT_USEC", "")
        if (
            more.isdecimal()
            and len(more) <= DIGITS_MAX
            and watch.phase in {Phase.START, Phase.STOPPING}
        ):
            watch = replace(watch, until_s=max(watch.until_s, now_s + int(more) / 1e6))
        return watch

    def stopping(self, now_s: float) -> "Watch":
        """Return the watch over an engine that is to end by itself."""
        if self.phase not in {Phase.START, Phase.RUNNING}:
            return self
        until_s = now_s + self.limits.stop_s
        return replace(self, phase=Phase.STOPPING, until_s=until_s, announced=True)

    def expired(self, now_s: float) -> "tuple[Watch, Verdict]":
        """Return what an engine whose time is up is to get, and what is expected of it then."""
        if now_s < self.until_s:
            return self, Verdict.WAIT
        if self.phase in {Phase.START, Phase.RUNNING}:
            result = "watchdog" if self.phase is Phase.RUNNING else "timeout"
            until_s = now_s + self.limits.abort_s
            watch = replace(self, phase=Phase.ABORTING, until_s=until_s, result=result)
            return watch, Verdict.ABORT
        result = self.result or "timeout"
        until_s = now_s + self.limits.abort_s  # killed again, should the kernel be slow
        return replace(self, phase=Phase.KILLED, until_s=until_s, result=result), Verdict.KILL


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """At most `crashes_max` crashes within the window; seconds of any clock that never jumps."""

    crashes_max: int = 10
    window_for_s: float = 600.0
    delay_first_s: float = 1.0
    delay_max_s: float = 60.0
    crashes_s: tuple[float, ...] = ()
    """When it crashed within the window, oldest first."""

    def crashed(self, now_s: float) -> "RestartPolicy":
        """Return the policy that knows of one more crash and forgets those out of the window."""
        recent = tuple(at for at in self.crashes_s if now_s - at < self.window_for_s)
        return replace(self, crashes_s=(*recent, now_s))

    @property
    def gives_up(self) -> bool:
        """Whether the start limit is reached: something is broken that restarts do not heal."""
        return len(self.crashes_s) >= self.crashes_max

    @property
    def delay_s(self) -> float:
        """Return how long to wait before the next start: 1, 2, 4 ... 60 s."""
        doublings = max(len(self.crashes_s) - 1, 0)
        return float(min(self.delay_max_s, self.delay_first_s * 2.0 ** min(doublings, 32)))


def is_restarted(code: int, *, announced: bool) -> bool:
    """Return whether an end with `code` (negative: a signal) calls for another start.

    `announced`: a stop was asked for, or the engine said STOPPING. A zero without it is no clean
    stop: something in the process called `os._exit(0)` (SAFETY W2).
    """
    if code == 0:
        return not announced
    return code not in NEVER_RESTARTED
