"""Are instruments, names and public trades read as the exchange means them?"""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from s1mpletrader.core.books import Books
from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange import rest_codec
from s1mpletrader.exchange.names import NameBook
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.inputs import InstrumentsChanged, Stamp
from s1mpletrader.model.orders import Side
from tests.exchange.fake_kraken import ASSETS, PAIRS
from tests.exchange.world import BTC_USD


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def names() -> NameBook:
    return rest_codec.read_names(raw(ASSETS), raw(PAIRS))


def test_rest_names_become_websocket_names() -> None:
    book = names()
    assert book.symbol("XXBTZUSD") == book.symbol("XBTUSD") == BTC_USD
    assert book.symbol("SOLUSD") == "SOL/USD"
    assert (book.asset("XXBT"), book.asset("ZUSD"), book.asset("SOL")) == ("BTC", "USD", "SOL")
    assert book.pair_id(BTC_USD) == "XXBTZUSD"
    assert book.quote("XXBTZUSD") == "USD"


def test_what_the_exchange_does_not_list_keeps_its_name() -> None:
    book = names()
    assert book.symbol("XDG/EUR") == "DOGE/EUR"
    assert book.quote("XDG/EUR") == "EUR"
    assert book.asset("XBT.F") == "XBT.F"
    assert book.pair_id(Symbol("OLD/USD")) == "OLD/USD"


def test_instruments_have_the_exchanges_steps() -> None:
    bitcoin = names().pairs["XXBTZUSD"]
    assert bitcoin.price_tick == Decimal("0.1")
    assert bitcoin.qty_step == Decimal("0.00000001")
    assert bitcoin.cost_step == Decimal("0.00001")
    assert bitcoin.taker_fee == Decimal("0.004")
    assert bitcoin.base == Asset("BTC")
    solana = names().pairs["SOLUSD"]
    assert solana.price_tick == Decimal("0.01")


def test_a_pair_without_websocket_name_is_not_tradable() -> None:
    assert "DARK.d" not in names().pairs


def test_public_trades_are_read_exactly() -> None:
    rows = [["30000.10000", "0.12345678", 1688464484.178712, "s", "m", "", 42]]
    (tick,), last = rest_codec.read_trades(raw({"XXBTZUSD": rows, "last": "77"}), BTC_USD)
    assert (tick.price, tick.qty) == (Decimal("30000.10000"), Decimal("0.12345678"))
    assert (tick.side, tick.trade_id, last) == (Side.SELL, 42, "77")
    assert tick.time_us == 1_688_464_484_178_712


@pytest.mark.parametrize(
    "result",
    [
        {"A": [], "B": [], "last": "1"},
        {"A": "rows", "last": "1"},
        {"A": [], "last": []},
        {"A": [["1", "1", 1, "x", "m", "", 1]], "last": "1"},
        {"A": [["NaN", "1", 1, "b", "m", "", 1]], "last": "1"},
    ],
)
def test_unreadable_trades_are_refused(result: Any) -> None:
    with pytest.raises(ExchangeProtocolError):
        rest_codec.read_trades(raw(result), BTC_USD)


def test_an_empty_page_has_no_trades() -> None:
    assert rest_codec.read_trades(raw({"XXBTZUSD": [], "last": "5"}), BTC_USD) == ((), "5")


def test_warnings_are_not_failures() -> None:
    envelope = rest_codec.read_envelope(b'{"error":["WGeneral:Danger"],"result":{}}')
    assert envelope.failures == ()


def test_an_answer_with_neither_error_nor_result_is_unreadable() -> None:
    with pytest.raises(ExchangeProtocolError, match="neither"):
        rest_codec.read_envelope(b'{"error":[]}')


def test_time_and_status() -> None:
    assert rest_codec.read_time(raw({"unixtime": 1616336594})) == 1_616_336_594_000_000
    assert rest_codec.read_status(raw({"status": "cancel_only"})) == "cancel_only"


def test_changed_rules_are_in_the_books_at_once() -> None:
    books = Books()
    (instrument, *_) = names().pairs.values()
    changed = replace(instrument, qty_min=instrument.qty_min * 2)
    for number, each in enumerate((instrument, changed), start=1):
        stamp = Stamp(number, Micros(0), Micros(0))
        books.absorb_input(stamp, InstrumentsChanged((each,)))
    assert books.instruments == {changed.symbol: changed}
