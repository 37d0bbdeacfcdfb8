"""How does the engine tell its service manager how it is?

The sd_notify contract (systemd or `run_supervisor.py`) through `sdnotify`. A notification never
blocks the event loop: the socket is non-blocking, what must arrive (READY, STOPPING, the newest
STATUS) is kept and sent before the next one, a WATCHDOG that did not leave is forgotten, because
sent later it would vouch for a moment that has passed.
"""

import os
from collections.abc import Mapping

import sdnotify

from s1mpletrader.model.base import Micros

STATUS_LENGTH_MAX = 240
PINGS_PER_TIMEOUT = 4
"""The watchdog is fed this many times per WatchdogSec (research: a quarter tolerates hiccups)."""


class ServiceNotifier:
    """`ports.ServiceManager` over NOTIFY_SOCKET; says nothing where nobody listens."""

    def __init__(self, notifier: sdnotify.SystemdNotifier | None) -> None:
        self._notifier = notifier
        self._owed: dict[str, str] = {}
        self.dropped = 0
        """Notifications that did not leave at once."""

    def ready(self, status: str) -> None:
        """Tell that start-up is over."""
        self._tell("READY", f"READY=1\n{_status(status)}")

    def status(self, text: str) -> None:
        """Tell one line about the present; only the newest matters."""
        self._tell("STATUS", _status(text))

    def watchdog(self) -> None:
        """Tell that a probe passed through the whole engine (SAFETY W1)."""
        self._tell("", "WATCHDOG=1")

    def stopping(self, status: str) -> None:
        """Tell that a clean stop has begun."""
        self._tell("STOPPING", f"STOPPING=1\n{_status(status)}")

    def extend_timeout(self, for_us: Micros) -> None:
        """Ask for `for_us` more, counted from now, while starting or stopping."""
        self._tell("EXTEND", f"EXTEND_TIMEOUT_USEC={for_us}")

    def close(self) -> None:
        """Let the socket go."""
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()
        self._notifier = None

    def _tell(self, kind: str, message: str) -> None:
        if self._notifier is None:
            return
        if kind:
            self._owed.pop(kind, None)
            self._owed[kind] = message
        for owed, text in list(self._owed.items()):
            if not self._send(self._notifier, text):
                return
            del self._owed[owed]
        if not kind:
            self._send(self._notifier, message)

    def _send(self, notifier: sdnotify.SystemdNotifier, message: str) -> bool:
        try:
            notifier.notify(message)
        except OSError:
            # a full queue, or a manager that is being restarted: never a reason to stop trading
            self.dropped += 1
            return False
        return True


def open_notifier(environment: Mapping[str, str] = os.environ) -> ServiceNotifier:
    """Connect to NOTIFY_SOCKET if there is one; raises OSError if it cannot be reached."""
    if not environment.get("NOTIFY_SOCKET"):
        return ServiceNotifier(None)
    notifier = sdnotify.SystemdNotifier(debug=True)
    notifier.socket.setblocking(False)
    return ServiceNotifier(notifier)


def watchdog_interval_us(environment: Mapping[str, str], pid: int) -> Micros | None:
    """Return how often the watchdog wants to be fed, or None if it does not watch `pid`."""
    timeout = environment.get("WATCHDOG_USEC", "")
    watched = environment.get("WATCHDOG_PID", str(pid))
    if not timeout.isdecimal() or int(timeout) == 0 or watched != str(pid):
        return None
    return Micros(int(timeout) // PINGS_PER_TIMEOUT)


def _status(text: str) -> str:
    # one line: a newline would begin another assignment; ASCII: sdnotify encodes Latin-1 and
    # systemd expects UTF-8
    line = " ".join(text.split())[:STATUS_LENGTH_MAX]
    return "STATUS=" + line.encode("ascii", "replace").decode("ascii")
