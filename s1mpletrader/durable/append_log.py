"""How do bytes get to the end of a file so that each append is whole or undone?

The log knows bytes and offsets, not lines: its owner decides which bytes are whole and cuts the
rest. Nothing is promised before `sync` returns.
"""

import os
from pathlib import Path
from typing import Self

from s1mpletrader.durable.atomic_file import (
    make_readable,
    size_of,
    sync_directory,
    write_atomic,
)
from s1mpletrader.durable.disk import Disk
from s1mpletrader.durable.refusals import (
    NO_ROOM,
    not_created,
    not_opened,
    poisoned,
    write_refused,
)
from s1mpletrader.errors import StateWriteError, StoragePoisoned

TORN_KEPT_MAX = 1 << 20
"""Bytes of a torn tail that are kept aside for a person to look at."""


class AppendLog:
    """One open file, used by one thread at a time. After `StoragePoisoned` it refuses for ever."""

    def __init__(self, path: Path, disk: Disk, fd: int, size: int) -> None:
        self.path = path
        self._disk = disk
        self._fd = fd
        self._size = size
        self._claimed = size
        self._synced = size
        self._poison: StoragePoisoned | None = None

    @classmethod
    def open(cls, path: Path, disk: Disk, *, create: bool = True) -> Self:
        """Open or create the log; its bytes and its name are durable on return (SAFETY J7).

        Raises `StateError` where it is missing and `create` is False, `PermissionDenied`,
        `StateWriteError` (no room for a new file), `StoragePoisoned` (fsync failed).
        """
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        try:
            fd = disk.open(path, flags)
        except OSError as error:
            raise (not_created if create else not_opened)(path, error) from error
        try:
            make_readable(fd, path, disk)
            sync_directory(path.parent, disk)
            return cls(path, disk, fd, size_of(fd, path, disk))
        except BaseException:
            disk.close(fd)
            raise

    @property
    def size(self) -> int:
        """Bytes in the log, synced or not."""
        return self._size

    @property
    def synced_size(self) -> int:
        """Bytes that survive a power cut."""
        return self._synced

    def read(self, size: int, offset: int) -> bytes:
        """Return up to `size` bytes from `offset`; empty at the end."""
        self._refuse_if_poisoned()
        try:
            return self._disk.pread(self._fd, size, offset)
        except OSError as error:
            raise self._poisoned_by("reading", error) from error

    def append(self, data: bytes) -> None:
        """Write `data` at the end with one call; not durable before `sync`.

        No room: what was taken of it is undone and `StateWriteError` raised, the log is as before
        (SAFETY J5). Any other failure, also of the undoing, poisons.
        """
        self._refuse_if_poisoned()
        taken, why = 0, "no room"
        try:
            taken = self._disk.pwrite(self._fd, data, self._size)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise self._poisoned_by("writing", error) from error
            why = str(error.strerror)
        if taken < len(data):
            self._truncate(self._size)
            raise write_refused(self.path, why)
        self._size += taken

    def sync(self) -> None:
        """Make all appended bytes durable; a failure is final and never retried (SAFETY J6)."""
        self._refuse_if_poisoned()
        try:
            self._disk.fdatasync(self._fd)
        except OSError as error:
            raise self._poisoned_by("fdatasync", error) from error
        self._synced = self._size

    def cut(self, size: int, keep_as: Path) -> bool:
        """Drop everything from offset `size` on, durably; returns whether it was kept aside.

        The first `TORN_KEPT_MAX` bytes go to `keep_as` first; where there is no room even for
        that, the log is cut all the same: starting matters more than the evidence.
        """
        self._refuse_if_poisoned()
        try:
            write_atomic(keep_as, self.read(TORN_KEPT_MAX, size), self._disk)
            kept = True
        except StateWriteError:
            kept = False
        self._truncate(size)
        self._size = self._synced = self._claimed = size
        return kept

    def claim(self, ahead: int) -> bool:
        """Reserve blocks for the next `ahead` bytes; returns False if the disk has no room.

        A file system that cannot reserve answers True: it will say so at the write.
        """
        self._refuse_if_poisoned()
        if self._size + ahead <= self._claimed:
            return True
        try:
            self._disk.claim(self._fd, self._size, 2 * ahead)
        except OSError as error:
            return error.errno not in NO_ROOM
        self._claimed = self._size + 2 * ahead
        return True

    def seal(self) -> None:
        """Make everything durable and give the claimed room back; the last append is over."""
        self.sync()
        self._truncate(self._size)

    def close(self) -> None:
        """Close the file; what was not synced is not promised."""
        self._disk.close(self._fd)

    def _truncate(self, size: int) -> None:
        try:
            self._disk.ftruncate(self._fd, size)
            self._disk.fsync(self._fd)
        except OSError as error:
            raise self._poisoned_by("truncating", error) from error
        self._claimed = size

    def _poisoned_by(self, what: str, error: OSError) -> StoragePoisoned:
        self._poison = poisoned(what, self.path, error)
        return self._poison

    def _refuse_if_poisoned(self) -> None:
        if self._poison is not None:
            raise StoragePoisoned(str(self._poison), hint=self._poison.hint)
