"""How is a whole file replaced so that a crash shows the old one or the new one?

Temporary file, fsync, rename, fsync of the directory; nothing is promised before the last.
"""

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from s1mpletrader.durable.disk import Disk
from s1mpletrader.durable.refusals import (
    NO_ROOM,
    not_created,
    not_opened,
    poisoned,
    write_refused,
)

READ_SIZE = 1 << 20
"""Bytes asked for at once."""


def sync_directory(path: Path, disk: Disk) -> None:
    """Make the names in a directory durable; every failure raises `StoragePoisoned`."""
    try:
        fd = disk.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            disk.fsync(fd)
        finally:
            disk.close(fd)
    except OSError as error:
        raise poisoned("fsync", path, error) from error


def make_directory(path: Path, disk: Disk, mode: int = 0o750) -> None:
    """Create a directory that survives a power cut; an existing one is made to survive."""
    try:
        disk.mkdir(path, mode)
    except FileExistsError:
        pass  # perhaps made just before a crash: its name is synced below
    except OSError as error:
        raise not_created(path, error) from error
    sync_directory(path.parent, disk)


def read_open(fd: int, path: Path, disk: Disk) -> bytes:
    """Return all bytes of an open file; raises `StoragePoisoned` where it cannot be read."""
    pieces: list[bytes] = []
    offset = 0
    try:
        while piece := disk.pread(fd, READ_SIZE, offset):
            pieces.append(piece)
            offset += len(piece)
    except OSError as error:
        raise poisoned("reading", path, error) from error
    return b"".join(pieces)


def read_file(path: Path, disk: Disk) -> bytes | None:
    """Return a file's bytes as they are visible now, None if there is no such file."""
    return _read(path, disk, make_durable=False)


def read_durable(path: Path, disk: Disk) -> bytes | None:
    """Return a file's bytes after making them durable (SAFETY J7), None if there is none.

    The name is not yet durable: `sync_directory` follows, once for all files of a directory.
    """
    return _read(path, disk, make_durable=True)


def _read(path: Path, disk: Disk, *, make_durable: bool) -> bytes | None:
    try:
        fd = disk.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise not_opened(path, error) from error
    try:
        if make_durable:
            make_readable(fd, path, disk)
        return read_open(fd, path, disk)
    finally:
        disk.close(fd)


def make_readable(fd: int, path: Path, disk: Disk) -> None:
    """Make what will be read durable, and readable only from the device (SAFETY J6, J7)."""
    try:
        disk.fsync(fd)
        disk.forget(fd)
    except OSError as error:
        raise poisoned("fsync", path, error) from error


class AtomicFile:
    """A new content for `path`: `write` it in pieces; leaving the block commits or discards.

    The content is `path` with `suffix` until it is complete; with `keep` the old content remains
    as `path` with that suffix. Raises `StateWriteError` with the old content intact,
    `StoragePoisoned` where that is unknown.
    """

    def __init__(
        self, path: Path, disk: Disk, *, suffix: str = ".tmp", keep: str = "", mode: int = 0o640
    ) -> None:
        self._path = path
        self._disk = disk
        self._temporary = path.with_name(path.name + suffix)
        self._keep = keep
        self._mode = mode
        self._fd = -1
        self._size = 0

    def __enter__(self) -> Self:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            self._fd = self._disk.open(self._temporary, flags, self._mode)
        except OSError as error:
            raise not_created(self._temporary, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._sync()
        finally:
            self._disk.close(self._fd)
        if kind is not None:
            self._discard()
            return
        if self._keep:
            self._keep_previous()
        self._rename()

    def write(self, data: bytes) -> int:
        """Add `data` at the end; returns its length."""
        taken = 0
        try:
            taken = self._disk.pwrite(self._fd, data, self._size)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise poisoned("writing", self._temporary, error) from error
        if taken < len(data):
            raise write_refused(self._temporary, "no room")
        self._size += taken
        return taken

    def _discard(self) -> None:
        """Remove the temporary file; failing to do so harms nothing but room."""
        with contextlib.suppress(OSError):
            self._disk.unlink(self._temporary)

    def _sync(self) -> None:
        try:
            self._disk.fsync(self._fd)
        except OSError as error:
            self._discard()
            raise poisoned("fsync", self._temporary, error) from error

    def _keep_previous(self) -> None:
        """Give the old content a second name; failing to leaves less to fall back to."""
        second = self._path.with_name(self._path.name + self._keep)
        unfinished = second.with_name(second.name + ".tmp")
        with contextlib.suppress(OSError):
            self._disk.unlink(unfinished)
        with contextlib.suppress(OSError):
            self._disk.link(self._path, unfinished)
            self._disk.replace(unfinished, second)

    def _rename(self) -> None:
        try:
            self._disk.replace(self._temporary, self._path)
        except OSError as error:
            raise poisoned("renaming", self._temporary, error) from error
        sync_directory(self._path.parent, self._disk)


def write_atomic(path: Path, data: bytes, disk: Disk, mode: int = 0o640) -> None:
    """Replace a file's content; durable on return (see `AtomicFile` for the errors)."""
    with AtomicFile(path, disk, mode=mode) as file:
        file.write(data)


def list_directory(path: Path, disk: Disk) -> list[str]:
    """Return the names in a directory, none if it is not there."""
    try:
        return disk.listdir(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise not_opened(path, error) from error


def size_of(fd: int, path: Path, disk: Disk) -> int:
    """Return an open file's size in bytes."""
    try:
        return disk.fstat(fd).st_size
    except OSError as error:
        raise poisoned("reading", path, error) from error


def remove(path: Path, disk: Disk) -> None:
    """Remove a name if it is there; durable only after `sync_directory`."""
    try:
        disk.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise poisoned("removing", path, error) from error
