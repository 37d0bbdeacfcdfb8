"""What does the journal's disk hold when the process, or the power, is gone at this very moment?

The disk room's own tests try every combination of lost names and torn blocks (`tests/persistence`);
here it is enough to know what of the newest bytes is left.
"""

from enum import StrEnum
from pathlib import Path
from typing import Protocol

from tests.durable.crash_disk import CrashDisk, Image


class Left(StrEnum):
    """What is left of the bytes that were written and not synced."""

    SEEN = "seen"
    """kill -9: the kernel still has them."""
    NOTHING = "nothing"
    """Power cut: nothing of them had reached the device."""
    HALF = "half"
    ZEROS = "zeros"
    """Power cut: the length had, the bytes had not."""


class Witness(Protocol):
    """Who is told before something changes, and may end the process there."""

    def disk_changes(self, what: str, path: Path | None, data: bytes) -> None:
        """Note what is about to happen."""
        ...


class WatchedDisk(CrashDisk):
    """A disk in memory with a witness."""

    witness: Witness | None = None

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write, after telling the witness."""
        self._tell("write", fd, bytes(data))
        return super().pwrite(fd, data, offset)

    def fsync(self, fd: int) -> None:
        """Sync, after telling the witness."""
        self._tell("sync", fd)
        super().fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Sync, after telling the witness."""
        self._tell("sync", fd)
        super().fdatasync(fd)

    def ftruncate(self, fd: int, size: int) -> None:
        """Cut, after telling the witness."""
        self._tell("truncate", fd)
        super().ftruncate(fd, size)

    def replace(self, source: Path, target: Path) -> None:
        """Rename, after telling the witness."""
        self._tell("rename", None)
        super().replace(source, target)

    def left(self, left: Left, path: Path | None = None, torn: bytes = b"") -> Image:
        """Return what a crash leaves now, `torn` bytes of a write to `path` being in progress."""
        files: dict[Path, bytes] = {}
        for name, ino in self.names.items():
            seen = self.seen[ino] + (torn if name == path else b"")
            stored = self.stored.get(ino, b"")
            rest = seen[len(stored) :] if seen.startswith(stored) else b""
            if left is Left.SEEN:
                files[name] = seen
            elif left is Left.HALF:
                files[name] = stored + rest[: len(rest) // 2]
            elif left is Left.ZEROS:
                files[name] = stored + bytes(len(rest))
            else:
                files[name] = stored
        return Image(files, frozenset(self.directories))

    def _tell(self, what: str, fd: int | None, data: bytes = b"") -> None:
        if self.witness is not None:
            path = None
            if fd is not None and isinstance(self._open[fd], int):
                path = next((p for p, ino in self.names.items() if ino == self._open[fd]), None)
            self.witness.disk_changes(what, path, data)
