"""Is the engine really alive, and has time jumped?

The watchdog is fed only if a probe that was put into the inbox came out of the consumer and the
disk answers the journal's writer (SAFETY W1); "no room" is an answer (ADR 22). The same loop
notices suspend, clock steps and a late loop (G5): each shuts the gate until a look agrees.
"""

import asyncio
import logging

from s1mpletrader.core.health import (
    WRITER_AGE_GATE_US,
    Beats,
    Check,
    HealthStatus,
    pulse,
)
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.ports import Clock, JournalPersistor, ServiceManager
from s1mpletrader.services.desk import Desk

_log = logging.getLogger(__name__)


class WatchdogLimits(Value, frozen=True):
    """What is tolerated (NAMES, numbers that belong together)."""

    jump_us: Micros = Micros(SECOND)
    """Suspends and clock steps below this are weather."""
    late_us: Micros = Micros(2 * SECOND)
    """A loop that wakes so late has missed decisions (`decision_age_max_s`)."""


DEFAULT_LIMITS = WatchdogLimits()


class Watchdog:
    """Probes the engine and tells the service manager the truth."""

    def __init__(
        self,
        desk: Desk,
        inbox: Inbox,
        journal: JournalPersistor,
        clock: Clock,
        notifier: ServiceManager,
        *,
        every_us: Micros,
        limits: WatchdogLimits = DEFAULT_LIMITS,
    ) -> None:
        self._desk = desk
        self._inbox = inbox
        self._journal = journal
        self._clock = clock
        self._notifier = notifier
        self._every_us = every_us
        self._limits = limits
        self._storage_ok = True
        self.late_us = Micros(0)
        """How late the loop was at the last probe."""
        self.pings = 0
        """How often the service manager was told that all is well."""
        self._started_us = clock.monotonic_us()
        self._probe_us = self._started_us

    async def run(self) -> None:
        """Probe until cancelled."""
        clock = self._clock
        suspended = clock.boottime_us() - clock.monotonic_us()
        stepped = clock.wall_us() - clock.monotonic_us()
        while True:
            began_us, timers = clock.monotonic_us(), self._desk.timers
            self._inbox.put(inputs.TimerFired())
            await asyncio.sleep(self._every_us / SECOND)
            self.late_us = Micros(clock.monotonic_us() - began_us - self._every_us)
            now_suspended = clock.boottime_us() - clock.monotonic_us()
            now_stepped = clock.wall_us() - clock.monotonic_us()
            self._notice("suspend", now_suspended - suspended, self._limits.jump_us)
            self._notice("clock step", now_stepped - stepped, self._limits.jump_us)
            self._notice("late loop", self.late_us, self._limits.late_us)
            suspended, stepped = now_suspended, now_stepped
            self._watch_writer()
            if self._desk.timers > timers:
                self._probe_us = began_us
            if self.is_healthy:
                self._notifier.watchdog()
                self.pings += 1
            else:
                why = "; ".join(each.detail for each in self._pulse() if not each.is_ok)
                _log.error("watchdog not fed: %s", why, extra={"event": "WATCHDOG_STARVED"})

    @property
    def is_healthy(self) -> bool:
        """Whether the newest probe came through in time and storage answers (SAFETY W1)."""
        return all(check.is_ok for check in self._pulse())

    def up_us(self) -> Micros:
        """Return for how long the engine has been up."""
        return Micros(self._clock.monotonic_us() - self._started_us)

    def _pulse(self) -> tuple[Check, ...]:
        silent_us = self._journal.silent_us()
        return pulse(self._probe_us, silent_us, self._clock.monotonic_us())

    def beats(self) -> Beats:
        """Return what the engine's parts last told of themselves, for the status pages."""
        desk = self._desk
        books, memory = desk.trader.books, desk.trader.memory
        ticks = [tick.time_us for tick in books.last_ticks.values()]
        runtimes = [link.runtime for link in desk.links.values()]
        return Beats(
            health=HealthStatus(
                event_bus_alive=self.is_healthy,
                strategies_running=len(runtimes),
                last_tick_timestamp=max(ticks, default=None),
                cache_memory_usage=0,
                validation_errors_last_hour=sum(
                    each.metrics.validation_errors for each in runtimes
                ),
            ),
            started_us=self._started_us,
            probe_us=self._probe_us,
            writer_age_us=self._journal.silent_us(),
            is_state_restored=True,
            is_reconciled=memory.has_agreed,
            is_feed_up=memory.is_subscribed,
            halts=tuple(f"{halt.reason} ({halt.scope})" for halt in books.halts.values()),
        )

    def _notice(self, kind: str, by_us: int, limit_us: Micros) -> None:
        if abs(by_us) >= limit_us:
            detail = f"{by_us / SECOND:.3f} s"
            self._inbox.put(inputs.GapNoticed(kind, detail, Micros(by_us)))

    def _watch_writer(self) -> None:
        oldest_us = self._journal.oldest_wait_us()
        ok = oldest_us < WRITER_AGE_GATE_US and self._journal.has_room
        if ok != self._storage_ok:
            self._storage_ok = ok
            room = "" if self._journal.has_room else ", and room is short"
            detail = f"the oldest journal write is {oldest_us / SECOND:.1f} s old{room}"
            self._inbox.put(inputs.StorageNotice(ok, detail))
