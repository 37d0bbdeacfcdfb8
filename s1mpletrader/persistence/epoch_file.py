"""Which start of an engine is the newest one of this account?

The epoch orders the engines that ever spoke for an account; nonces and client ids carry it
(SAFETY F1).
"""

import hashlib
import re
from pathlib import Path

from s1mpletrader.durable.atomic_file import read_file, write_atomic
from s1mpletrader.durable.disk import Disk
from s1mpletrader.errors import InternalError, StateCorrupt

EPOCH_MAX = (1 << 32) - 1
"""The largest epoch: client ids have 32 bits for it (SAFETY O9)."""

_LINE = re.compile(rb"(\d{1,10}) ([0-9a-f]{16})\n")


class EpochFile:
    """The `epoch` file of a state directory."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk

    def stored(self) -> int:
        """Return the epoch drawn last, 0 if none; raises `StateCorrupt`."""
        data = read_file(self._path, self._disk)
        if data is None:
            return 0
        found = _LINE.fullmatch(data)
        if found is None or found[2] != _checksum(found[1]):
            raise StateCorrupt(
                f"{self._path} does not hold an epoch",
                hint="restore it from a backup, or delete it once no other copy of the engine runs",
            )
        return int(found[1])

    def draw(self, public_time_s: int) -> int:
        """Return a new epoch, max(stored + 1, `public_time_s`); durable on return.

        `public_time_s` is the exchange's public Time. Raises `StateCorrupt`, `StateWriteError`,
        `StoragePoisoned`.
        """
        epoch = next_epoch(self.stored(), public_time_s)
        text = b"%d" % epoch
        write_atomic(self._path, text + b" " + _checksum(text) + b"\n", self._disk)
        return epoch


def next_epoch(stored: int, public_time_s: int) -> int:
    """Return the epoch that follows `stored` at `public_time_s` (SAFETY F1)."""
    epoch = max(stored + 1, public_time_s)
    if epoch > EPOCH_MAX:
        raise InternalError(f"epoch {epoch} does not fit into 32 bits")
    return epoch


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:16].encode("ascii")
