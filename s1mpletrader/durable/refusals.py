"""What does an error of the operating system mean for what is stored?"""

import errno
from pathlib import Path

from s1mpletrader.errors import (
    PermissionDenied,
    S1mpleTraderError,
    StateError,
    StateWriteError,
    StoragePoisoned,
)

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The disk took nothing or not all, and may take it later."""

DENIED = frozenset({errno.EACCES, errno.EPERM, errno.ELOOP})


def poisoned(what: str, path: Path, error: OSError) -> StoragePoisoned:
    """Return the error after which only a fresh process knows what is stored (SAFETY J6)."""
    return StoragePoisoned(
        f"{what} of {path} failed: {error.strerror}",
        hint="the process ends and is restarted; if it repeats, check the disk (dmesg)",
    )


def write_refused(path: Path, why: str) -> StateWriteError:
    """Return the error of a write that left everything as it was (SAFETY J5)."""
    return StateWriteError(
        f"cannot write {path}: {why}",
        hint="make room (df, quota); what was stored before is intact",
    )


def not_opened(path: Path, error: OSError) -> S1mpleTraderError:
    """Return the error of a file or directory that is there and cannot be opened, or is not."""
    if error.errno in DENIED:
        return PermissionDenied(
            f"cannot open {path}: {error.strerror}",
            hint="state belongs to the service's user and holds no symbolic links",
        )
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return StateError(
            f"cannot open {path}: {error.strerror}",
            hint="is the disk that holds the state mounted?",
        )
    return poisoned("opening", path, error)


def not_created(path: Path, error: OSError) -> S1mpleTraderError:
    """Return the error of a new file or directory; nothing was changed by it."""
    if error.errno in NO_ROOM:
        return write_refused(path, str(error.strerror))
    return not_opened(path, error)
