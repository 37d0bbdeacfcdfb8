"""How does the kernel refuse?"""

import os
import threading

from s1mpletrader.durable.disk import SystemDisk


class FaultyDisk(SystemDisk):
    """The kernel, but calls named in `fail` fail with that errno and writes take `room` bytes.

    `stall` names a call that waits for `release`.
    """

    def __init__(self) -> None:
        self.fail: dict[str, int] = {}
        self.room = 1 << 40
        self.stall = ""
        self.stalled = threading.Event()
        self.release = threading.Event()

    def _may(self, call: str) -> None:
        if call == self.stall:
            self.stalled.set()
            assert self.release.wait(10)
        if call in self.fail:
            raise OSError(self.fail[call], os.strerror(self.fail[call]))

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Read, or fail."""
        self._may("pread")
        return super().pread(fd, size, offset)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Take at most `room` bytes, or fail."""
        self._may("pwrite")
        return super().pwrite(fd, data[: self.room], offset)

    def fsync(self, fd: int) -> None:
        """Sync, or fail."""
        self._may("fsync")
        super().fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Sync, or fail."""
        self._may("fdatasync")
        super().fdatasync(fd)

    def ftruncate(self, fd: int, size: int) -> None:
        """Truncate, or fail."""
        self._may("ftruncate")
        super().ftruncate(fd, size)

    def claim(self, fd: int, offset: int, length: int) -> None:
        """Claim, or fail."""
        self._may("claim")
        super().claim(fd, offset, length)
