"""Is a copy of the book whole, small, and asked for again when it is not?"""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange.book_codec import BookUpdate, Level
from s1mpletrader.exchange.frame_codec import Books, read_frame
from s1mpletrader.exchange.order_book import BookKeeper, OrderBook
from s1mpletrader.model.ids import Symbol
from tests.exchange.test_rest_codec import names
from tests.exchange.world import BTC_USD

BTC = names().pairs["XXBTZUSD"]
VECTOR = 2_436_942_070
"""The checksum of `levels()`, computed by hand with the documented rules."""


def levels() -> tuple[list[str], list[str]]:
    asks = [f'{{"price":5000{0}.{i + 1},"qty":0.{500 * (i + 1):08}}}' for i in range(9)]
    asks.append('{"price":50001.0,"qty":0.00005000}')
    bids = [f'{{"price":{Decimal(500000 - i) / 10:.1f},"qty":1.25000000}}' for i in range(10)]
    return asks, bids


def frame(
    asks: list[str], bids: list[str], checksum: int, kind: str = "snapshot", symbol: str = "BTC/USD"
) -> str:
    return (
        f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"{symbol}",'
        f'"asks":[{",".join(asks)}],"bids":[{",".join(bids)}],"checksum":{checksum},'
        '"timestamp":"2026-05-05T10:00:00.123456Z"}]}'
    )


def update(text: str) -> tuple[BookUpdate, bool]:
    found = read_frame(text)
    assert isinstance(found, Books)
    (only,) = found.updates
    return only, found.is_snapshot


def whole() -> OrderBook:
    book = OrderBook(BTC)
    first, _ = update(frame(*levels(), VECTOR))
    book.apply(first, is_snapshot=True)
    return book


def changed(
    book: OrderBook, asks: list[tuple[str, str]], bids: list[tuple[str, str]]
) -> BookUpdate:
    """Return an update with the right checksum."""
    sides = [tuple(Level(Decimal(p), Decimal(q)) for p, q in side) for side in (bids, asks)]
    made = BookUpdate(BTC_USD, sides[0], sides[1], 0, None)
    copy = OrderBook(BTC, depth=1_000)
    copy._bids, copy._asks = dict(book._bids), dict(book._asks)
    with suppress(ExchangeProtocolError):
        copy.apply(made, is_snapshot=False)
    return replace(made, checksum=copy.checksum)


def test_the_checksum_is_the_documented_one() -> None:
    book = whole()
    assert book.checksum == VECTOR
    assert book.asks[0] == (Decimal("50000.1"), Decimal("0.00000500"))
    assert book.bids[0] == (Decimal("50000.0"), Decimal("1.25000000"))


def test_changes_are_applied_in_order_and_the_book_stays_small() -> None:
    book = whole()
    change = changed(
        book,
        asks=[("50000.05", "1.00000000"), ("50000.05", "2.00000000")],
        bids=[("50000.0", "0.00000000"), ("49000.0", "1.00000000")],
    )
    book.apply(change, is_snapshot=False)
    assert book.asks[0] == (Decimal("50000.05"), Decimal("2.00000000"))
    assert len(book.asks) == 10
    assert book.asks[-1].price == Decimal("50000.9")
    assert book.bids[0].price == Decimal("49999.9")
    assert book.bids[-1].price == Decimal("49000.0")


@pytest.mark.parametrize(
    "message",
    [
        frame([], [], 5, "update"),
        frame(['{"price":50000.1,"qty":9.00000000}'], [], VECTOR, "update"),
        frame(['{"price":50000.1,"qty":0.00000501}'], [], VECTOR, "update"),
    ],
)
def test_a_copy_that_is_not_whole_is_noticed(message: str) -> None:
    damaged, _ = update(message)
    with pytest.raises(ExchangeProtocolError, match="checksum"):
        whole().apply(damaged, is_snapshot=False)


def test_zeros_that_got_lost_on_the_way_do_not_matter() -> None:
    asks, bids = levels()
    short, _ = update(
        frame(
            [e.replace("0}", "}") for e in asks], ['{"price":50000,"qty":1.25}', *bids[1:]], VECTOR
        )
    )
    book = OrderBook(BTC)
    book.apply(short, is_snapshot=True)
    assert book.checksum == VECTOR


