"""Do orders trade as the market trades, and never for more than there is?"""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core import matching
from s1mpletrader.core.matching import Depth, Level, Liquidity, Resting
from s1mpletrader.model.orders import OrderType, Side

TICK = D("0.01")
LIQUIDITY = Liquidity(level_qty=D(1), levels=3)


def resting(name: str, side: Side, price: str, qty: str, number: int) -> Resting:
    return Resting(name, side, D(price), D(qty), number)


def test_synthetic_depth_surrounds_the_last_trade() -> None:
    book = matching.depth(D("2500.00"), TICK, LIQUIDITY)
    assert [level.price for level in book.asks] == [D("2500.25"), D("2500.50"), D("2500.75")]
    assert [level.price for level in book.bids] == [D("2499.75"), D("2499.50"), D("2499.25")]


def test_spread_and_steps_are_at_least_a_tick() -> None:
    book = matching.depth(D("1.00"), TICK, LIQUIDITY)
    assert [level.price for level in book.asks] == [D("1.01"), D("1.02"), D("1.03")]


def test_nobody_bids_zero_or_less() -> None:
    book = matching.depth(D("0.02"), TICK, LIQUIDITY)
    assert [level.price for level in book.bids] == [D("0.01")]


def test_a_last_price_between_ticks_is_rounded_away_from_the_spread() -> None:
    book = matching.depth(D("1.005"), TICK, LIQUIDITY)
    assert book.asks[0].price == D("1.02")
    assert book.bids[0].price == D("0.99")


def test_a_big_order_takes_several_levels_and_no_more_than_there_is() -> None:
    book = matching.depth(D("2500.00"), TICK, LIQUIDITY)
    taken = matching.take(book.asks, Side.BUY, D("2.5"))
    assert [(part.price, part.qty) for part in taken] == [
        (D("2500.25"), D(1)),
        (D("2500.50"), D(1)),
        (D("2500.75"), D("0.5")),
    ]
    assert sum(part.qty for part in matching.take(book.asks, Side.BUY, D(9))) == D(3)


def test_a_limit_is_never_crossed() -> None:
    book = matching.depth(D("2500.00"), TICK, LIQUIDITY)
    assert matching.take(book.asks, Side.BUY, D(3), D("2500.50")) == (
        Level(D("2500.25"), D(1)),
        Level(D("2500.50"), D(1)),
    )
    assert matching.take(book.bids, Side.SELL, D(3), D("2499.80")) == ()


@pytest.mark.parametrize(
    ("side", "limit", "marketable"),
    [
        (Side.BUY, "2500.25", True),
        (Side.BUY, "2500.24", False),
        (Side.SELL, "2499.75", True),
        (Side.SELL, "2499.76", False),
    ],
)
def test_marketable_begins_at_the_best_price(side: Side, limit: str, *, marketable: bool) -> None:
    book = matching.depth(D("2500.00"), TICK, LIQUIDITY)
    assert matching.is_marketable(side, D(limit), book) is marketable


def test_nothing_is_marketable_against_an_empty_side() -> None:
    assert not matching.is_marketable(Side.SELL, D(1), Depth((), ()))


@pytest.mark.parametrize(
    ("side", "limit", "price", "through"),
    [
        (Side.BUY, "100", "99.99", True),
        (Side.BUY, "100", "100", False),
        (Side.SELL, "100", "100.01", True),
        (Side.SELL, "100", "100", False),
    ],
)
def test_a_trade_at_the_limit_is_not_through_it(
    side: Side, limit: str, price: str, *, through: bool
) -> None:
    assert matching.is_traded_through(side, D(limit), D(price)) is through


@pytest.mark.parametrize(
    ("kind", "side", "last", "triggered"),
    [
        (OrderType.STOP_LOSS, Side.SELL, "100", True),
        (OrderType.STOP_LOSS, Side.SELL, "100.01", False),
        (OrderType.STOP_LOSS, Side.BUY, "100", True),
        (OrderType.STOP_LOSS, Side.BUY, "99.99", False),
        (OrderType.TAKE_PROFIT, Side.SELL, "100", True),
        (OrderType.TAKE_PROFIT, Side.SELL, "99.99", False),
        (OrderType.TAKE_PROFIT, Side.BUY, "100", True),
        (OrderType.TAKE_PROFIT, Side.BUY, "100.01", False),
    ],
)
def test_a_stop_wakes_at_its_trigger(
    kind: OrderType, side: Side, last: str, *, triggered: bool
) -> None:
    assert matching.is_triggered(kind, side, D(100), D(last)) is triggered


def test_the_tape_fills_the_best_price_first_then_the_earlier_order() -> None:
    orders = [
        resting("late", Side.BUY, "100", "1", 3),
        resting("early", Side.BUY, "100", "1", 2),
        resting("best", Side.BUY, "101", "1", 9),
        resting("far", Side.BUY, "98", "1", 1),
    ]
    fills = matching.fill_resting(orders, D(99), D("2.5"))
    assert [(fill.name, fill.price, fill.qty) for fill in fills] == [
        ("best", D(101), D(1)),
        ("early", D(100), D(1)),
        ("late", D(100), D("0.5")),
    ]


def test_the_tape_fills_sells_from_the_lowest() -> None:
    orders = [
        resting("high", Side.SELL, "101", "1", 1),
        resting("low", Side.SELL, "100", "1", 2),
    ]
    fills = matching.fill_resting(orders, D(102), D(1))
    assert [fill.name for fill in fills] == ["low"]


@given(
    quantities=st.lists(st.integers(1, 1000), max_size=8),
    prices=st.lists(st.integers(90, 110), min_size=8, max_size=8),
    traded=st.integers(0, 3000),
    at=st.integers(90, 110),
)
def test_a_trade_never_fills_more_than_it_or_the_orders_have(
    quantities: list[int], prices: list[int], traded: int, at: int
) -> None:
    orders = [
        Resting(str(n), Side.BUY if n % 2 else Side.SELL, D(prices[n]), D(qty), n)
        for n, qty in enumerate(quantities)
    ]
    fills = matching.fill_resting(orders, D(at), D(traded))
    wanted = {order.name: order for order in orders}
    assert sum(fill.qty for fill in fills) <= traded
    assert len({fill.name for fill in fills}) == len(fills)
    for fill in fills:
        order = wanted[fill.name]
        assert 0 < fill.qty <= order.remaining
        assert fill.price == order.limit_price
        assert matching.is_traded_through(order.side, order.limit_price, D(at))


def test_costs_and_fees_are_rounded_down_to_the_step() -> None:
    step = D("0.00001")
    assert matching.cost_of(D("2500.01"), D("0.00000003"), step) == D("0.00007")
    assert matching.fee_of(D("100.00001"), D("0.004"), step) == D("0.40000")


@given(
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=20),
    price=st.integers(1, 10**7),
    rate=st.sampled_from(["0.004", "0.0025", "0.001"]),
)
def test_many_small_fills_never_cost_more_than_one_large(
    parts: list[int], price: int, rate: str
) -> None:
    step, at = D("0.00001"), D(price).scaleb(-2)
    costs = [matching.cost_of(at, D(part).scaleb(-8), step) for part in parts]
    fees = [matching.fee_of(cost, D(rate), step) for cost in costs]
    whole = at * D(sum(parts)).scaleb(-8)
    assert sum(costs) <= whole
    assert sum(fees) <= whole * D(rate)
