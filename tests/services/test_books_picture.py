"""Are the books whole after they were written in slices, and who did the writing?"""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal as D
from unittest.mock import patch

import pytest

from s1mpletrader.core import snapshot
from s1mpletrader.core.books import Books
from s1mpletrader.model import records
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, TradeId
from s1mpletrader.model.orders import Side
from s1mpletrader.services import books_picture
from s1mpletrader.services.books_picture import BooksPicture, restored
from tests.core.test_books import PAIR, fill, intent, later, opened


def grown(count: int) -> Books:
    """Return books after so many trades, and as many of strangers."""
    books = opened()
    for number in range(count):
        entry = ClientOrderId(f"entry{number}")
        txid = ExchangeOrderId(f"O{number}")
        bought = records.Filled(entry, fill(number, "2"))
        stranger = records.ForeignOrder(
            ExchangeOrderId(f"S{number}"), PAIR, Side.SELL, orphan=False
        )
        foreign = records.ForeignFill(fill(-number - 1, "1", side=Side.SELL))
        later(books, intent(entry, trade=TradeId(f"t{number}")))
        later(books, records.Acked(entry, txid, "answer"), bought, stranger, foreign)
    return books


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_books_written_in_slices_are_the_same_books(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(books_picture, "SLICE", 3)
    books = grown(count)
    picture = BooksPicture(books)
    again = restored(picture.rest, picture.slices())
    assert snapshot.encode(again) == snapshot.encode(books)
    assert list(again.orders) == list(books.orders)


def test_what_happens_after_the_picture_is_not_in_it() -> None:
    """SAFETY J3: a checkpoint stands for one group, however long its writing takes."""
    books = grown(2)
    before = snapshot.encode(books)
    picture = BooksPicture(books)
    closing = records.TradeClosed(TradeId("t0"), "x", D(0), D(0))
    later(books, intent(ClientOrderId("next"), trade=TradeId("t9")), closing)
    later(books, records.Filled(ClientOrderId("next"), fill(99, "2")))
    assert snapshot.encode(restored(picture.rest, picture.slices())) == before


def test_the_loop_encodes_nothing_that_grows() -> None:
    """However many orders there were: the thread that trades only copies them."""
    seen: list[tuple[str, int]] = []
    honest = snapshot.encode

    def encode(books: Books) -> bytes:
        size = len(books.orders) + len(books.trades) + len(books.client_ids) + len(books.booked)
        seen.append((threading.current_thread().name, size))
        return honest(books)

    with patch.object(snapshot, "encode", encode):
        picture = BooksPicture(grown(250))
        with ThreadPoolExecutor(1, thread_name_prefix="disk") as disk:
            slices = disk.submit(lambda: list(picture.slices())).result()
    assert len(slices) > 4
    mine = threading.current_thread().name
    assert max(size for name, size in seen if name == mine) == 0
    assert max(size for name, size in seen if name != mine) <= books_picture.SLICE
