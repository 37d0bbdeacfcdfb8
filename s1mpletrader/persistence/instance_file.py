"""Whose state is in this directory, and may this engine use it?

An unmounted disk looks like a first start: so a live directory is made by `state init` only, and
what is half there is refused (SAFETY J9).
"""

from pathlib import Path

import msgspec

from s1mpletrader.durable.atomic_file import make_directory, read_durable, write_atomic
from s1mpletrader.durable.disk import Disk
from s1mpletrader.errors import StateCorrupt, StateTooNew
from s1mpletrader.model.base import Value
from s1mpletrader.persistence.journal_reader import JournalReader
from s1mpletrader.persistence.segments import segment_numbers

FORMAT = 1


class Instance(Value, frozen=True):
    """Who the state belongs to, and the host it was made on."""

    operation: str
    account: str
    environment: str
    """`live`, `paper` or `backtest`."""
    host_id: str
    boot_id: str


class _Stored(Value, frozen=True):
    s1: int
    instance: Instance


_decode = msgspec.json.Decoder(_Stored).decode


class InstanceFile:
    """The `INSTANCE` file of a state directory, beside its `journal`."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._directory = directory
        self._path = directory / "INSTANCE"
        self._disk = disk

    def read(self) -> Instance | None:
        """Return whose state it is, None if nobody's; raises `StateCorrupt`, `StateTooNew`."""
        data = read_durable(self._path, self._disk)
        if data is None:
            return None
        try:
            stored = _decode(data)
        except (msgspec.DecodeError, ValueError) as error:
            raise StateCorrupt(
                f"{self._path} cannot be read: {error}",
                hint="restore it from a backup; it is one line of JSON",
            ) from error
        if stored.s1 > FORMAT:
            raise StateTooNew(
                f"{self._path} has format {stored.s1}, this version reads {FORMAT}",
                hint="install the version that wrote it, or a newer one",
            )
        return stored.instance

    def create(self, instance: Instance) -> None:
        """Give the directory to `instance`; the journal is created before. Durable on return."""
        make_directory(self._directory, self._disk)
        data = msgspec.json.encode(_Stored(FORMAT, instance))
        write_atomic(self._path, data + b"\n", self._disk)

    def admit(self, wanted: Instance, *, may_create: bool = False) -> bool:
        """Return whether this is the first start: then create the journal, then the INSTANCE.

        Live directories are created only with `may_create` (`state init`). Host and boot id may
        differ: what that means for orders is SAFETY F2's. Raises `StateCorrupt`.
        """
        found = self.read()
        journal = self._directory / "journal"
        if found is not None:
            self._check_same(found, wanted)
            if not segment_numbers(journal, self._disk):
                raise StateCorrupt(
                    f"{self._path} is there, but {journal} holds no journal",
                    hint="is its disk mounted? else restore the journal from a backup",
                )
            return False
        if JournalReader(journal, self._disk).last_number > 0:
            raise StateCorrupt(
                f"{journal} holds a journal, but there is no {self._path}",
                hint="restore INSTANCE from a backup: without it nobody knows whose journal it is",
            )
        if wanted.environment == "live" and not may_create:
            raise StateCorrupt(
                f"{self._directory} holds no state of a live engine",
                hint="is its disk mounted? a first start needs `s1mpletrader state init`",
            )
        return True

    def _check_same(self, found: Instance, wanted: Instance) -> None:
        for field in ("operation", "account", "environment"):
            there, here = getattr(found, field), getattr(wanted, field)
            if there != here:
                raise StateCorrupt(
                    f"{self._directory} belongs to {field} {there}, the configuration says {here}",
                    hint="use another state directory, or an instance of its own (@NAME)",
                )
