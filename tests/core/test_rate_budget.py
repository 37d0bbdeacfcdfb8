"""Does our count of REST calls agree with the exchange's rules?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core.rate_budget import (
    CALL_COSTS,
    TIERS,
    OrderBudget,
    RateBudget,
    RateTier,
    amend_cost,
    cancel_cost,
)
from s1mpletrader.model.base import SECOND, Micros

STARTER = RateBudget(TIERS["starter"])


def test_the_tiers_are_the_published_ones() -> None:
    assert TIERS["starter"] == RateTier(15, 0.33, 60, 1.0)
    assert TIERS["intermediate"] == RateTier(20, 0.5, 125, 2.34)
    assert TIERS["pro"] == RateTier(20, 1.0, 180, 3.75)


def test_the_reserve_is_kept_for_stops_and_exits() -> None:
    budget = STARTER.spent(12, Micros(0))
    assert budget.wait_us(1, Micros(0), urgent=False) > 0
    assert budget.wait_us(3, Micros(0), urgent=True) == 0
    assert budget.wait_us(4, Micros(0), urgent=True) > 0


def test_a_second_full_look_waits_for_the_decay() -> None:
    budget = STARTER.spent(10, Micros(0))
    assert 20 * SECOND < budget.wait_us(10, Micros(0), urgent=False) < 25 * SECOND


def test_a_simulated_exchange_forgets_faster() -> None:
    fast = RateBudget(TIERS["starter"], decay_factor=100.0).spent(15, Micros(0))
    assert fast.wait_us(10, Micros(0), urgent=False) < SECOND


def test_a_refusal_corrects_a_count_that_was_too_low() -> None:
    assert STARTER.refused(Micros(0)).level == STARTER.tier.points_max
    assert STARTER.spent(99, Micros(0)).refused(Micros(0)).level == 99


def test_a_call_dearer_than_the_ceiling_waits_for_an_empty_counter() -> None:
    assert STARTER.wait_us(50, Micros(0), urgent=False) == 0
    assert STARTER.spent(1, Micros(0)).wait_us(50, Micros(0), urgent=False) > 0


def test_history_calls_cost_two() -> None:
    assert CALL_COSTS["TradesHistory"] == CALL_COSTS["Ledgers"] == 2
    assert CALL_COSTS.get("OpenOrders", 1) == 1


@pytest.mark.parametrize("urgent", [True, False])
@given(calls=st.lists(st.tuples(st.integers(0, 10 * SECOND), st.sampled_from([1, 2])), max_size=60))
def test_who_waits_as_told_is_never_above_the_ceiling(
    *, urgent: bool, calls: list[tuple[int, int]]
) -> None:
    budget = STARTER
    now = Micros(0)
    for pause, cost in calls:
        now = Micros(now + pause)
        now = Micros(now + budget.wait_us(cost, now, urgent=urgent))
        budget = budget.spent(cost, now)
        ceiling = budget.tier.points_max - (0 if urgent else budget.reserve)
        assert budget.level <= ceiling + 1e-6


def test_time_that_runs_backwards_gives_nothing_away() -> None:
    budget = STARTER.spent(10, Micros(SECOND))
    assert budget.level_at(Micros(0)) == pytest.approx(10)


def test_a_call_on_its_way_gives_nothing_back() -> None:
    budget = STARTER.spent(10, Micros(0)).answered(Micros(5 * SECOND))
    assert budget.level_at(Micros(5 * SECOND)) == 10
    assert budget.level_at(Micros(6 * SECOND)) == pytest.approx(9.67)


@pytest.mark.parametrize(
    ("age_s", "cancel", "amend"),
    [(0, 8, 4), (4.999, 8, 4), (5, 6, 3), (10, 5, 2), (15, 4, 1), (45, 2, 1), (90, 1, 1)],
)
def test_young_orders_are_dear_to_change(age_s: float, cancel: int, amend: int) -> None:
    assert cancel_cost(int(age_s * SECOND)) == cancel
    assert amend_cost(int(age_s * SECOND)) == amend


def test_an_old_order_is_cancelled_for_nothing() -> None:
    assert cancel_cost(300 * SECOND) == 0
    assert cancel_cost(300 * SECOND - 1) == 1


def test_entries_leave_room_for_stops_and_stops_for_late_arrivals() -> None:
    budget = OrderBudget(TIERS["starter"])
    assert budget.spent(39, Micros(0)).allows(1, Micros(0), urgent=False)
    assert not budget.spent(40, Micros(0)).allows(1, Micros(0), urgent=False)
    assert budget.spent(54, Micros(0)).allows(1, Micros(0), urgent=True)
    assert not budget.spent(55, Micros(0)).allows(1, Micros(0), urgent=True)
    assert budget.spent(55, Micros(0)).allows(1, Micros(SECOND), urgent=True)


def test_a_refused_order_shows_a_full_counter() -> None:
    budget = OrderBudget(TIERS["starter"], decay_factor=10.0)
    assert budget.refused(Micros(0)).level == 60
    assert budget.spent(70, Micros(0)).refused(Micros(0)).level == 70
    assert budget.refused(Micros(0)).level_at(Micros(SECOND)) == 50
