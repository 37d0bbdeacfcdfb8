"""What time is it for the exchange's clients, and what time is it on the tape?

Protocol time is the wall clock: orders, executions, ledgers, deadlines. Market time is the
tape's: public trades. This file is the simulator's only reader of clocks.
"""

import time

from s1mpletrader.model.base import SECOND, Micros, Value


class WallClock:
    """The host's clocks; protocol time may be wrong on purpose."""

    def __init__(self) -> None:
        self._skew_us = 0
        self._drift_ppm = 0.0
        self._drifts_since_us = 0

    def skew(self, skew_s: float, drift_ppm: float) -> None:
        """Let protocol time be `skew_s` off from now on, and drift by `drift_ppm`."""
        self._skew_us = round(skew_s * SECOND)
        self._drift_ppm = drift_ppm
        self._drifts_since_us = self.monotonic_us()

    def wall_us(self) -> Micros:
        """Return the protocol time."""
        us = time.time_ns() // 1_000 + self._skew_us
        if self._drift_ppm:
            us += round((self.monotonic_us() - self._drifts_since_us) * self._drift_ppm / SECOND)
        return Micros(us)

    def monotonic_us(self) -> Micros:
        """Return time since an arbitrary start; never jumps."""
        return Micros(time.monotonic_ns() // 1_000)


def stand_still(for_s: float) -> None:
    """Stop the whole process for some seconds, as a stopped process does: sockets stay open."""
    time.sleep(for_s)


class MarketClock(Value, frozen=True):
    """Market time as a function of a monotonic clock: `speed` market seconds per second."""

    market_us: Micros
    monotonic_us: Micros
    speed: float
    running: bool = True

    def now(self, monotonic_us: Micros) -> Micros:
        """Return the market time at `monotonic_us`."""
        if not self.running:
            return self.market_us
        elapsed = max(0, monotonic_us - self.monotonic_us)
        return Micros(self.market_us + round(elapsed * self.speed))

    def wait_s(self, market_us: Micros, monotonic_us: Micros) -> float | None:
        """Return the wall seconds until `market_us`; None while paused."""
        if not self.running:
            return None
        return max(0.0, (market_us - self.now(monotonic_us)) / SECOND / self.speed)

    def paused(self, monotonic_us: Micros) -> "MarketClock":
        """Return the clock stopped at its present market time."""
        return MarketClock(self.now(monotonic_us), monotonic_us, self.speed, running=False)

    def resumed(self, monotonic_us: Micros) -> "MarketClock":
        """Return the clock running on from its present market time."""
        return MarketClock(self.now(monotonic_us), monotonic_us, self.speed, running=True)

    def at_speed(self, speed: float, monotonic_us: Micros) -> "MarketClock":
        """Return the clock with another speed, running or paused as before."""
        return MarketClock(self.now(monotonic_us), monotonic_us, speed, running=self.running)

    def at(self, market_us: Micros, monotonic_us: Micros) -> "MarketClock":
        """Return the clock set to `market_us`, running or paused as before."""
        return MarketClock(market_us, monotonic_us, self.speed, running=self.running)
