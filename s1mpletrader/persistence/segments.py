"""Where in the journal's files is which group?

The journal is a directory of segments `journal-00000001.jsonl`, ...; every segment begins with a
header and all but the last are sealed: they are perfect, or the journal is corrupt. Reading here
never changes a file, so it is also for the files of a running engine.
"""

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from s1mpletrader.core import journal
from s1mpletrader.durable.atomic_file import READ_SIZE, list_directory, size_of
from s1mpletrader.durable.disk import Disk
from s1mpletrader.durable.refusals import not_opened, poisoned
from s1mpletrader.errors import StateCorrupt

PROBE_SIZE = 1 << 16
"""Bytes read at once while looking for an end mark."""

HEADER_SIZE_MAX = 4096
"""Bytes within which a header must end."""

_NAME = re.compile(r"journal-(\d{8})\.jsonl")


class Place(NamedTuple):
    """Where group `number` begins (or will), and the hash it chains to."""

    offset: int
    number: int
    previous: str


class Piece(NamedTuple):
    """A verified group: its bytes and the place of the next one (`next.previous` is its hash)."""

    data: bytes
    next: Place


def segment_path(directory: Path, number: int) -> Path:
    """Return the file of segment `number`."""
    return directory / f"journal-{number:08d}.jsonl"


def segment_numbers(directory: Path, disk: Disk) -> list[int]:
    """Return the segments in a directory, oldest first; raises `StateCorrupt` if one is missing."""
    names = list_directory(directory, disk)
    numbers = sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))
    for older, newer in pairwise(numbers):
        if newer != older + 1:
            raise StateCorrupt(
                f"{directory}: segment {older + 1} is missing between {older} and {newer}",
                hint="restore it from a backup; never renumber segments",
            )
    return numbers


class Segment:
    """One segment, open for reading."""

    def __init__(self, path: Path, disk: Disk, fd: int, header: journal.Header, size: int) -> None:
        self.path = path
        self.header = header
        self.begin = Place(size, header.first, header.h)
        """The place of the first group, behind the header."""
        self._disk = disk
        self._fd = fd

    @classmethod
    def open(cls, directory: Path, disk: Disk, number: int) -> Self:
        """Open segment `number` and check its header; raises `StateCorrupt`, `StateTooNew`."""
        path = segment_path(directory, number)
        try:
            fd = disk.open(path, os.O_RDONLY)
        except OSError as error:
            raise not_opened(path, error) from error
        try:
            line, newline, _ = disk.pread(fd, HEADER_SIZE_MAX, 0).partition(b"\n")
            header = _decode_header(line + newline, path, number)
        except OSError as error:
            disk.close(fd)
            raise poisoned("reading", path, error) from error
        except BaseException:
            disk.close(fd)
            raise
        return cls(path, disk, fd, header, len(line) + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._disk.close(self._fd)

    @property
    def size(self) -> int:
        """Bytes in the file now."""
        return size_of(self._fd, self.path, self._disk)

    def read(self, size: int, offset: int) -> bytes:
        """Return up to `size` bytes from `offset`; empty at the end."""
        try:
            return self._disk.pread(self._fd, size, offset)
        except OSError as error:
            raise poisoned("reading", self.path, error) from error

    def scan(self, place: Place) -> Iterator[Piece]:
        """Yield verified groups from `place` on; ends before the first bytes that are no group."""
        data, at = b"", 0
        while True:
            mark = journal.find_mark(data, at)
            if mark is None:
                more = self.read(READ_SIZE, place.offset + len(data) - at)
                if not more or len(data) - at > journal.GROUP_SIZE_MAX:
                    return
                data, at = data[at:] + more, 0
                continue
            body = data[at : mark.body_end]
            if journal.chain(place.previous, body) != mark.head:
                return
            place = Place(place.offset + mark.end - at, place.number + 1, mark.head)
            yield Piece(data[at : mark.end], place)
            at = mark.end

    def find(self, number: int) -> Place:
        """Return the place of group `number`, or of the end where there is none; by bisection.

        Groups before it are not verified: the hash they end with is taken as it stands, so what
        follows is verified as a continuation of it.
        """
        place, limit = self.begin, self.size
        while place.number < number and limit - place.offset > PROBE_SIZE:
            middle = (place.offset + limit) // 2
            probed = self._first_place_after(middle, limit)
            if probed is None or probed.number > number:
                limit = middle
            else:
                place = probed
        if place.number < number:
            for piece in self.scan(place):
                place = piece.next
                if place.number == number:
                    break
        return place

    def _first_place_after(self, offset: int, limit: int) -> Place | None:
        data = b""
        while offset + len(data) < limit:
            more = self.read(max(PROBE_SIZE, len(data)), offset + len(data))
            data += more
            mark = journal.find_mark(data)
            number = journal.number_of(data[mark.end : mark.end + 32]) if mark else None
            if mark and number is not None:
                return Place(offset + mark.end, number, mark.head)
            if not more:
                break
        return None

    def last(self) -> Place:
        """Return the place after the last end mark in the file, without verifying anything."""
        window, size = PROBE_SIZE, self.size
        while True:
            begin = max(size - window, self.begin.offset)
            data = self.read(size - begin, begin)
            mark = journal.find_last_mark(data)
            line = data.rfind(b"\n", 0, mark.end - 1) + 1 if mark else 0
            if mark and (line > 0 or begin == self.begin.offset):
                number = journal.number_of(data[line : line + 32])
                if number is None:
                    raise StateCorrupt(f"{self.path}: the last group has no number")
                return Place(begin + mark.end, number + 1, mark.head)
            if begin == self.begin.offset:
                return self.begin
            window *= 2


def _decode_header(line: bytes, path: Path, number: int) -> journal.Header:
    header = journal.decode_header(line)
    if header.segment != number:
        raise StateCorrupt(f"{path} says that it is segment {header.segment}")
    return header
