"""How do groups get into the journal's files, and what is there after a crash?

Synchronous: the writer thread uses it, and crash tests do. Opening is recovery: what was torn by
the crash is cut off and kept aside, what was promised and is missing stops the start (SAFETY J1).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from s1mpletrader.core import journal
from s1mpletrader.durable.append_log import AppendLog
from s1mpletrader.durable.atomic_file import list_directory, make_directory, remove, write_atomic
from s1mpletrader.durable.disk import Disk
from s1mpletrader.errors import InternalError, StateCorrupt, StateWriteError
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.journal_reader import JournalReader, check_follows
from s1mpletrader.persistence.segments import Place, Segment, segment_numbers, segment_path

SEGMENT_SIZE = 64 << 20
"""Bytes after which a new segment is begun."""

CLAIM_SIZE = 4 << 20
"""Bytes of room kept claimed ahead, so that exits and halts can be journaled on a full disk."""


class Batch(NamedTuple):
    """Groups as bytes, chained to what was written before them; written once, the same each try."""

    data: bytes
    first: int
    heads: tuple[str, ...]
    """The hash of each group."""


class JournalFile:
    """The journal, open for appending; used by one thread at a time."""

    def __init__(
        self,
        directory: Path,
        disk: Disk,
        log: AppendLog,
        *,
        segment: int,
        version: str,
        segment_size: int,
        claim_size: int,
    ) -> None:
        self.notes: tuple[str, ...] = ()
        """What recovery found and did, for the operator."""
        self.next_number = 1
        self.durable_number = 0
        """The highest number known to survive a power cut."""
        self.head = journal.GENESIS
        """The hash of the newest group."""
        self.has_room = True
        """Whether room is claimed ahead; without it entries stop (SAFETY J5)."""
        self._link = journal.GENESIS
        self._directory = directory
        self._disk = disk
        self._log = log
        self._segment = segment
        self._version = version
        self._segment_size = segment_size
        self._claim_size = claim_size

    @classmethod
    def open(
        cls,
        directory: Path,
        disk: Disk,
        *,
        version: str,
        create: bool = False,
        segment_size: int = SEGMENT_SIZE,
        claim_size: int = CLAIM_SIZE,
    ) -> Self:
        """Recover the journal; everything that `groups` will yield is durable on return (J7).

        `version` is this program's. Without `create`, a journal that is not there raises
        `StateCorrupt`. Sealed segments are checked at their joints here and whole when they are
        read. Raises `StateCorrupt`, `StateTooNew`, `StateWriteError` and `StoragePoisoned`.
        """
        if create:
            make_directory(directory, disk)
        _remove_unfinished(directory, disk)
        numbers = segment_numbers(directory, disk)
        if not numbers:
            if not create:
                raise StateCorrupt(
                    f"{directory} holds no journal",
                    hint="is the disk mounted? a new journal is made by `s1mpletrader state init`",
                )
            _create_segment(directory, disk, Place(0, 1, journal.GENESIS), 1, version)
            numbers = [1]
        log = AppendLog.open(segment_path(directory, numbers[-1]), disk, create=False)
        file = cls(
            directory,
            disk,
            log,
            segment=numbers[-1],
            version=version,
            segment_size=segment_size,
            claim_size=claim_size,
        )
        try:
            _check_joints(directory, disk, numbers)
            file._recover()
        except BaseException:
            log.close()
            raise
        return file

    def groups(self, first: int = 1, *, after_head: str | None = None) -> Iterator[Group]:
        """Yield the groups for the fold, see `JournalReader.groups`."""
        return JournalReader(self._directory, self._disk).groups(first, after_head=after_head)

    @property
    def first_number(self) -> int:
        """The number of the oldest group that is still here."""
        return JournalReader(self._directory, self._disk).first_number

    def append(self, groups: Sequence[Group]) -> None:
        """Encode and write groups; not durable before `sync`."""
        self.write(self.encode(groups))

    def encode(self, groups: Sequence[Group]) -> Batch:
        """Return the bytes that `write` takes next; begins a new segment if it is time.

        Raises `StateEncodeError`, and `InternalError` unless the numbers follow densely.
        """
        self._rotate_if_due()
        pieces: list[bytes] = []
        heads: list[str] = []
        link = self._link
        for number, group in enumerate(groups, self.next_number):
            if group.stamp.number != number:
                raise InternalError(
                    f"group {group.stamp.number} was handed to the journal, {number} is next"
                )
            piece, link = journal.encode(group, link, self.durable_number)
            pieces.append(piece)
            heads.append(link)
        return Batch(b"".join(pieces), self.next_number, tuple(heads))

    def write(self, batch: Batch) -> None:
        """Append a batch with one write; after `StateWriteError` the same batch may be tried again.

        Raises `StateWriteError` with the journal as it was, `StoragePoisoned`.
        """
        if batch.first != self.next_number:
            raise InternalError(f"batch from {batch.first} does not follow {self.next_number - 1}")
        if not batch.heads:
            return
        self.has_room = self._log.claim(len(batch.data) + self._claim_size)
        self._log.append(batch.data)
        self.next_number += len(batch.heads)
        self.head = self._link = batch.heads[-1]

    def sync(self) -> None:
        """Make every written group durable; a failure is final (SAFETY J6)."""
        self._log.sync()
        self.durable_number = self.next_number - 1

    def close(self) -> None:
        """Close the files; what was not synced is not promised."""
        self._log.close()

    def _recover(self) -> None:
        with Segment.open(self._directory, self._disk, self._segment) as segment:
            place = segment.begin
            self.head = segment.header.prev
            for piece in segment.scan(place):
                place = piece.next
                self.head = place.previous
            if place.offset < self._log.size:
                self._cut(place)
        self.next_number = place.number
        self.durable_number = place.number - 1
        self._link = place.previous

    def _cut(self, place: Place) -> None:
        tail = self._log.read(self._log.size - place.offset, place.offset)
        if journal.claims_durable(tail, place.number):
            raise StateCorrupt(
                f"{self._log.path}: group {place.number} at byte {place.offset} cannot be read,"
                " and what follows says that it had been durable",
                hint="acknowledged data is lost: restore from a backup, or reconcile by hand",
            )
        aside = self._log.path.with_name(f"{self._log.path.name}.torn-{place.offset}")
        kept = self._log.cut(place.offset, aside)
        self.notes += (
            f"an unfinished group {place.number} was cut off, {len(tail)} bytes,"
            + (f" kept as {aside.name}" if kept else " no room to keep them"),
        )

    def _rotate_if_due(self) -> None:
        if self._log.size < self._segment_size:
            return
        self.sync()
        number, place = self._segment + 1, Place(0, self.next_number, self._link)
        try:
            _create_segment(self._directory, self._disk, place, number, self._version)
        except StateWriteError:
            return  # a full disk must not stop exits: the old segment grows on
        log = AppendLog.open(segment_path(self._directory, number), self._disk, create=False)
        with Segment.open(self._directory, self._disk, number) as segment:
            self._link = segment.begin.previous
        self._log.seal()
        self._log.close()
        self._log, self._segment = log, number


def _create_segment(directory: Path, disk: Disk, place: Place, number: int, version: str) -> None:
    header = journal.encode_header(
        segment=number, first=place.number, previous=place.previous, version=version
    )
    write_atomic(segment_path(directory, number), header, disk)


def _remove_unfinished(directory: Path, disk: Disk) -> None:
    """Remove segments that were being created: nothing was ever written behind their header."""
    for name in list_directory(directory, disk):
        if name.startswith("journal-") and name.endswith(".tmp"):
            remove(directory / name, disk)


def _check_joints(directory: Path, disk: Disk, numbers: Sequence[int]) -> None:
    """Raise `StateCorrupt` unless each segment ends where the next one begins."""
    for number in numbers[:-1]:
        with Segment.open(directory, disk, number) as older:
            end = older.last()
            if end.offset != older.size:
                raise StateCorrupt(
                    f"{older.path}: damaged at its end, byte {end.offset}",
                    hint="sealed segments are never changed: restore this file from a backup",
                )
        with Segment.open(directory, disk, number + 1) as newer:
            check_follows(newer, end)
