"""Which groups wait for the disk, and since when?

One thread puts, one takes. The bound refuses groups without records first, so that exits, halts
and answers find room while the disk is slow (SAFETY J4).
"""

import threading

from s1mpletrader.errors import StateWriteError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group


class GroupQueue:
    """A bounded queue; what was taken counts until it is `done`."""

    def __init__(self, *, size_max: int, reserved: int) -> None:
        self._size_max = size_max
        self._reserved = reserved
        self._changed = threading.Condition()
        self._groups: list[Group] = []
        self._in_flight = 0
        self._is_urgent = False
        self._is_closing = False
        self._waiting_since: Micros | None = None
        self._in_flight_since: Micros | None = None

    def put(self, group: Group, now_us: Micros) -> None:
        """Add a group; one with records is urgent. Raises `StateWriteError` when full."""
        room = self._size_max - (0 if group.records else self._reserved)
        with self._changed:
            if len(self._groups) + self._in_flight >= room:
                raise StateWriteError(
                    f"{room} groups wait for the disk, no more are taken",
                    hint="the disk is slow or full; entries stop until it answers",
                )
            if self._waiting_since is None:
                self._waiting_since = now_us
                self._changed.notify()
            self._groups.append(group)
            if group.records and not self._is_urgent:
                self._is_urgent = True
                self._changed.notify()

    @property
    def is_half_empty(self) -> bool:
        """Whether market data may come in: half of what groups without records may use is free."""
        return len(self._groups) + self._in_flight <= (self._size_max - self._reserved) // 2

    def urge(self) -> None:
        """Let nothing wait for company any longer."""
        with self._changed:
            self._is_urgent = True
            self._changed.notify()

    def close(self) -> None:
        """Let `take` answer with what is left, then with nothing."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()

    def take(self, company_s: float) -> list[Group]:
        """Wait for groups and return all; those that are not urgent wait `company_s` for others.

        Empty only after `close`.
        """
        with self._changed:
            self._changed.wait_for(lambda: bool(self._groups) or self._is_closing)
            self._changed.wait_for(lambda: self._is_urgent or self._is_closing, company_s)
            groups, self._groups = self._groups, []
            self._in_flight = len(groups)
            self._in_flight_since, self._waiting_since = self._waiting_since, None
            self._is_urgent = False
            return groups

    def done(self) -> None:
        """Forget the groups that were taken: they are durable."""
        with self._changed:
            self._in_flight = 0
            self._in_flight_since = None

    def closes_within(self, seconds: float) -> bool:
        """Wait, at most `seconds`, for `close`; returns whether it was called."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_closing, seconds)

    @property
    def oldest_since(self) -> Micros | None:
        """When the oldest group that is not done was put; None if there is none."""
        with self._changed:
            in_flight = self._in_flight_since
            return in_flight if in_flight is not None else self._waiting_since
