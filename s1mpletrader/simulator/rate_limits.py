"""How often may a key ask, and an account trade?

Counters rise with each call and decay with protocol time; a factor makes them decay faster in
demos and tests. They start at zero after a restart.
"""

from dataclasses import dataclass, field

from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.refusal import Refused


class Tier(Value, frozen=True):
    """What an account's verification level allows; decays are per second."""

    rest_max: float
    rest_decay: float
    orders_max: float
    orders_decay: float
    open_orders_max: int


TIERS = {
    "starter": Tier(15, 0.33, 60, 1.0, 60),
    "intermediate": Tier(20, 0.5, 125, 2.34, 80),
    "pro": Tier(20, 1.0, 180, 3.75, 225),
}
REST_COSTS = {
    "AddOrder": 0,
    "AmendOrder": 0,
    "CancelOrder": 0,
    "TradesHistory": 2,
    "QueryTrades": 2,
    "Ledgers": 2,
    "QueryLedgers": 2,
}
"""Every other private call costs 1."""
PLACE_COST = 1
CANCEL_COSTS = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
"""Seconds of age and what cancelling a younger order costs."""
AMEND_COSTS = ((5, 3), (10, 2), (15, 1))
"""The same on top of 1 for an amend."""


@dataclass(slots=True)
class _Counter:
    level: float = 0.0
    at_us: int = 0

    def decayed(self, at_us: int, per_s: float) -> float:
        passed = max(0, at_us - self.at_us) / SECOND
        return max(0.0, self.level - passed * per_s)


@dataclass(slots=True)
class RateLimits:
    """All counters of the exchange."""

    tier: Tier
    decay_factor: float = 1.0
    _rest: dict[str, _Counter] = field(default_factory=dict)
    _orders: dict[tuple[str, str], _Counter] = field(default_factory=dict)

    def charge_rest(self, key: str, method: str, at_us: Micros) -> None:
        """Count a private REST call of a key; raises `Refused` where it would be too many."""
        counter = self._rest.setdefault(key, _Counter())
        level = counter.decayed(at_us, self.tier.rest_decay * self.decay_factor)
        cost = REST_COSTS.get(method, 1)
        if cost and level + cost > self.tier.rest_max:
            raise Refused(refusal.RATE_LIMIT)
        counter.level, counter.at_us = level + cost, at_us

    def charge_order(
        self, account: str, symbol: str, cost: int, at_us: Micros, *, refuse: bool = True
    ) -> None:
        """Count a new, amended or cancelled order; a cancel is counted but never refused."""
        counter = self._orders.setdefault((account, symbol), _Counter())
        level = counter.decayed(at_us, self.tier.orders_decay * self.decay_factor)
        if refuse and level + cost > self.tier.orders_max:
            raise Refused(refusal.ORDER_RATE_LIMIT)
        counter.level, counter.at_us = level + cost, at_us


def cancel_cost(age_us: int) -> int:
    """Return what cancelling an order of this age costs."""
    return _cost_of_age(CANCEL_COSTS, age_us)


def amend_cost(age_us: int) -> int:
    """Return what amending an order of this age costs."""
    return 1 + _cost_of_age(AMEND_COSTS, age_us)


def _cost_of_age(costs: tuple[tuple[int, int], ...], age_us: int) -> int:
    return next((cost for younger_s, cost in costs if age_us < younger_s * SECOND), 0)
