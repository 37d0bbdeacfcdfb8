"""Is this entry within its limits, at every edge (SAFETY O11)?"""

from decimal import Decimal as D

import msgspec
import pytest

from s1mpletrader.core.limits import carries_stop, entry_cost, refuse_entry
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.ids import Asset, LinkId, OpportunityId, Symbol, TradeId
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.signals import RoutedTradePlan

PAIR = Symbol("BTC/USD")
BTC = Instrument(
    symbol=PAIR,
    base=Asset("BTC"),
    quote=Asset("USD"),
    price_tick=D("0.1"),
    qty_step=D("0.01"),
    cost_step=D("0.00001"),
    qty_min=D("0.05"),
    cost_min=D(10),
    taker_fee=D("0.01"),
)
PLAN = RoutedTradePlan(
    TradeId("t"), OpportunityId("o"), LinkId("l"), PAIR, D("0.5"), D(1000), D(900)
)
RULES = Rules(price_band=D("0.05"), order_cost_max=D(600))


def rule(*, cash: D = D(505), last: D | None = D(1000), **changes: D | None) -> str | None:
    plan = msgspec.structs.replace(PLAN, **changes)
    refusal = refuse_entry(plan, BTC, cash=cash, last_price=last, rules=RULES)
    return None if refusal is None else refusal.rule


def test_the_cost_of_an_entry_includes_its_fee() -> None:
    assert entry_cost(PLAN, BTC) == D(505)


def test_an_entry_that_costs_exactly_the_free_cash_is_within_its_limits() -> None:
    assert rule() is None
    assert rule(cash=D("504.99")) == "capital"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"qty": D("0.505")}, "lot"),
        ({"qty": D(0)}, "lot"),
        ({"limit_price": D("1000.05")}, "tick"),
        ({"limit_price": D(0)}, "tick"),
        ({"qty": D("0.04")}, "minimum"),
        ({"qty": D("0.05"), "limit_price": D(100), "stop_trigger": D(90)}, "minimum"),
        ({"stop_trigger": D(1000)}, "stop"),
        ({"stop_trigger": D(0)}, "stop"),
        ({"qty": D("0.05"), "stop_trigger": D(199)}, "stop"),
        ({"limit_price": D("1050.1")}, "price_band"),
        ({"limit_price": D("949.9")}, "price_band"),
        ({"qty": D("0.6")}, "order_cost"),
    ],
)
def test_what_is_outside_a_limit_is_refused_by_name(
    changes: dict[str, D | None], expected: str
) -> None:
    assert rule(cash=D(10_000), **changes) == expected


def test_the_edges_of_the_price_band_are_inside() -> None:
    assert rule(limit_price=D(1050), cash=D(10_000)) is None
    assert rule(limit_price=D(950), cash=D(10_000)) is None


def test_without_a_last_trade_no_price_is_believed() -> None:
    assert rule(last=None) == "price_band"


def test_a_link_that_accepts_bare_holdings_needs_no_stop() -> None:
    assert rule(stop_trigger=None) is None


def test_a_stop_needs_the_exchanges_minimums_at_its_trigger() -> None:
    assert carries_stop(D("0.05"), D(200), BTC)
    assert not carries_stop(D("0.05"), D("199.9"), BTC)
    assert not carries_stop(D("0.04"), D(900), BTC)
