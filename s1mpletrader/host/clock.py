"""What time is it?

The only module of the engine that reads a clock; everything else takes the moment as an argument.
"""

import time

from s1mpletrader.model.base import Micros


class SystemClock:
    """The host's clocks, as `ports.Clock`; microseconds."""

    def wall_us(self) -> Micros:
        """Return UTC as the host believes it; may jump."""
        return Micros(time.time_ns() // 1000)

    def monotonic_us(self) -> Micros:
        """Return CLOCK_MONOTONIC: never jumps, stands still during suspend."""
        return Micros(time.monotonic_ns() // 1000)

    def boottime_us(self) -> Micros:
        """Return CLOCK_BOOTTIME: never jumps, goes on during suspend (SAFETY G5)."""
        return Micros(time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000)
