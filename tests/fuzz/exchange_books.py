"""Can an update of an order book do anything but be applied, refused or make it be read anew?"""

from s1mpletrader.exchange.frame_codec import Books, read_frame
from s1mpletrader.exchange.order_book import BookKeeper
from tests.exchange.test_order_book import BTC, VECTOR, frame, levels
from tests.exchange.world import BTC_USD
from tests.fuzz.mutation import Outcome, fuzz_with

DEPTH = 10
CORPUS = tuple(
    text.encode()
    for text in (
        frame(*levels(), VECTOR),
        frame([], [], VECTOR, "update"),
        frame(['{"price":50000.1,"qty":9.00000000}'], [], VECTOR, "update"),
        frame([], ['{"price":50000.0,"qty":0}'], VECTOR, "update"),
    )
)


class Keeper:
    """Takes books as a connection does; no copy ever grows beyond its depth."""

    def __init__(self) -> None:
        self._keeper = BookKeeper([BTC], DEPTH)
        self._keeper.opened(1)

    def hear(self, data: bytes) -> None:
        found = read_frame(data)
        if not isinstance(found, Books):
            return
        for each in found.updates:
            asked = self._keeper.hear(each, 1, is_snapshot=found.is_snapshot)
            assert len(asked) in {0, 2}
        book = self._keeper.book(BTC_USD)
        assert book is None or max(len(book.asks), len(book.bids)) <= DEPTH


def fuzz(seed: int, count: int) -> Outcome:
    """Hear `count` damaged books on one connection."""
    return fuzz_with(Keeper().hear, CORPUS, seed, count)
