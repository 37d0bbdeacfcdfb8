"""What happens next, in simulated time?"""

import heapq
from enum import StrEnum


class Whom(StrEnum):
    """Whom an event reaches. What is meant for the engine dies with its process."""

    EXCHANGE = "exchange"
    SCRIPT = "script"
    ENGINE = "engine"


class Timeline:
    """Events in order of time, then of their planning; plain values only, so it can be copied."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self._planned = 0
        self._heap: list[tuple[int, int, Whom, object]] = []

    def plan(self, at_us: int, whom: Whom, what: object) -> None:
        """Let `what` reach `whom` at `at_us`, or now if that is past."""
        self._planned += 1
        heapq.heappush(self._heap, (max(at_us, self.now_us), self._planned, whom, what))

    def next(self, until_us: int) -> tuple[Whom, object] | None:
        """Move to the next event not after `until_us` and return it; None: there is none."""
        if not self._heap or self._heap[0][0] > until_us:
            self.now_us = max(self.now_us, until_us)
            return None
        self.now_us, _, whom, what = heapq.heappop(self._heap)
        return whom, what

    def forget(self, whom: Whom) -> None:
        """Drop everything planned for `whom`."""
        self._heap = [each for each in self._heap if each[2] is not whom]
        heapq.heapify(self._heap)
