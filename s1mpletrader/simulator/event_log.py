"""Which commands were accepted, in which order, so that a restart is the identical exchange?

One line a command: number, CRC-32, JSON. A torn tail was never answered and is cut off; a bad
line with good ones behind it is corruption.
"""

import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from s1mpletrader.durable.append_log import AppendLog
from s1mpletrader.durable.disk import Disk
from s1mpletrader.errors import StateCorrupt
from s1mpletrader.simulator.commands import Command, decode, encode

NAME = "commands.log"
_CHUNK = 1 << 20


class EventLog:
    """The commands on disk; used by one thread at a time."""

    def __init__(self, log: AppendLog, count: int) -> None:
        self._log = log
        self.count = count
        """Commands in the log."""

    @classmethod
    def open(cls, directory: Path, disk: Disk) -> tuple["EventLog", list[Command]]:
        """Open the log of a state directory and return it with everything in it.

        Raises `StateCorrupt`, and what `AppendLog.open` raises.
        """
        log = AppendLog.open(directory / NAME, disk)
        commands: list[Command] = []
        good = 0
        torn: int | None = None
        for offset, line in _lines(log):
            found = read_line(line)
            if found is None:
                torn = offset if torn is None else torn
            elif torn is not None or found[0] != len(commands) + 1:
                raise StateCorrupt(
                    f"{log.path}: byte {good} is not what was written, later lines are good",
                    hint="keep the directory as evidence and start with a new --state",
                )
            else:
                commands.append(found[1])
                good = offset + len(line)
        if good < log.size:
            log.cut(good, log.path.with_name(f"{NAME}.torn-{good}"))
        return cls(log, len(commands)), commands

    def append(self, commands: Sequence[Command]) -> None:
        """Write the commands at the end; durable on return."""
        lines = b"".join(
            as_line(number, command) for number, command in enumerate(commands, self.count + 1)
        )
        self._log.append(lines)
        self._log.sync()
        self.count += len(commands)

    def close(self) -> None:
        """Close the file."""
        self._log.close()


def as_line(number: int, command: Command) -> bytes:
    """Return a command as it stands in the log."""
    body = b"%d %s" % (number, encode(command))
    return b"%08x %s\n" % (zlib.crc32(body), body)


def read_line(line: bytes) -> tuple[int, Command] | None:
    """Return number and command of a whole, genuine line."""
    checksum, _, body = line.removesuffix(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(body):
        return None
    number, _, json = body.partition(b" ")
    try:
        return int(number), decode(json)
    except (ValueError, msgspec.DecodeError):
        return None


def _lines(log: AppendLog) -> Iterator[tuple[int, bytes]]:
    """Yield offset and bytes of each line; the last one may lack its line feed."""
    start, rest, position = 0, b"", 0
    while chunk := log.read(_CHUNK, position):
        position += len(chunk)
        rest += chunk
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield start, line + b"\n"
            start += len(line) + 1
    if rest:
        yield start, rest
