"""Is every order counted on its pair, at its age?"""

import pytest

from s1mpletrader.core.rate_budget import TIERS, OrderBudget
from s1mpletrader.exchange import order_pace
from s1mpletrader.exchange.order_pace import OrderPace
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from tests.exchange.world import BTC_USD, CLIENT_ID, an_order

SOL_USD = Symbol("SOL/USD")
TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")


def pace() -> OrderPace:
    return OrderPace(OrderBudget(TIERS["starter"]))


def level(of: OrderPace, symbol: Symbol, at_s: float = 0) -> float:
    return of._budgets[symbol].level_at(Micros(int(at_s * SECOND)))


def test_pairs_are_counted_apart() -> None:
    found = pace()
    for _ in range(40):
        found.placed(an_order(), Micros(0))
    assert found.refuses_order(an_order(), Micros(0)) is not None
    assert found.refuses_order(an_order(symbol=SOL_USD), Micros(0)) is None


def test_a_cancel_costs_by_the_orders_age_whatever_it_is_called() -> None:
    found = pace()
    found.placed(an_order(), Micros(0))
    found.cancelled(CLIENT_ID, None, Micros(20 * SECOND))
    assert level(found, BTC_USD, 20) == 4
    found.acknowledged(CLIENT_ID, TXID)
    found.cancelled(CLIENT_ID, TXID, Micros(100 * SECOND))
    assert level(found, BTC_USD, 100) == 1


def test_an_order_of_an_earlier_process_counts_as_young_on_every_pair() -> None:
    found = pace()
    found.placed(an_order(), Micros(0))
    found.placed(an_order(symbol=SOL_USD), Micros(0))
    found.cancelled(ClientOrderId("another"), TXID, Micros(60 * SECOND))
    assert (level(found, BTC_USD, 60), level(found, SOL_USD, 60)) == (8, 8)


def test_a_changed_order_counts_as_young_again() -> None:
    found = pace()
    found.placed(an_order(), Micros(0))
    found.acknowledged(CLIENT_ID, TXID)
    found.amended(TXID, BTC_USD, Micros(60 * SECOND))
    assert level(found, BTC_USD, 60) == 1
    found.amended(TXID, BTC_USD, Micros(61 * SECOND))
    assert level(found, BTC_USD, 61) == 4


def test_an_order_that_nobody_placed_teaches_nothing() -> None:
    found = pace()
    found.acknowledged(CLIENT_ID, TXID)
    found.refused(BTC_USD, Micros(0))
    assert level(found, BTC_USD) == 60


def test_no_more_orders_are_remembered_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_pace, "ORDERS_MAX", 3)
    found = pace()
    for number in range(10):
        found.placed(an_order(client_id=ClientOrderId(str(number))), Micros(0))
    assert list(found._orders) == ["7", "8", "9"]
