"""Which rows do the control API's tables show?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.cli.tables import COLUMNS
from s1mpletrader.core.books import Books
from s1mpletrader.host import control_rows
from s1mpletrader.model.ids import LinkId, Symbol
from tests.fakes import trading_day
from tests.fakes.trading_day import LINK, PAIR


@pytest.fixture
def books() -> Books:
    found = Books()
    for group in trading_day.day():
        found.absorb_input(group.stamp, group.input)
        for record in group.records:
            found.apply(record)
    return found


def test_a_position_shows_what_is_held_and_what_guards_it(books: Books) -> None:
    assert control_rows.positions(books) == [
        {
            "link": LINK,
            "symbol": PAIR,
            "qty": "0.5",
            "entry_price": "100.00",
            "mark_price": "103",
            "stop_trigger": "90.00",
            "stop_qty": "0.5",
            "profit": "1.40",
        }
    ]


def test_orders_that_are_not_final_come_last_and_all_ids_are_shown(books: Books) -> None:
    rows = control_rows.orders(books)
    assert len(rows) == 5
    assert rows[-1]["client_id"] == trading_day.SECOND_STOP
    assert rows[-1]["status"] == "acked"
    assert [row["status"] for row in rows[:-1]] == ["closed"] * 4
    assert rows[0]["filled"] == "0.5"


def test_no_amount_is_spelled_with_an_exponent(books: Books) -> None:
    everything = [
        *control_rows.positions(books),
        *control_rows.orders(books),
        *control_rows.trades(books),
        *control_rows.strategies(books, {}),
    ]
    amounts = [row.get(name) for row in everything for name in ("qty", "filled", "position")]
    assert not any("E" in str(amount) for amount in amounts)
    assert control_rows._spelled({"qty": D("0E-8")}) == {"qty": "0.00000000"}


def test_final_orders_are_bounded(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_rows, "FINAL_ORDERS_MAX", 2)
    assert len(control_rows.orders(books)) == 3


def test_trades_tell_profit_only_when_it_is_final(books: Books) -> None:
    first, second = control_rows.trades(books)
    assert first["trade_id"] == trading_day.FIRST_TRADE
    assert (first["profit"], first["fees"], first["qty"]) == ("-1.00", "0.30", "0.5")
    assert first["cause"] == "connection_lost"
    assert (second["profit"], second["closed_us"], second["cause"]) == (None, None, None)


def test_strategies_name_their_halts_and_configured_links_without_history(books: Books) -> None:
    symbols = {LINK: PAIR, LinkId("idle"): Symbol("SOL/USD")}
    demo, idle = control_rows.strategies(books, symbols)
    assert (demo["state"], demo["halts"]) == ("halted", ["operator"])
    assert (demo["position"], demo["profit"]) == ("0.5", "-1.00")
    assert (idle["link"], idle["state"], idle["last_tick_us"]) == ("idle", "running", None)


def test_halts_are_shown_with_who_and_why(books: Books) -> None:
    (halt,) = control_rows.halts(books)
    assert (halt["reason"], halt["by"], halt["why"]) == ("operator", "anna(1000)", "lunch")


def test_the_columns_of_the_command_line_are_the_fields_of_the_rows(books: Books) -> None:
    found = {
        "positions": control_rows.positions(books),
        "orders": control_rows.orders(books),
        "trades": control_rows.trades(books),
        "strategies": control_rows.strategies(books, {}),
    }
    for name, rows in found.items():
        assert tuple(rows[0]) == COLUMNS[name]
