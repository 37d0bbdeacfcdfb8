"""How are the books written down while the engine goes on trading?

Orders, trades and executions grow for ever; encoding them in one piece would hold the loop up for
a second. So the loop only takes a picture (copies of dictionaries whose values never change), and
the disk's thread encodes it in slices, each a small snapshot of its own.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import islice
from typing import TypeVar

from s1mpletrader.core import snapshot
from s1mpletrader.core.books import Books

_T = TypeVar("_T")

SLICE = 200
"""Entries encoded at once: some 2 ms in which no other thread runs."""


class BooksPicture:
    """The books of one moment, whatever happens to them afterwards."""

    def __init__(self, books: Books) -> None:
        self._orders = books.orders.copy()
        self._trades = books.trades.copy()
        self._client_ids = books.client_ids.copy()
        self._foreign = books.foreign.copy()
        self._booked = books.booked.copy()
        rest = copy(books)
        rest.orders, rest.trades, rest.client_ids, rest.foreign, rest.booked = {}, {}, {}, {}, set()
        self.rest = snapshot.encode(rest)
        """Everything that does not grow, as a snapshot."""

    def slices(self) -> Iterator[bytes]:
        """Yield snapshots of the rest of the books; meant for another thread than the loop's."""
        part = Books()
        for orders in _sliced(self._orders.items()):
            part.orders = dict(orders)
            yield snapshot.encode(part)
        part = Books()
        for trades in _sliced(self._trades.items()):
            part.trades = dict(trades)
            yield snapshot.encode(part)
        part = Books()
        for client_ids in _sliced(self._client_ids.items()):
            part.client_ids = dict(client_ids)
            yield snapshot.encode(part)
        part = Books()
        for foreign in _sliced(self._foreign.items()):
            part.foreign = dict(foreign)
            yield snapshot.encode(part)
        part = Books()
        for booked in _sliced(self._booked):
            part.booked = set(booked)
            yield snapshot.encode(part)


def restored(rest: bytes, slices: Iterable[bytes]) -> Books:
    """Return the books of a picture; raises `StateCorrupt` where it cannot be read."""
    books = snapshot.decode(rest)
    for each in slices:
        part = snapshot.decode(each)
        books.orders.update(part.orders)
        books.trades.update(part.trades)
        books.client_ids.update(part.client_ids)
        books.foreign.update(part.foreign)
        books.booked.update(part.booked)
    return books


def _sliced(entries: Iterable[_T]) -> Iterator[tuple[_T, ...]]:
    left = iter(entries)
    while part := tuple(islice(left, SLICE)):
        yield part
