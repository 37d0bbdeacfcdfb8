"""Which system calls do the disk's promises rest on?

Everything that touches storage takes a `Disk`, so that tests can record each call, fail it, tear
it, or end the process at it. Offsets are explicit: no call depends on a file position.
"""

import ctypes
import fcntl
import os
from pathlib import Path
from typing import Protocol

KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE of linux/falloc.h: claim blocks beyond the end without moving it."""


class Disk(Protocol):
    """The calls, with the errors of the operating system (`OSError`)."""

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        """Return a file descriptor, closed on exec."""
        ...

    def close(self, fd: int) -> None:
        """Give the descriptor (and a lock held through it) back."""
        ...

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Return up to `size` bytes from `offset`; empty at the end."""
        ...

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Write at `offset`; returns how many bytes were taken, which may be fewer."""
        ...

    def fsync(self, fd: int) -> None:
        """Make a file's bytes and size, or a directory's names, survive a power cut."""
        ...

    def fdatasync(self, fd: int) -> None:
        """Make a file's bytes and size survive a power cut."""
        ...

    def forget(self, fd: int) -> None:
        """Drop clean cached pages, so that the next read comes from the device.

        After a failed fsync of an earlier process the cache shows bytes that the device never got.
        """
        ...

    def ftruncate(self, fd: int, size: int) -> None:
        """Set the size; claimed room beyond it is given back."""
        ...

    def claim(self, fd: int, offset: int, length: int) -> None:
        """Reserve blocks without changing the size (fallocate KEEP_SIZE)."""
        ...

    def replace(self, source: Path, target: Path) -> None:
        """Rename over whatever `target` was."""
        ...

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name; fails if `target` exists."""
        ...

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        ...

    def mkdir(self, path: Path, mode: int = 0o750) -> None:
        """Create a directory; fails if it exists."""
        ...

    def listdir(self, path: Path) -> list[str]:
        """Return the names in a directory, in no order."""
        ...

    def stat(self, path: Path) -> os.stat_result:
        """Return a name's file status."""
        ...

    def fstat(self, fd: int) -> os.stat_result:
        """Return an open file's status."""
        ...

    def lock(self, fd: int) -> bool:
        """Take the exclusive lock of an open file at once; False if another process has it."""
        ...


class SystemDisk:
    """The kernel."""

    def open(self, path: Path, flags: int, mode: int = 0o640) -> int:
        """Open without following a symbolic link at the last step."""
        return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode)

    def close(self, fd: int) -> None:
        """Call close."""
        os.close(fd)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        """Call pread."""
        return os.pread(fd, size, offset)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        """Call pwrite."""
        return os.pwrite(fd, data, offset)

    def fsync(self, fd: int) -> None:
        """Call fsync."""
        os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        """Call fdatasync."""
        os.fdatasync(fd)

    def forget(self, fd: int) -> None:
        """posix_fadvise(2) with POSIX_FADV_DONTNEED."""
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def ftruncate(self, fd: int, size: int) -> None:
        """Call ftruncate."""
        os.ftruncate(fd, size)

    def claim(self, fd: int, offset: int, length: int) -> None:
        """Call fallocate; `os.posix_fallocate` would move the end of the file."""
        libc = ctypes.CDLL(None, use_errno=True)
        libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
        if libc.fallocate(fd, KEEP_SIZE, offset, length) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def replace(self, source: Path, target: Path) -> None:
        """Call rename."""
        os.replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        """Call link."""
        os.link(source, target)

    def unlink(self, path: Path) -> None:
        """Call unlink."""
        os.unlink(path)

    def mkdir(self, path: Path, mode: int = 0o750) -> None:
        """Call mkdir."""
        os.mkdir(path, mode)

    def listdir(self, path: Path) -> list[str]:
        """Call getdents."""
        return os.listdir(path)

    def stat(self, path: Path) -> os.stat_result:
        """Call stat."""
        return os.stat(path)

    def fstat(self, fd: int) -> os.stat_result:
        """Call fstat."""
        return os.fstat(fd)

    def lock(self, fd: int) -> bool:
        """Call flock: held by the open file, so it ends with the process."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
