"""May another REST call be made now, or how long must it wait?

The exchange counts calls per key: each call adds its cost, time takes away, above the tier's
ceiling it refuses. This is the same count on our side, so that refusals are the exception.
"""

import math
from collections.abc import Mapping
from typing import Final, Self

from msgspec.structs import replace

from s1mpletrader.model.base import SECOND, Micros, Value

CALL_COSTS: Final[Mapping[str, int]] = {
    "ClosedOrders": 2,  # 1 or 2, undocumented: the dearer is assumed
    "TradesHistory": 2,
    "QueryTrades": 2,
    "Ledgers": 2,
}
"""Points of a private call where it is not 1 (kraken-protocol, rate limits)."""


class RateTier(Value, frozen=True):
    """An account tier's ceiling and what time takes away."""

    points_max: int
    decay_per_s: float


TIERS: Final[Mapping[str, RateTier]] = {
    "starter": RateTier(15, 0.33),
    "intermediate": RateTier(20, 0.5),
    "pro": RateTier(20, 1.0),
}


class RateBudget(Value, frozen=True):
    """The counter as we believe it to be; replaced, never edited."""

    tier: RateTier
    reserve: int = 3
    """Points that only look-ups by stops and exits may use (SAFETY D9)."""
    decay_factor: float = 1.0
    """How many times faster a simulated exchange forgets."""
    level: float = 0.0
    at_us: Micros = Micros(0)

    def level_at(self, now_us: Micros) -> float:
        """Return the counter's value at `now_us` (monotonic)."""
        elapsed_s = max(0, now_us - self.at_us) / SECOND
        return max(0.0, self.level - elapsed_s * self.tier.decay_per_s * self.decay_factor)

    def wait_us(self, cost: int, now_us: Micros, *, urgent: bool) -> Micros:
        """Return how long a call of `cost` points must wait; 0: it may go now."""
        ceiling = self.tier.points_max - (0 if urgent else self.reserve)
        # a call dearer than the ceiling goes when the counter is empty, not never
        excess = self.level_at(now_us) + cost - max(ceiling, cost)
        if excess <= 0:
            return Micros(0)
        return Micros(math.ceil(excess / (self.tier.decay_per_s * self.decay_factor) * SECOND))

    def spent(self, cost: int, now_us: Micros) -> Self:
        """Count a call, whatever its answer: the exchange counts refused ones too."""
        return replace(self, level=self.level_at(now_us) + cost, at_us=now_us)

    def refused(self, now_us: Micros) -> Self:
        """Correct the count after "rate limit exceeded": it is at the ceiling at least."""
        level = max(float(self.tier.points_max), self.level_at(now_us))
        return replace(self, level=level, at_us=now_us)
