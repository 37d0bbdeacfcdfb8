"""What time is it at the exchange?

One observation is not believed where it makes the exchange's clock jump: a single absurd time
would hold a clock that never runs backwards where it is, for good. A jump counts when
`CONFIRMATIONS` observations in a row agree on it.
"""

from typing import Final

from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.ports import Clock

CONFIRMATIONS: Final = 3
"""So many observations in a row must agree before a jump is believed."""
JUMP_US: Final = SECOND // 2
"""A larger change than this, beyond what both observations may err, is a jump."""
HOST_ERROR_MAX_US: Final = 24 * 3600 * SECOND
"""A first observation further than this from the host's clock is a jump, too."""

TRAVEL_ERROR_US: Final = 1_000
"""Two clocks that run at slightly different speeds may seem to disagree by so much."""


class _Sample(Value, frozen=True):
    """An observed difference between the exchange's clock and our monotonic one."""

    offset_us: int
    error_us: int
    taken_us: Micros


class ProtocolClock:
    """The exchange's clock, kept by the host's monotonic one between observations.

    Never runs backwards. Before the first observation it shows the host's UTC and
    `is_synchronised` is false: no deadline may be stamped from it then.
    """

    def __init__(self, clock: Clock, *, drift_ppm: int = 100) -> None:
        self._clock = clock
        self._drift_ppm = drift_ppm
        self._sample: _Sample | None = None
        self._doubted: tuple[_Sample, ...] = ()
        self._latest_us = 0

    @property
    def is_synchronised(self) -> bool:
        """Whether the exchange has told its time at least once."""
        return self._sample is not None

    @property
    def error_us(self) -> Micros:
        """How far `now_us` may be off; grows with the age of the best observation."""
        if self._sample is None:
            return Micros(24 * 3600 * SECOND)
        return Micros(self._aged_error_us(self._sample, self._clock.monotonic_us()))

    def now_us(self) -> Micros:
        """Return the exchange's time."""
        if self._sample is None:
            return self._clock.wall_us()
        now_us = self._clock.monotonic_us() + self._sample.offset_us
        self._latest_us = max(self._latest_us, now_us)
        return Micros(self._latest_us)

    def believes(self, theirs_us: Micros) -> bool:
        """Whether the exchange, saying `theirs_us` just now, is about where it is believed."""
        if self._sample is None:
            return False
        apart_us = abs(self._clock.monotonic_us() + self._sample.offset_us - theirs_us)
        return apart_us <= 2 * SECOND + self.error_us  # whole seconds, and the answer's way

    def observe(
        self, sent_us: Micros, received_us: Micros, time_in_us: Micros, time_out_us: Micros
    ) -> None:
        """Learn from a request: our monotonic moments, and the exchange's between them."""
        travel_us = received_us - sent_us - (time_out_us - time_in_us)
        if received_us < sent_us or time_out_us < time_in_us or travel_us < -TRAVEL_ERROR_US:
            return  # it cannot have been there longer than it was away from here
        offset_us = (time_in_us - sent_us + time_out_us - received_us) // 2
        self._learn(_Sample(offset_us, max(0, travel_us) // 2 + 1, received_us))

    def observe_second(self, sent_us: Micros, received_us: Micros, second_us: Micros) -> None:
        """Learn from REST Time, which is cut to whole seconds."""
        middle_us = second_us + SECOND // 2
        offset_us = middle_us - (sent_us + received_us) // 2
        error_us = SECOND // 2 + (received_us - sent_us) // 2
        self._learn(_Sample(offset_us, error_us, received_us))

    def _learn(self, sample: _Sample) -> None:
        if self._jumps(sample) and not self._is_confirmed(sample):
            return
        self._doubted = ()
        best = self._sample
        # a worse observation that does not contradict the best one teaches nothing
        if best is None or self._is_better(sample, best) or self._are_apart(best, sample):
            self._sample = sample

    def _jumps(self, sample: _Sample) -> bool:
        if self._sample is not None:
            return self._are_apart(self._sample, sample, JUMP_US)
        apart_us = abs(self._clock.monotonic_us() + sample.offset_us - self._clock.wall_us())
        return apart_us > HOST_ERROR_MAX_US

    def _is_confirmed(self, sample: _Sample) -> bool:
        """Keep a jump in mind; return whether enough of its kind followed each other."""
        if self._doubted and self._are_apart(self._doubted[-1], sample, JUMP_US):
            self._doubted = ()
        self._doubted = (*self._doubted, sample)
        return len(self._doubted) >= CONFIRMATIONS

    def _is_better(self, sample: _Sample, best: _Sample) -> bool:
        return sample.error_us <= self._aged_error_us(best, sample.taken_us)

    def _are_apart(self, best: _Sample, sample: _Sample, by_us: int = 0) -> bool:
        """Return whether more lies between two observations than both may err, and `by_us`."""
        apart_us = abs(sample.offset_us - best.offset_us)
        return apart_us > self._aged_error_us(best, sample.taken_us) + sample.error_us + by_us

    def _aged_error_us(self, sample: _Sample, now_us: Micros) -> int:
        age_us = max(0, now_us - sample.taken_us)
        return sample.error_us + age_us * self._drift_ppm // 1_000_000
