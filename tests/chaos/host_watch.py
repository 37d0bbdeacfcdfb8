"""Was it the host?

An engine that gets no processor or no disk for seconds must shut its gate, whatever the exchange
does (SAFETY G5, J4). So the host is watched, too: a thread asks for a moment of processor and one
write to the disk again and again, and knows how late both came.
"""

import os
import threading
import time
from collections import deque
from pathlib import Path

EVERY_S = 0.05
REMEMBERED = 2_000


class HostWatch:
    """Measures how late a program on this host is."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._late: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ends.set()
        self._thread.join()

    def stalled_s(self, since: float) -> float:
        """Return the longest delay since a moment of the monotonic clock."""
        return max((late for at, late in tuple(self._late) if at >= since), default=0.0)

    def _run(self) -> None:
        with self._file.open("wb", buffering=0) as file:
            while not self._ends.is_set():
                began = time.monotonic()
                self._ends.wait(EVERY_S)
                file.write(b"x")
                os.fsync(file.fileno())
                now = time.monotonic()
                self._late.append((now, now - began - EVERY_S))
