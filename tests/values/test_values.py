"""Do values round and sum as the exchange does?"""

from decimal import Decimal as D

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.looks import BalanceRow, Balances, Complete
from s1mpletrader.model.market import Instrument

BTC = Instrument(
    Symbol("BTC/USD"),
    Asset("BTC"),
    Asset("USD"),
    D("0.1"),
    D("0.01"),
    D("0.00001"),
    D("0.05"),
    D(10),
)


def test_quantities_are_rounded_down_to_the_lot() -> None:
    assert BTC.floor_qty(D("0.0199")) == D("0.01")
    assert BTC.floor_qty(D("0.02")) == D("0.02")


def test_prices_are_rounded_to_the_tick_on_either_side() -> None:
    assert BTC.floor_price(D("100.19")) == D("100.1")
    assert BTC.ceil_price(D("100.11")) == D("100.2")
    assert BTC.ceil_price(D("100.1")) == D("100.1")


def test_what_open_orders_hold_is_not_free() -> None:
    balances = Balances((BalanceRow(Asset("BTC"), D(3), D(1)),), "L1", "L1")
    assert balances.is_stable
    assert (balances.total(Asset("BTC")), balances.free(Asset("BTC"))) == (D(3), D(2))
    assert (balances.total(Asset("SOL")), balances.free(Asset("SOL"))) == (D(0), D(0))


def test_a_balance_read_during_a_booking_is_not_stable() -> None:
    assert not Balances((), "L1", "L2").is_stable


def test_a_look_without_orders_has_no_rows() -> None:
    assert Complete(1, Micros(0), Micros(1), Micros(0), (), (), ()).rows == ()
