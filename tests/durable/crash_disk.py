"""What would be on the disk if the process, or the power, had gone at any moment?

`CrashDisk` is a disk in memory that records what was done to it. A kill leaves what programs see;
a power cut leaves what was synced, and of the rest any part: names in any combination, bytes torn,
zeroed, stale or missing by blocks. A failed sync loses what it should have written, while readers
go on seeing it until the cache is dropped, as Linux does.
"""

import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple, Self

BLOCK = 4096


class Image(NamedTuple):
    """Files and directories, all durable."""

    files: dict[Path, bytes]
    directories: frozenset[Path]


class Op(NamedTuple):
    """One thing done to the disk; which fields count depends on `kind`."""

    kind: str
    ino: int = 0
    path: Path = Path()
    target: Path = Path()
    offset: int = 0
    data: bytes = b""


NAMING = ("create", "rename", "link", "unlink", "mkdir")
EMPTY = Image({}, frozenset({Path("/state")}))


class CrashDisk:
    """Implements `Disk` in memory; `fail_at` makes the n-th call fail (from then on, if sticky)."""

    def __init__(self, image: Image = EMPTY) -> None:
        self.image = image
        self.ops: list[Op] = []
        self.calls = 0
        self.fail_at = -1
        self.fail_with = errno.EIO
        self.is_sticky = False
        self.failed: list[str] = []
        self.directories = set(image.directories)
        self.names: dict[Path, int] = {}
        self.seen: dict[int, bytes] = {}
        self.stored: dict[int, bytes] = {}
        self.dirty: dict[int, list[Op]] = {}
        self._open: dict[int, int | Path] = {}
        self._next_fd = 100
        for ino, (path, data) in enumerate(sorted(image.files.items()), 1):
            self.names[path] = ino
            self.seen[ino] = self.stored[ino] = data

    def replayed(self, count: int) -> Self:
        """Return a disk to which the first `count` ops were done: a kill, and the cache lives."""
        disk = type(self)(self.image)
        for op in self.ops[:count]:
            disk._do(op)
        return disk

    def note(self, kind: str, value: int) -> None:
        """Remember that an operation was begun, or acknowledged, at this moment."""
        self.ops.append(Op(kind, value))

    def visible(self) -> Image:
        """Return what programs see now."""
        files = {path: self.seen[ino] for path, ino in self.names.items()}
        return Image(files, frozenset(self.directories))

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        """Open or create."""
        self._call("open", fails_with=mode)
        if flags & os.O_DIRECTORY or path in self.directories:
            self._require(path in self.directories, errno.ENOENT)
            return self._descriptor(path)
        ino = self.names.get(path)
        if ino is None:
            self._require(bool(flags & os.O_CREAT), errno.ENOENT)
            self._require(path.parent in self.directories, errno.ENOENT)
            ino = len(self.seen) + 1
            self._do(Op("create", ino, path))
        elif flags & os.O_TRUNC and self.seen[ino]:
            self._do(Op("trunc", ino))
        return self._descriptor(ino)

    def close(self, fd: int) -> None:
        """Close; never fails, so that tests see leaks as leaks."""
        del self._open[fd]

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Read what programs see."""
        self._call("pread")
        return self.seen[self._file(fd)][offset : offset + size]

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write; a full disk takes half."""
        ino = self._file(fd)
        try:
            self._call("pwrite")
        except OSError as error:
            if error.errno != errno.ENOSPC or len(data) < 2:
                raise
            data = data[: len(data) // 2]
        self._do(Op("write", ino, offset=offset, data=bytes(data)))
        return len(data)

    def fsync(self, fd: int) -> None:
        """Make durable; failing loses what it should have written."""
        self._sync("fsync", fd)

    def fdatasync(self, fd: int) -> None:
        """Make durable; failing loses what it should have written."""
        self._sync("fdatasync", fd)

    def forget(self, fd: int) -> None:
        """Show what the device has, and what is not yet written back."""
        self._call("forget")
        ino = self._file(fd)
        self.seen[ino] = changed(self.stored.get(ino, b""), self.dirty.get(ino, []))

    def ftruncate(self, fd: int, size: int) -> None:
        """Truncate."""
        self._call("ftruncate")
        self._do(Op("trunc", self._file(fd), offset=size))

    def claim(self, fd: int, offset: int, length: int) -> None:
        """Claim nothing, or fail."""
        assert offset >= 0
        assert length > 0
        self._file(fd)
        self._call("claim")

    def replace(self, source: Path, target: Path) -> None:
        """Rename within a directory."""
        self._call("replace")
        self._require(source in self.names, errno.ENOENT)
        assert source.parent == target.parent
        if self.names.get(target) == self.names[source]:
            return  # POSIX: between two links of one file nothing happens
        self._do(Op("rename", self.names[source], source, target))

    def link(self, source: Path, target: Path) -> None:
        """Link within a directory."""
        self._call("link")
        self._require(source in self.names, errno.ENOENT)
        self._require(target not in self.names, errno.EEXIST)
        self._do(Op("link", self.names[source], source, target))

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        self._call("unlink")
        self._require(path in self.names, errno.ENOENT)
        self._do(Op("unlink", self.names[path], path))

    def mkdir(self, path: Path, mode: int = 0o750) -> None:
        """Create a directory."""
        self._call("mkdir", fails_with=mode)
        self._require(path.parent in self.directories, errno.ENOENT)
        self._require(path not in self.directories, errno.EEXIST)
        self._do(Op("mkdir", 0, path))

    def listdir(self, path: Path) -> list[str]:
        """List, in no useful order."""
        self._call("listdir")
        self._require(path in self.directories, errno.ENOENT)
        there = [each for each in (*self.names, *self.directories) if each.parent == path]
        return sorted((each.name for each in there if each != path), reverse=True)

    def stat(self, path: Path) -> os.stat_result:
        """Answer with inode and size."""
        self._call("stat")
        self._require(path in self.names, errno.ENOENT)
        return self._status(self.names[path])

    def fstat(self, fd: int) -> os.stat_result:
        """Answer with inode and size."""
        self._call("fstat")
        return self._status(self._file(fd))

    def lock(self, fd: int) -> bool:
        """Nobody else is here."""
        return fd in self._open

    @property
    def leaked(self) -> int:
        """How many descriptors are open."""
        return len(self._open)

    def _sync(self, call: str, fd: int) -> None:
        what = self._open[fd]
        try:
            self._call(call)
        except OSError:
            if isinstance(what, int):
                self._do(Op("lost", what))
            raise
        self._do(Op("sync_names", path=what) if isinstance(what, Path) else Op("sync", what))

    def _call(self, name: str, *, fails_with: int = 0) -> None:
        self.calls += 1
        assert fails_with >= 0
        due = self.calls >= self.fail_at if self.is_sticky else self.calls == self.fail_at
        if self.fail_at >= 0 and due:
            self.failed.append(name)
            raise OSError(self.fail_with, os.strerror(self.fail_with))

    def _require(self, holds: bool, number: int) -> None:
        if not holds:
            raise OSError(number, os.strerror(number))

    def _descriptor(self, what: int | Path) -> int:
        self._next_fd += 1
        self._open[self._next_fd] = what
        return self._next_fd

    def _file(self, fd: int) -> int:
        what = self._open[fd]
        assert isinstance(what, int)
        return what

    def _status(self, ino: int) -> os.stat_result:
        size = len(self.seen[ino])
        return os.stat_result((stat.S_IFREG | 0o640, ino, 1, 1, 0, 0, size, 0, 0, 0))

    def _do(self, op: Op) -> None:
        self.ops.append(op)
        if op.kind in {"write", "trunc"}:
            self.dirty.setdefault(op.ino, []).append(op)
            self.seen[op.ino] = changed(self.seen[op.ino], [op])
        elif op.kind == "sync":
            self.stored[op.ino] = changed(self.stored.get(op.ino, b""), self.dirty.pop(op.ino, []))
        elif op.kind == "lost":
            self.dirty.pop(op.ino, None)
        elif op.kind == "create":
            self.seen[op.ino] = b""
            self.stored[op.ino] = b""
        if op.kind in NAMING:
            self.names, self.directories = renamed(self.names, self.directories, [op])


def changed(data: bytes, ops: list[Op]) -> bytes:
    """Return a file's bytes after writes and truncations."""
    result = bytearray(data)
    for op in ops:
        if op.kind == "trunc":
            result[:] = result[: op.offset].ljust(op.offset, b"\0")
        elif op.data:
            result[:] = result.ljust(op.offset, b"\0")
            result[op.offset : op.offset + len(op.data)] = op.data
    return bytes(result)


def renamed(
    names: dict[Path, int], directories: set[Path], ops: list[Op]
) -> tuple[dict[Path, int], set[Path]]:
    """Return names and directories after operations on them."""
    names, directories = dict(names), set(directories)
    for op in ops:
        if op.kind == "mkdir":
            directories.add(op.path)
        elif op.kind == "create":
            names[op.path] = op.ino
        elif op.kind == "link":
            names[op.target] = op.ino
        else:
            names.pop(op.path, None)
            if op.kind == "rename":
                names[op.target] = op.ino
    return names, directories
