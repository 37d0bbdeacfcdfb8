"""Is a client slowed down as the real exchange would?"""

import pytest

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.rate_limits import TIERS, RateLimits, amend_cost, cancel_cost
from s1mpletrader.simulator.refusal import Refused

NOW = 1_600_000_000 * SECOND


def at(seconds: float) -> Micros:
    return Micros(NOW + round(seconds * SECOND))


def test_starter_s_real_figures() -> None:
    limits = RateLimits(TIERS["starter"])
    for _ in range(7):
        limits.charge_rest("key", "TradesHistory", at(0))
    limits.charge_rest("key", "Balance", at(0))
    with pytest.raises(Refused, match=refusal.RATE_LIMIT):
        limits.charge_rest("key", "Balance", at(0))
    with pytest.raises(Refused):
        limits.charge_rest("key", "Balance", at(3.0))  # 0.99 have decayed
    limits.charge_rest("key", "Balance", at(3.1))


def test_orders_cost_nothing_on_the_rest_counter() -> None:
    limits = RateLimits(TIERS["starter"])
    for _ in range(15):
        limits.charge_rest("key", "Balance", at(0))
    limits.charge_rest("key", "AddOrder", at(0))
    limits.charge_rest("other key", "Balance", at(0))


def test_a_factor_lets_counters_decay_faster() -> None:
    limits = RateLimits(TIERS["starter"], decay_factor=100)
    for _ in range(15):
        limits.charge_rest("key", "Balance", at(0))
    limits.charge_rest("key", "Balance", at(0.04))


def test_the_engine_counter_is_per_account_and_pair() -> None:
    limits = RateLimits(TIERS["starter"])
    for _ in range(60):
        limits.charge_order("main", "BTC/USD", 1, at(0))
    with pytest.raises(Refused, match=refusal.ORDER_RATE_LIMIT):
        limits.charge_order("main", "BTC/USD", 1, at(0.9))
    limits.charge_order("main", "BTC/USD", 1, at(1))
    limits.charge_order("main", "SOL/USD", 1, at(0))
    limits.charge_order("other", "BTC/USD", 1, at(0))


def test_a_cancel_is_counted_but_never_refused() -> None:
    limits = RateLimits(TIERS["starter"])
    for _ in range(10):
        limits.charge_order("main", "BTC/USD", 8, at(0), refuse=False)
    with pytest.raises(Refused):
        limits.charge_order("main", "BTC/USD", 1, at(20))
    limits.charge_order("main", "BTC/USD", 1, at(21))


@pytest.mark.parametrize(
    ("age_s", "cancel", "amend"),
    [(4.9, 8, 4), (5, 6, 3), (10, 5, 2), (15, 4, 1), (45, 2, 1), (90, 1, 1), (300, 0, 1)],
)
def test_young_orders_are_dear_to_change(age_s: float, cancel: int, amend: int) -> None:
    age = round(age_s * SECOND)
    assert (cancel_cost(age), amend_cost(age)) == (cancel, amend)
