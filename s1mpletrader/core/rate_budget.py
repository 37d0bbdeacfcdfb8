"""May another call or order be made now, or how long must it wait?

The exchange counts REST calls per key, and orders per pair and account: each adds its cost, time
takes away, above the tier's ceiling it refuses. These are the same counts on our side, so that
refusals are the exception.
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
PLACE_COST: Final = 1
AMEND_COST: Final = 1
"""Of an old order; a young one costs more, as with cancels."""
CANCEL_SURCHARGES: Final = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
AMEND_SURCHARGES: Final = ((5, 3), (10, 2), (15, 1))
"""Age in seconds below which a change costs so many points more."""


class RateTier(Value, frozen=True):
    """An account tier's ceilings and what time takes away."""

    points_max: int
    decay_per_s: float
    orders_max: int
    orders_decay_per_s: float


TIERS: Final[Mapping[str, RateTier]] = {
    "starter": RateTier(15, 0.33, 60, 1.0),
    "intermediate": RateTier(20, 0.5, 125, 2.34),
    "pro": RateTier(20, 1.0, 180, 3.75),
}


class RateBudget(Value, frozen=True):
    """The counter of REST calls as we believe it to be; replaced, never edited."""

    tier: RateTier
    reserve: int = 3
    """Points that only look-ups by stops and exits may use (SAFETY D9)."""
    decay_factor: float = 1.0
    """How many times faster a simulated exchange forgets."""
    level: float = 0.0
    at_us: Micros = Micros(0)

    @property
    def decay_per_s(self) -> float:
        """What a second takes away."""
        return self.tier.decay_per_s * self.decay_factor

    def level_at(self, now_us: Micros) -> float:
        """Return the counter's value at `now_us` (monotonic)."""
        return _left(self.level, now_us - self.at_us, self.decay_per_s)

    def wait_us(self, cost: int, now_us: Micros, *, urgent: bool) -> Micros:
        """Return how long a call of `cost` points must wait; 0: it may go now."""
        ceiling = self.tier.points_max - (0 if urgent else self.reserve)
        # a call dearer than the ceiling goes when the counter is empty, not never
        excess = self.level_at(now_us) + cost - max(ceiling, cost)
        if excess <= 0:
            return Micros(0)
        return Micros(math.ceil(excess / self.decay_per_s * SECOND))

    def spent(self, cost: int, now_us: Micros) -> Self:
        """Count a call, whatever its answer: the exchange counts refused ones too."""
        return replace(self, level=self.level_at(now_us) + cost, at_us=now_us)

    def answered(self, now_us: Micros) -> Self:
        """Note the end of a call: it may have been counted as late as now, so decay begins now."""
        return replace(self, at_us=max(now_us, self.at_us))

    def refused(self, now_us: Micros) -> Self:
        """Correct the count after "rate limit exceeded": it is at the ceiling at least."""
        level = max(float(self.tier.points_max), self.level_at(now_us))
        return replace(self, level=level, at_us=now_us)


class OrderBudget(Value, frozen=True):
    """The matching engine's counter of one pair as we believe it to be."""

    tier: RateTier
    reserve: int = 20
    """Points that only stops, exits and their changes may use."""
    margin: int = 5
    """Points left alone: what decayed here while a request was on its way has not there."""
    decay_factor: float = 1.0
    level: float = 0.0
    at_us: Micros = Micros(0)

    def level_at(self, now_us: Micros) -> float:
        """Return the counter's value at `now_us` (monotonic)."""
        decay_per_s = self.tier.orders_decay_per_s * self.decay_factor
        return _left(self.level, now_us - self.at_us, decay_per_s)

    def allows(self, cost: int, now_us: Micros, *, urgent: bool) -> bool:
        """Return whether an order or a change of one may be sent; a cancel always may."""
        room = self.tier.orders_max - (self.margin if urgent else self.reserve)
        return self.level_at(now_us) + cost <= room

    def spent(self, cost: int, now_us: Micros) -> Self:
        """Count an order, a change or a cancel that leaves now."""
        return replace(self, level=self.level_at(now_us) + cost, at_us=now_us)

    def refused(self, now_us: Micros) -> Self:
        """Correct the count after "rate limit exceeded": it is at the ceiling at least."""
        level = max(float(self.tier.orders_max), self.level_at(now_us))
        return replace(self, level=level, at_us=now_us)


def cancel_cost(age_us: int) -> int:
    """Return what cancelling an order of this age costs."""
    return _surcharge(CANCEL_SURCHARGES, age_us)


def amend_cost(age_us: int) -> int:
    """Return what changing an order of this age costs."""
    return AMEND_COST + _surcharge(AMEND_SURCHARGES, age_us)


def _left(level: float, elapsed_us: int, decay_per_s: float) -> float:
    return max(0.0, level - max(0, elapsed_us) / SECOND * decay_per_s)


def _surcharge(table: tuple[tuple[int, int], ...], age_us: int) -> int:
    return next((points for below_s, points in table if age_us < below_s * SECOND), 0)
