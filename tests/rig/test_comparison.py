"""Does the comparison of the books notice every kind of difference?

One honest pair of books and account, and one lie at a time: a check that no lie can fail proves
nothing about the runs that pass it.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from s1mpletrader.core.books import Books
from s1mpletrader.model import records
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId
from s1mpletrader.model.orders import OrderRole, Side
from tests.core.test_books import ENTRY, LINK, PAIR, STOP, TRADE, fill, intent, later, opened
from tests.rig.comparison import Audit, differences

EXIT = ClientOrderId("exit")
SOLD = ((2, STOP), (3, EXIT))


def held() -> Books:
    """Return books in which one trade bought 2 and guards them with one stop."""
    stop = intent(STOP, side=Side.SELL, role=OrderRole.STOP)
    books = opened(intent(), records.Acked(ENTRY, ExchangeOrderId("O1"), "answer"))
    later(books, records.TradeOpened(TRADE, LINK, PAIR, intent().opportunity_id))
    later(books, records.Filled(ENTRY, fill(1, "2")))
    return later(books, stop, records.Acked(STOP, ExchangeOrderId("O2"), "answer"))


def row(txid: str, client_id: str, side: str, status: str, executed: str, *trades: str) -> Audit:
    """Return an order of 2 as the exchange's audit tells it."""
    return {
        "txid": txid,
        "client_id": client_id,
        "side": side,
        "status": status,
        "qty": "2",
        "executed": executed,
        "trades": list(trades),
    }


def honest() -> Audit:
    """Return the account as the books `held` have it."""
    figures = {"qty": "2", "price": "100", "cost": "200", "fee": "0.5", "base_fee": "0"}
    bought = {"exec_id": "T1", **figures}
    orders = [
        row("O1", ENTRY, "buy", "closed", "2", "T1"),
        row("O2", STOP, "sell", "open", "0"),
    ]
    balances = {"BTC": "2", "USD": "-200.5"}
    return {"orders": orders, "fills": [bought], "balances": balances}


def lied(lie: Callable[[Audit], object], books: Books | None = None) -> list[str]:
    """Return what the comparison says after a lie about the account."""
    truth = deepcopy(honest())
    lie(truth)
    return differences(books or held(), {"accounts": {"main": truth}})


LIES: dict[str, Callable[[Audit], Any]] = {
    "order entry is at the exchange 2 times": lambda t: t["orders"].append(t["orders"][0]),
    "execution T1 is at the exchange 2 times": lambda t: t["fills"].append(t["fills"][0]),
    "stop stop is acked here and unknown to the exchange": lambda t: t["orders"].pop(),
    "stop stop is acked here and canceled": lambda t: t["orders"][1].update(status="canceled"),
    "entry entry has 2 here and 1 at": lambda t: t["orders"][0].update(executed="1"),
    "execution T1 is booked on one side": lambda t: t["orders"][0].update(trades=[]),
    "execution T1: fee is 0.5 here": lambda t: t["fills"][0].update(fee="0.6"),
    "order O9 (None) is unknown here": lambda t: t["orders"].append(
        {**t["orders"][0], "txid": "O9", "client_id": None}
    ),
    "USD: -200.5 here, -200 at": lambda t: t["balances"].update(USD="-200"),
    "holds 2 and stops cover 1": lambda t: t["orders"][1].update(qty="1"),
}


def test_equal_books_differ_in_nothing() -> None:
    assert lied(lambda _: None) == []


@pytest.mark.parametrize("expected", LIES)
def test_a_lie_about_the_account_is_noticed(expected: str) -> None:
    found = lied(LIES[expected])
    assert any(expected in each for each in found), found


def test_more_on_sale_than_is_held_is_noticed() -> None:
    """SAFETY O10: nothing else differs, both sides know both sells."""
    sell = intent(EXIT, side=Side.SELL, role=OrderRole.EXIT)
    books = later(held(), sell, records.Acked(EXIT, ExchangeOrderId("O3"), "answer"))
    second = row("O3", EXIT, "sell", "open", "0")
    (found,) = lied(lambda truth: truth["orders"].append(second), books)
    assert found == "trade t1 holds 2 and 4 is on sale"


def test_a_trade_that_sold_more_than_it_held_is_noticed() -> None:
    """SAFETY O10: also when the trade is over and every execution agrees."""
    sell = intent(EXIT, side=Side.SELL, role=OrderRole.EXIT)
    books = later(held(), sell, records.Acked(EXIT, ExchangeOrderId("O3"), "answer"))
    later(books, *(records.Filled(each, fill(n, "2", side=Side.SELL)) for n, each in SOLD))
    sales = [{**honest()["fills"][0], "exec_id": f"T{n}"} for n, _ in SOLD]

    def sell_both(truth: Audit) -> None:
        truth["orders"][1] = row("O2", STOP, "sell", "closed", "2", "T2")
        truth["orders"].append(row("O3", EXIT, "sell", "closed", "2", "T3"))
        truth["fills"] += sales
        truth["balances"] = {"BTC": "-2", "USD": "198.5"}

    assert lied(sell_both, books) == ["trade t1 holds -2 and 0 is on sale"]


def test_an_amount_that_only_one_side_knows_is_noticed() -> None:
    assert lied(lambda truth: truth["balances"].update(SOL="3")) == [
        "SOL: 0 here, 3 at the exchange"
    ]
