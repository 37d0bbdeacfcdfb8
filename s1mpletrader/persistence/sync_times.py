"""How long does the disk take to keep a promise?"""

from bisect import bisect_left

from s1mpletrader.model.base import Micros

BOUNDS_US = tuple(
    Micros(bound)
    for bound in (
        500,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
    )
)
"""Upper bounds of the buckets, inclusive; one more bucket holds what is above."""


class SyncTimes:
    """A histogram written by one thread and read by any."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_US) + 1)
        """How many fell into each bucket, not cumulated."""
        self.sum_us = Micros(0)
        self.last_us = Micros(0)

    def observe(self, took_for_us: Micros) -> None:
        """Count one sync."""
        self.counts[bisect_left(BOUNDS_US, took_for_us)] += 1
        self.sum_us = Micros(self.sum_us + took_for_us)
        self.last_us = took_for_us
