"""Is a connection to the exchange alive, and what has to happen next?

::

    DOWN --dialled--> DIALLING --opened--> OPEN --subscribed--> SUBSCRIBED
      ^                  |                  |                       |
      +-------lost-------+-------lost-------+---------lost----------+

Times are the host's monotonic microseconds. Only a message on a connection that has *lasted*
forgives failures: an exchange that accepts connections and drops them, or says nothing, is as lost
as one that refuses them.
"""

from enum import StrEnum
from typing import Self

from msgspec.structs import replace

from s1mpletrader.core.backoff import Backoff
from s1mpletrader.errors import IllegalTransition
from s1mpletrader.model.base import SECOND, Micros, Value


class Phase(StrEnum):
    """How far a connection has come."""

    DOWN = "down"
    DIALLING = "dialling"
    OPEN = "open"
    SUBSCRIBED = "subscribed"


class ConnectionLimits(Value, frozen=True):
    """Bounds of patience (NAMES, "Numbers that belong together")."""

    silence_max_s: float = 10.0
    """No message for this long: the connection is lost (G4). Subscribed for so long and still
    heard: what failed before is forgiven."""
    ping_after_s: float = 5.0
    """No message for this long: ask for one."""
    ping_every_s: float = 15.0
    """Ask at least so often, because a pong states the exchange's time."""
    attempts_max: int = 5
    """So many failed attempts in a row: CONNECTION_LOST (E3)."""
    connects_max: int = 70
    """At most so many connects within `connects_window_s`: the exchange bans an address beyond 150,
    and there are two lines."""
    connects_window_s: float = 600.0
    backoff: Backoff = Backoff()


class Connection(Value, frozen=True):
    """One connection's life; replaced, never edited."""

    limits: ConnectionLimits = ConnectionLimits()
    phase: Phase = Phase.DOWN
    attempts: int = 0
    """Failed attempts since a connection lasted."""
    retry_at_us: Micros = Micros(0)
    """While DOWN: not dialled before this moment."""
    heard_us: Micros = Micros(0)
    """The last message; until subscribed, the moment of dialling or opening."""
    subscribed_us: Micros = Micros(0)
    asked_us: Micros = Micros(0)
    """The last ping."""
    dials: tuple[Micros, ...] = ()
    """The connects within the window."""

    def dialled(self, now_us: Micros) -> Self:
        """Begin an attempt."""
        self._expect(Phase.DOWN)
        return replace(
            self,
            phase=Phase.DIALLING,
            heard_us=now_us,
            asked_us=now_us,
            dials=(*self._dials_within(now_us), now_us),
        )

    def opened(self, now_us: Micros) -> Self:
        """Note that the socket is open; patience starts now."""
        self._expect(Phase.DIALLING)
        return replace(self, phase=Phase.OPEN, heard_us=now_us)

    def subscribed(self, now_us: Micros) -> Self:
        """Note that every subscription was acknowledged."""
        self._expect(Phase.OPEN)
        return replace(self, phase=Phase.SUBSCRIBED, heard_us=now_us, subscribed_us=now_us)

    def heard(self, now_us: Micros) -> Self:
        """Note a message; failures are forgiven once the connection has lasted.

        Before the subscriptions are acknowledged it proves nothing: an exchange that greets and
        then stalls, time after time, is lost. So is one that talks and then drops the connection.
        """
        self._expect(Phase.OPEN, Phase.SUBSCRIBED)
        if self.phase is Phase.OPEN:
            return self
        lasted_us = now_us - self.subscribed_us
        has_lasted = lasted_us >= self.limits.silence_max_s * SECOND
        return replace(self, heard_us=now_us, attempts=0 if has_lasted else self.attempts)

    def asked(self, now_us: Micros) -> Self:
        """Note that a message was asked for (ping)."""
        return replace(self, asked_us=now_us)

    def lost(self, now_us: Micros, jitter: float) -> Self:
        """Note the end of the connection or of the attempt; `jitter` in [0, 1) is drawn."""
        self._expect(Phase.DIALLING, Phase.OPEN, Phase.SUBSCRIBED)
        attempts = self.attempts + 1
        wait_us = int(self.limits.backoff.delay_s(attempts, jitter) * SECOND)
        dials = self._dials_within(now_us)
        retry_at_us = now_us + wait_us
        if len(dials) >= self.limits.connects_max:
            oldest = dials[-self.limits.connects_max]
            retry_at_us = max(retry_at_us, oldest + int(self.limits.connects_window_s * SECOND))
        return replace(
            self,
            phase=Phase.DOWN,
            attempts=attempts,
            retry_at_us=Micros(retry_at_us),
            dials=dials,
        )

    @property
    def gives_up(self) -> bool:
        """Whether CONNECTION_LOST is due; dialling goes on for ever all the same (W3)."""
        return self.attempts >= self.limits.attempts_max

    def is_silent(self, now_us: Micros) -> bool:
        """Whether the liveness limit is missed."""
        return self.phase is not Phase.DOWN and now_us >= self._silent_at_us

    def wants_ping(self, now_us: Micros) -> bool:
        """Whether a message should be asked for now."""
        return self.phase is Phase.SUBSCRIBED and now_us >= self._ping_at_us

    @property
    def deadline_us(self) -> Micros:
        """When something has to be decided next if nothing is heard."""
        if self.phase is Phase.DOWN:
            return self.retry_at_us
        if self.phase is Phase.SUBSCRIBED:
            return min(self._ping_at_us, self._silent_at_us)
        return self._silent_at_us

    @property
    def _silent_at_us(self) -> Micros:
        return Micros(self.heard_us + int(self.limits.silence_max_s * SECOND))

    @property
    def _ping_at_us(self) -> Micros:
        regular_us = self.asked_us + int(self.limits.ping_every_s * SECOND)
        if self.asked_us > self.heard_us:
            return Micros(regular_us)
        return Micros(min(regular_us, self.heard_us + int(self.limits.ping_after_s * SECOND)))

    def _dials_within(self, now_us: Micros) -> tuple[Micros, ...]:
        begin = now_us - int(self.limits.connects_window_s * SECOND)
        return tuple(dial for dial in self.dials if dial > begin)

    def _expect(self, *phases: Phase) -> None:
        if self.phase not in phases:
            expected = " or ".join(phases)
            raise IllegalTransition(f"a connection is {self.phase}, expected {expected}")
