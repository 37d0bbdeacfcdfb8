"""Who may write this directory, and who may speak for this account?

An flock belongs to the open file, so it ends with the process however it ends. The file is never
unlinked; if somebody else did, the lock is on nothing: so the name's inode is compared after
locking (SAFETY J9).
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from s1mpletrader.durable.disk import Disk
from s1mpletrader.durable.refusals import not_opened
from s1mpletrader.errors import Locked

ATTEMPT_EVERY_S = 1
"""Seconds between two attempts, and between two calls of `on_wait`."""

PID_SIZE_MAX = 20


def _nothing(_waited_s: int, _holder: str) -> None:
    """Nobody wants to know."""


class FileLock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path, disk: Disk, what: str) -> None:
        self.path = path
        self._disk = disk
        self._what = what
        self._fd = -1

    def acquire(
        self,
        *,
        wait_s: int = 0,
        on_wait: Callable[[int, str], None] = _nothing,
        sleep: Callable[[float], object] = time.sleep,
    ) -> Self:
        """Take the lock, trying every second for `wait_s` seconds.

        Before each wait `on_wait(seconds waited so far, holder's PID)` is called: the engine asks
        its supervisor for more time. Raises `Locked`, naming the holder.
        """
        waited_s = 0
        while not self._take():
            holder = self.holder()
            if waited_s >= wait_s:
                raise Locked(
                    f"{self._what} is in use by process {holder}, waited {waited_s} s",
                    hint=f"stop that process first; the lock is {self.path}",
                )
            on_wait(waited_s, holder)
            sleep(ATTEMPT_EVERY_S)
            waited_s += ATTEMPT_EVERY_S
        return self

    def holder(self) -> str:
        """Return the PID that the last holder wrote, or `unknown`."""
        try:
            fd = self._disk.open(self.path, os.O_RDONLY)
        except OSError:
            return "unknown"
        try:
            text = self._disk.pread(fd, PID_SIZE_MAX, 0).decode("ascii", "replace").strip()
        except OSError:
            text = ""
        finally:
            self._disk.close(fd)
        return text if text.isdigit() else "unknown"

    def release(self) -> None:
        """Give the lock back; the file stays."""
        if self._fd >= 0:
            self._disk.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _take(self) -> bool:
        try:
            fd = self._disk.open(self.path, os.O_RDWR | os.O_CREAT, 0o660)
        except OSError as error:
            raise not_opened(self.path, error) from error
        try:
            if self._disk.lock(fd) and self._is_the_name(fd):
                self._disk.ftruncate(fd, 0)
                self._disk.pwrite(fd, b"%d\n" % os.getpid(), 0)
                self._fd = fd
        except OSError as error:
            self._fd = -1
            raise not_opened(self.path, error) from error
        finally:
            if self._fd != fd:
                self._disk.close(fd)
        return self._fd == fd

    def _is_the_name(self, fd: int) -> bool:
        mine = self._disk.fstat(fd)
        try:
            named = self._disk.stat(self.path)
        except FileNotFoundError:
            return False
        return (mine.st_dev, mine.st_ino) == (named.st_dev, named.st_ino)


class DirectoryLock(FileLock):
    """The right to write a state directory."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        super().__init__(directory / "LOCK", disk, f"the state in {directory}")


class AccountLock(FileLock):
    """The right to speak for an exchange account on this host.

    `account_hash` is of the exchange's host and the account, without the operation; `lock_dir` is
    the same for all instances (/run/lock/s1mpletrader).
    """

    def __init__(self, lock_dir: Path, account_hash: str, disk: Disk) -> None:
        super().__init__(
            lock_dir / f"{account_hash}.lock", disk, f"the exchange account {account_hash}"
        )
