"""From where must the journal be folded at the next start?

A checkpoint is a cache of the fold: deleting it changes nothing but the start-up time (SAFETY J3).
"""

from pathlib import Path

import msgspec

from s1mpletrader.durable.disk import Disk
from s1mpletrader.durable.generation_file import GenerationFile
from s1mpletrader.errors import InternalError, StateCorrupt, StateRollback
from s1mpletrader.model.base import Value


class Checkpoint(Value, frozen=True):
    """A state and the journal's group it stands for: `number` and its hash `head`."""

    number: int
    head: str
    body: bytes


class _Meta(Value, frozen=True):
    number: int
    head: str


_decode_meta = msgspec.json.Decoder(_Meta).decode


class CheckpointStore:
    """The newest checkpoint and the one before it, in `directory`."""

    def __init__(self, directory: Path, disk: Disk, *, schema: int = 1) -> None:
        self.notes: tuple[str, ...] = ()
        """What loading found wrong and did about it."""
        self._file = GenerationFile(
            directory / "checkpoint", disk, name="checkpoint", schema=schema
        )

    def load(self, *, first_number: int, last_number: int) -> Checkpoint | None:
        """Return the newest checkpoint; None: fold the journal from its first group.

        `first_number` and `last_number` are the journal's oldest and newest group. An unreadable
        checkpoint is put aside as long as the journal is complete. Raises `StateRollback` if the
        checkpoint is newer than the journal, `StateCorrupt` if the journal does not reach back
        to it, `StateTooNew`. Fold with `groups(number + 1, after_head=head)`: that proves that
        journal and checkpoint belong together.
        """
        try:
            found = self._file.load()
        except StateCorrupt as error:
            if first_number > 1:
                raise
            self._file.set_aside()
            self.notes = (f"the checkpoint was put aside: {error}",)
            return None
        self.notes = found.notes
        if found.body is None:
            number, checkpoint = 0, None
        else:
            checkpoint = _decode(found.body)
            number = checkpoint.number
        if number > last_number:
            raise StateRollback(
                f"the checkpoint stands for group {number}, the journal ends at {last_number}",
                hint="the journal lost acknowledged groups, or an older copy was restored",
            )
        if number + 1 < first_number:
            raise StateCorrupt(
                f"the journal begins at group {first_number}, no checkpoint covers what was before",
                hint="restore the checkpoint or the older segments from a backup",
            )
        return checkpoint

    def save(self, checkpoint: Checkpoint, *more: bytes, durable_number: int) -> None:
        """Store a checkpoint, its body continued by `more`; durable on return.

        `durable_number` is the journal's: a checkpoint ahead of it is an `InternalError` (J3).
        Raises `StateWriteError` with the previous one intact, `StoragePoisoned`.
        """
        if checkpoint.number > durable_number:
            raise InternalError(
                f"checkpoint of group {checkpoint.number} while only {durable_number} is durable"
            )
        meta = msgspec.json.encode(_Meta(checkpoint.number, checkpoint.head))
        self._file.save(meta, b"\n", checkpoint.body, *more)


def _decode(body: bytes) -> Checkpoint:
    line, _, rest = body.partition(b"\n")
    try:
        meta = _decode_meta(line)
    except (msgspec.DecodeError, ValueError) as error:
        raise StateCorrupt(f"the checkpoint cannot be read: {error}") from error
    return Checkpoint(meta.number, meta.head, rest)
