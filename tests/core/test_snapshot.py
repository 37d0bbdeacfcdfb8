"""Do books survive being written down?"""

import pytest

from s1mpletrader.core import snapshot
from s1mpletrader.errors import StateCorrupt
from tests.core.test_trader import Stage


def test_a_snapshot_gives_the_same_books_and_the_same_bytes() -> None:
    stage = Stage()
    stage.start()
    stage.plan()
    body = snapshot.encode(stage.trader.books)
    again = snapshot.decode(body)
    assert snapshot.encode(again) == body
    assert list(again.live) == list(stage.trader.books.live)
    assert {link: each.amounts for link, each in again.ledgers.items()} == {
        link: each.amounts for link, each in stage.trader.books.ledgers.items()
    }


def test_a_trade_goes_on_from_a_snapshot_as_if_nothing_had_happened() -> None:
    stage, other = Stage(), Stage()
    for each in (stage, other):
        each.start()
        each.plan()
    other.trader.books = snapshot.decode(snapshot.encode(other.trader.books))
    for each in (stage, other):
        each.exit()
    assert snapshot.encode(other.trader.books) == snapshot.encode(stage.trader.books)


def test_what_is_no_snapshot_is_refused() -> None:
    with pytest.raises(StateCorrupt, match="the checkpoint cannot be read"):
        snapshot.decode(b'{"stamp": 7}')
