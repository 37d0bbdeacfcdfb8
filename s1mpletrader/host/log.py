"""How does a log line leave without ever holding up the engine?

Every room logs through `logging` with a stable name and fields:
`LOGGER.warning("no frame for 10 s", extra={"event": "FEED_LOST", "link": link})`. One event is
one line on stderr, as text or JSON. The caller only formats and enqueues; a thread writes, and
while the pipe is stalled it waits alone. The ring is bounded: beyond it lines are dropped and
counted, errors last. Registered secrets and fields with secret names never appear.
"""

import logging
import os
import queue
import select
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from s1mpletrader.host.log_format import LineFormatter

RING_LINES_MAX = 2000
RING_LINES_FOR_ERRORS = 500
"""Room that only errors and worse may use."""
LINE_BYTES_MAX = 16_384
WRITE_BYTES_MAX = select.PIPE_BUF
"""What poll promises a pipe has room for; so a write after it does not block."""
POLL_MS = 100
CLOSE_WAIT_S = 2.0


class LogSink(logging.Handler):
    """A bounded ring and the thread that empties it into a file descriptor."""

    def __init__(
        self,
        fd: int,
        formatter: LineFormatter,
        *,
        lines_max: int = RING_LINES_MAX,
        lines_for_errors: int = RING_LINES_FOR_ERRORS,
    ) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._fd = fd
        self._lines = formatter
        self._lines_max = lines_max
        self._lines_for_errors = lines_for_errors
        self._ring: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._told_dropped = 0
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._empty_ring, name="log", daemon=True)
        self.dropped = 0
        """Lines that found no room or no reader, since the start."""

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Enqueue one line, or count it as dropped; never waits."""
        room = self._lines_max
        if record.levelno < logging.ERROR:
            room -= self._lines_for_errors
        if self._gone.is_set() or self._ring.qsize() >= room:
            self.dropped += 1
            return
        line = self._lines.format(record).encode("utf-8", "backslashreplace")
        self._ring.put(_bounded(line))

    def hide(self, secrets: Iterable[str]) -> None:
        """Make sure that these values never appear in a line."""
        self._lines.hide(secrets)

    def close(self) -> None:
        """Write what is left, for `CLOSE_WAIT_S` at most; a stalled reader loses the rest."""
        if self._thread.is_alive():
            self._ring.put(None)
            self._thread.join(CLOSE_WAIT_S)
            self._gone.set()
            self._thread.join(2 * POLL_MS / 1000)  # so that it never writes to a reused number
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _empty_ring(self) -> None:
        while (line := self._ring.get()) is not None and not self._gone.is_set():
            if not self._write(line):
                self._gone.set()  # nobody will ever read this stream again
                return
            if self.dropped > self._told_dropped:
                missing, self._told_dropped = self.dropped - self._told_dropped, self.dropped
                self._write(self._lines.dropped_line(missing).encode())

    def _write(self, line: bytes) -> bool:
        rest = memoryview(line)
        ready = select.poll()
        ready.register(self._fd, select.POLLOUT)
        while rest and not self._gone.is_set():
            if not ready.poll(POLL_MS):
                continue
            try:
                rest = rest[os.write(self._fd, rest[:WRITE_BYTES_MAX]) :]
            except BlockingIOError:
                # another process made this stream non-blocking and filled it first
                continue
            except OSError:
                return False
        return True


def _bounded(line: bytes) -> bytes:
    if len(line) <= LINE_BYTES_MAX:
        return line + b"\n"
    return line[:LINE_BYTES_MAX] + b"...\n"


def install(sink: LogSink, level: int = logging.INFO) -> None:
    """Send everything that is logged in this process through `sink` alone."""
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(sink)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    sink.start()
