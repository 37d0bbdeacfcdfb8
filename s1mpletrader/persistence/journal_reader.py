"""What does the journal say?

Read-only, also while an engine writes it: nothing is renamed, cut or locked, and a torn tail is
simply the end. In sealed segments it is corruption.
"""

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from s1mpletrader.core import journal
from s1mpletrader.durable.disk import Disk
from s1mpletrader.errors import StateCorrupt, StateRollback
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.segments import Place, Segment, segment_numbers


class JournalReader:
    """The groups in a journal's directory; implements `ports.JournalReader`."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._directory = directory
        self._disk = disk
        self._first_of: dict[int, int] = {}
        """Segment number to the number of its first group: headers never change."""

    def groups(self, first: int = 1, *, after_head: str | None = None) -> Iterator[Group]:
        """Yield groups from number `first` on, verified, oldest first.

        `after_head` is the hash that group `first - 1` must have (a checkpoint's): another one
        raises `StateRollback`. Damage raises `StateCorrupt`, as does asking for groups that are
        no longer there.
        """
        number = self._segment_with(first)
        if number is None:
            return
        place: Place | None = None
        while True:
            sealed = self._has(number + 1)
            with Segment.open(self._directory, self._disk, number) as segment:
                if place is None:
                    place = _start(segment, first, after_head)
                for piece in segment.scan(place):
                    if place.number >= first:
                        yield _decode(segment, place, piece.data)
                    place = piece.next
                if sealed:
                    place = self._cross(segment, place)
            if sealed:
                number += 1
            elif not self._has(number + 1):
                return

    def tail(self, count: int) -> Iterator[Group]:
        """Yield the last `count` groups, oldest first."""
        return self.groups(max(self.last_number - count + 1, self.first_number))

    @property
    def first_number(self) -> int:
        """The number of the oldest group that is still here; 1 in an empty journal."""
        numbers = segment_numbers(self._directory, self._disk)
        return self._first(numbers[0]) if numbers else 1

    @property
    def last_number(self) -> int:
        """The number of the newest group, durable or not; 0 in an empty journal."""
        numbers = segment_numbers(self._directory, self._disk)
        if not numbers:
            return 0
        with Segment.open(self._directory, self._disk, numbers[-1]) as segment:
            return segment.last().number - 1

    def _segment_with(self, first: int) -> int | None:
        numbers = segment_numbers(self._directory, self._disk)
        if not numbers:
            return None
        index = bisect_right(numbers, first, key=self._first)
        if index == 0:
            raise StateCorrupt(
                f"{self._directory}: group {first} is asked for, the oldest here is"
                f" {self._first(numbers[0])}",
                hint="older segments were moved away or compacted",
            )
        return numbers[index - 1]

    def _first(self, number: int) -> int:
        if number not in self._first_of:
            with Segment.open(self._directory, self._disk, number) as segment:
                self._first_of[number] = segment.header.first
        return self._first_of[number]

    def _has(self, number: int) -> bool:
        return number in segment_numbers(self._directory, self._disk)

    def _cross(self, segment: Segment, place: Place) -> Place:
        """Return the place at the begin of the next segment, which must follow without a gap."""
        if place.offset != segment.size:
            raise StateCorrupt(
                f"{segment.path}: damaged at byte {place.offset}, in group {place.number}",
                hint="sealed segments are never changed: restore this file from a backup",
            )
        with Segment.open(self._directory, self._disk, segment.header.segment + 1) as following:
            check_follows(following, place)
            return following.begin


def check_follows(segment: Segment, place: Place) -> None:
    """Raise `StateCorrupt` unless `segment` begins where the segment before it ends (`place`)."""
    header = segment.header
    if (header.first, header.prev) != (place.number, place.previous):
        raise StateCorrupt(
            f"{segment.path} begins with group {header.first} after {header.prev}, the segment"
            f" before it ends before {place.number} with {place.previous}",
            hint="a segment was exchanged or cut short: restore the journal from a backup",
        )


def _start(segment: Segment, first: int, after_head: str | None) -> Place:
    place = segment.find(first)
    before = segment.header.prev if place == segment.begin else place.previous
    if after_head is not None and (place.number, before) != (first, after_head):
        raise StateRollback(
            f"{segment.path}: group {first - 1} is not the one that the checkpoint stands for",
            hint="journal and checkpoint are of different times: restore both from one backup",
        )
    return place


def _decode(segment: Segment, place: Place, data: bytes) -> Group:
    group = journal.decode(data)
    if group.stamp.number != place.number:
        raise StateCorrupt(
            f"{segment.path}: group {place.number} says that it is number {group.stamp.number}"
        )
    return group