def test_a_damaged_book_is_dropped_and_asked_for_again() -> None:
    keeper = BookKeeper([BTC])
    (asked,) = keeper.opened(1)
    assert json.loads(asked)["params"] == {
        "channel": "book",
        "symbol": ["BTC/USD"],
        "depth": 10,
        "snapshot": True,
    }
    snapshot, _ = update(frame(*levels(), VECTOR))
    assert keeper.hear(snapshot, 2, is_snapshot=True) == ()
    assert keeper.book(BTC_USD) is not None
    damaged, _ = update(frame([], [], 1, "update"))
    frames = keeper.hear(damaged, 3, is_snapshot=False)
    assert [json.loads(each)["method"] for each in frames] == ["unsubscribe", "subscribe"]
    assert [json.loads(each)["req_id"] for each in frames] == [3, 4]
    assert keeper.book(BTC_USD) is None
    assert keeper.hear(damaged, 5, is_snapshot=False) == ()
    assert keeper.hear(snapshot, 5, is_snapshot=True) == ()
    assert keeper.book(BTC_USD) is not None
    assert keeper.resyncs == 1
    keeper.opened(9)
    assert keeper.book(BTC_USD) is None


def test_a_book_that_nobody_asked_for_is_left_out() -> None:
    keeper = BookKeeper([replace(BTC, symbol=Symbol("SOL/USD"))])
    snapshot, _ = update(frame(*levels(), VECTOR))
    assert keeper.hear(snapshot, 1, is_snapshot=True) == ()
    assert keeper.book(BTC_USD) is None


def test_a_damaged_snapshot_is_asked_for_again() -> None:
    keeper = BookKeeper([BTC])
    damaged, _ = update(frame(*levels(), VECTOR - 1))
    assert len(keeper.hear(damaged, 1, is_snapshot=True)) == 2


def test_a_checksum_ignored_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = OrderBook.apply

    def lenient(self: OrderBook, message: BookUpdate, *, is_snapshot: bool) -> None:
        with suppress(ExchangeProtocolError):
            strict(self, message, is_snapshot=is_snapshot)

    monkeypatch.setattr(OrderBook, "apply", lenient)
    with pytest.raises(pytest.fail.Exception):
        test_a_copy_that_is_not_whole_is_noticed(frame([], [], 5, "update"))


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 60), st.integers(0, 5)),
        max_size=300,
    )
)
def test_the_book_holds_exactly_what_was_told(
    changes: list[tuple[bool, int, int]],
) -> None:
    real: dict[bool, dict[Decimal, Decimal]] = {True: {}, False: {}}
    book = OrderBook(BTC, depth=1_000)
    for is_bid, price, qty in changes:
        level = (str(price), str(qty))
        asks, bids = ([], [level]) if is_bid else ([level], [])
        book.apply(changed(book, asks, bids), is_snapshot=False)
        real[is_bid].pop(Decimal(price), None)
        if qty:
            real[is_bid][Decimal(price)] = Decimal(qty)
        assert dict(book.bids) == real[True]
        assert dict(book.asks) == real[False]
        assert [each.price for each in book.asks] == sorted(real[False])


@pytest.mark.parametrize(
    "row",
    [
        {"symbol": "BTC/USD"},
        {"symbol": "BTC/USD", "checksum": -1},
        {"symbol": "BTC/USD", "checksum": 2**32},
        {"symbol": "BTC/USD", "checksum": 1, "asks": [{"price": 1}]},
        {"symbol": "BTC/USD", "checksum": 1, "asks": [{"price": 1, "qty": "NaN"}]},
        {"symbol": "BTC/USD", "checksum": 1, "asks": [{"price": 1, "qty": 1}] * 4_001},
    ],
)
def test_an_impossible_book_is_refused(row: Any) -> None:
    with pytest.raises(ExchangeProtocolError):
        read_frame(json.dumps({"channel": "book", "type": "update", "data": [row]}))
