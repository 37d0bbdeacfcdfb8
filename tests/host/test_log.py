"""How does a log line leave without ever holding up the engine?"""

import fcntl
import json
import logging
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from s1mpletrader.host.clock import SystemClock
from s1mpletrader.host.log import LogSink
from s1mpletrader.host.log_format import JsonLines, LineFormatter, TextLines

STALL_S = 5.0


class Pipe:
    """A reader that stalls until it is asked to read; it holds two pages."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, 8192)

    def read_to_end(self) -> list[str]:
        os.close(self.writer)
        self.writer = -1
        with os.fdopen(self.reader, "rb") as stream:
            self.reader = -1
            return stream.read().decode().splitlines()

    def close(self) -> None:
        for fd in (self.reader, self.writer):
            if fd >= 0:
                os.close(fd)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    found = Pipe()
    yield found
    found.close()


def log_of(sink: LogSink) -> logging.Logger:
    logger = logging.getLogger(f"test.{id(sink)}")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    if sink not in logger.handlers:
        logger.handlers = [sink]
    return logger


def lines_of(pipe: Pipe, formatter: LineFormatter, *messages: dict[str, object]) -> list[str]:
    with LogSink(pipe.writer, formatter) as sink:
        sink.start()
        for extra in messages:
            log_of(sink).warning("no frame\nfor 10 s", extra=extra)
    return pipe.read_to_end()


def test_one_event_is_one_line_of_text(pipe: Pipe) -> None:
    extra: dict[str, object] = {"event": "FEED_LOST", "link": "live_btc", "why": "two words"}
    (line,) = lines_of(pipe, TextLines(SystemClock()), extra)
    moment, level, rest = line.split(None, 2)
    assert moment.endswith("Z")
    assert level == "WARNING"
    assert rest == 'event=FEED_LOST no frame for 10 s link=live_btc why="two words"'


def test_the_journal_gets_the_priority_and_no_time(pipe: Pipe) -> None:
    (line,) = lines_of(pipe, TextLines(SystemClock(), to_journal=True), {"event": "X"})
    assert line == "<4>event=X no frame for 10 s"


def test_one_event_is_one_object_of_json(pipe: Pipe) -> None:
    (line,) = lines_of(pipe, JsonLines(SystemClock()), {"trade_id": "t-1"})
    found = json.loads(line)
    assert found["event"] == "LOG"
    assert found["trade_id"] == "t-1"
    assert found["text"] == "no frame\nfor 10 s"


@pytest.mark.parametrize("kind", [TextLines, JsonLines])
def test_secrets_never_appear(pipe: Pipe, kind: type[LineFormatter]) -> None:
    with LogSink(pipe.writer, kind(SystemClock())) as sink:
        sink.start()
        sink.hide(['pass"word-1234'])
        logger = log_of(sink)
        logger.error("signed with %s", 'pass"word-1234', extra={"api_secret": "abcdef", "n": 1})
        try:
            raise ValueError('pass"word-1234')  # noqa: TRY301 - what a library might do
        except ValueError:
            logger.exception("failed")
    text = "\n".join(pipe.read_to_end())
    assert "word-1234" not in text
    assert "abcdef" not in text
    assert "ValueError" in text


def test_a_stalled_pipe_never_stalls_the_caller_and_drops_are_counted(pipe: Pipe) -> None:
    sink = LogSink(pipe.writer, TextLines(SystemClock()), lines_max=100, lines_for_errors=20)
    sink.start()
    logger = log_of(sink)
    began = time.monotonic()
    for number in range(5000):
        logger.info("line %d", number)
    assert time.monotonic() - began < STALL_S
    assert sink.dropped > 4000
    dropped = sink.dropped
    logger.error("the order book is gone")
    assert sink.dropped == dropped, "errors have room of their own"

    os.set_blocking(pipe.reader, False)
    found = b""
    while b"LOG_RECORDS_DROPPED" not in found or b"order book" not in found:
        try:
            found += os.read(pipe.reader, 65536)
        except BlockingIOError:
            assert time.monotonic() - began < STALL_S
    sink.close()
    counts = re.findall(rb"count=(\d+)", found)
    assert sum(int(each) for each in counts) == dropped


def test_closing_on_a_stalled_pipe_ends_within_its_bound(pipe: Pipe) -> None:
    sink = LogSink(pipe.writer, TextLines(SystemClock()))
    sink.start()
    logger = log_of(sink)
    for _ in range(500):
        logger.info("x" * 200)
    began = time.monotonic()
    sink.close()
    assert time.monotonic() - began < STALL_S


def test_a_stream_that_another_process_made_nonblocking_loses_nothing(pipe: Pipe) -> None:
    os.set_blocking(pipe.writer, False)
    with LogSink(pipe.writer, TextLines(SystemClock())) as sink:
        sink.start()
        logger = log_of(sink)
        for _ in range(200):
            logger.info("y" * 1000)
        found = b""
        while found.count(b"\n") < 200:
            found += os.read(pipe.reader, 65536)
    assert sink.dropped == 0
    assert [line[-1010:] for line in found.splitlines() if line[-1000:] != b"y" * 1000] == []


def test_a_closed_pipe_ends_the_writer_and_not_the_engine(pipe: Pipe) -> None:
    os.close(pipe.reader)
    pipe.reader = -1
    with LogSink(pipe.writer, TextLines(SystemClock())) as sink:
        sink.start()
        logger = log_of(sink)
        began = time.monotonic()
        while not sink.dropped:
            logger.info("nobody reads")
            assert time.monotonic() - began < STALL_S


def test_a_line_has_a_bound(pipe: Pipe) -> None:
    with LogSink(pipe.writer, TextLines(SystemClock())) as sink:
        sink.start()
        log_of(sink).info("z" * 100_000)
        found = b""
        while not found.endswith(b"\n"):
            found += os.read(pipe.reader, 65536)
    assert len(found) < 17_000
    assert found.endswith(b"...\n")


OURS = """
from s1mpletrader.host import log
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.host.log_format import TextLines
log.install(log.LogSink(2, TextLines(SystemClock())))
"""
BLOCKING = "import logging; logging.basicConfig(level=logging.INFO)"
BUSY = """
import logging
for n in range(20000): logging.getLogger('x').info('line %d', n)
print('done', flush=True)
"""


@pytest.mark.parametrize(
    ("handler", "goes_on"),
    [(OURS, True), pytest.param(BLOCKING, False, id="sabotage: the standard handler")],
)
def test_a_whole_process_goes_on_while_nobody_reads_its_stderr(
    handler: str, *, goes_on: bool
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", handler + BUSY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,  # never read
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as child:
        assert child.stdout is not None
        ready, _, _ = select.select([child.stdout], [], [], 30 if goes_on else 2)
        assert bool(ready) is goes_on
        if goes_on:
            assert child.stdout.readline() == b"done\n"
            assert child.wait(timeout=30) == 0
        child.kill()
