"""How often may a key ask, and an account trade?

Counters rise with each call and decay with protocol time; a factor makes them decay faster in
demos and tests. They start at zero after a restart.
"""

from collections import deque
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
    "EditOrder": 0,
    "AddOrderBatch": 0,
    "CancelOrderBatch": 0,
    "TradesHistory": 2,
    "QueryTrades": 2,
    "Ledgers": 2,
    "QueryLedgers": 2,
}
"""Every other private call costs 1."""
PLACE_COST = 1
CONNECTS_MAX = 150
CONNECTS_FOR_US = 600 * SECOND
"""So many connections in so long, by hearsay."""
CANCEL_COSTS = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
"""Seconds of age and what cancelling a younger order costs."""
EDIT_COSTS = ((5, 6), (10, 5), (15, 4), (45, 2), (90, 1))
"""The same on top of 1 for an edit."""
AMEND_COSTS = ((5, 3), (10, 2), (15, 1))
"""The same on top of 1 for an amend."""


@dataclass(slots=True)
class _Counter:
    level: float = 0.0
    highest: float = 0.0
    refused: int = 0
    at_us: int = 0

    def decayed(self, at_us: int, per_s: float) -> float:
        passed = max(0, at_us - self.at_us) / SECOND
        return max(0.0, self.level - passed * per_s)

    def rise(self, level: float, at_us: int) -> None:
        self.level, self.at_us = level, at_us
        self.highest = max(self.highest, level)


@dataclass(slots=True)
class RateLimits:
    """All counters of the exchange."""

    tier: Tier
    decay_factor: float = 1.0
    closed_orders_cost: int = 1
    connects_max: int = CONNECTS_MAX
    is_connecting_limited: bool = False
    """Whether a WebSocket too many is refused, or only counted."""
    _rest: dict[str, _Counter] = field(default_factory=dict)
    _connects: deque[Micros] = field(default_factory=deque)
    _connects_highest: int = 0
    _connects_refused: int = 0
    _orders: dict[tuple[str, str], _Counter] = field(default_factory=dict)

    def charge_rest(self, key: str, method: str, at_us: Micros) -> None:
        """Count a private REST call of a key; raises `Refused` where it would be too many."""
        counter = self._rest.setdefault(key, _Counter())
        level = counter.decayed(at_us, self.tier.rest_decay * self.decay_factor)
        cost = REST_COSTS.get(method, 1)
        if method == "ClosedOrders":
            cost = self.closed_orders_cost
        if cost and level + cost > self.tier.rest_max:
            counter.refused += 1
            raise Refused(refusal.RATE_LIMIT)
        counter.rise(level + cost, at_us)

    def charge_order(
        self, account: str, symbol: str, cost: int, at_us: Micros, *, refuse: bool = True
    ) -> None:
        """Count a new, amended or cancelled order; a cancel is counted but never refused."""
        counter = self._orders.setdefault((account, symbol), _Counter())
        level = counter.decayed(at_us, self.tier.orders_decay * self.decay_factor)
        if refuse and level + cost > self.tier.orders_max:
            counter.refused += 1
            raise Refused(refusal.ORDER_RATE_LIMIT)
        counter.rise(level + cost, at_us)

    def count_connect(self, at_us: Micros) -> bool:
        """Count a WebSocket connection within ten minutes; returns whether it may be."""
        while self._connects and self._connects[0] <= at_us - CONNECTS_FOR_US:
            self._connects.popleft()
        if len(self._connects) >= self.connects_max:
            self._connects_refused += 1
            if self.is_connecting_limited:
                return False
        self._connects.append(at_us)
        self._connects_highest = max(self._connects_highest, len(self._connects))
        return True

    def seen(self, at_us: Micros) -> dict[str, dict[str, dict[str, float]]]:
        """Return every counter: level, the highest it ever was, its maximum, how many it refused.

        REST by key, orders by account and pair (`main BTC/USD`), WebSocket connections of the last
        ten minutes (`all`).
        """
        rest, orders = self.tier.rest_decay, self.tier.orders_decay
        connects: dict[str, float] = {
            "level": sum(at > at_us - CONNECTS_FOR_US for at in self._connects),
            "highest": self._connects_highest,
            "max": self.connects_max,
            "refused": self._connects_refused,
        }
        return {
            "connects": {"all": connects},
            "rest": {
                key: _row(counter, at_us, rest * self.decay_factor, self.tier.rest_max)
                for key, counter in self._rest.items()
            },
            "orders": {
                f"{account} {symbol}": _row(
                    counter, at_us, orders * self.decay_factor, self.tier.orders_max
                )
                for (account, symbol), counter in self._orders.items()
            },
        }


def batch_cost(count: int) -> int:
    """Return what a batch of new orders costs: half of what they cost one by one."""
    return (count + 1) // 2


def edit_cost(age_us: int) -> int:
    """Return what editing an order of this age costs."""
    return 1 + _cost_of_age(EDIT_COSTS, age_us)


def _row(counter: _Counter, at_us: int, per_s: float, most: float) -> dict[str, float]:
    level = counter.decayed(at_us, per_s)
    return {
        "level": round(level, 3),
        "highest": counter.highest,
        "max": most,
        "refused": counter.refused,
    }


def cancel_cost(age_us: int) -> int:
    """Return what cancelling an order of this age costs."""
    return _cost_of_age(CANCEL_COSTS, age_us)


def amend_cost(age_us: int) -> int:
    """Return what amending an order of this age costs."""
    return 1 + _cost_of_age(AMEND_COSTS, age_us)


def _cost_of_age(costs: tuple[tuple[int, int], ...], age_us: int) -> int:
    return next((cost for younger_s, cost in costs if age_us < younger_s * SECOND), 0)
