"""Which bytes are a group?"""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core import journal
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import MarketTick, Stamp
from s1mpletrader.model.records import AlertRaised, Stopped


def tick(number: int, *records: str) -> Group:
    return Group(
        Stamp(number, Micros(number), Micros(number + 1)),
        MarketTick(
            Symbol("BTC/USD"), Decimal("1.10"), Decimal("0.5"), "buy", number, Micros(number)
        ),
        tuple(AlertRaised("info", "test", each) for each in records),
    )


@given(st.lists(st.text(), max_size=3))
def test_what_was_encoded_is_decoded(texts: list[str]) -> None:
    piece, head = journal.encode(tick(1, *texts), journal.GENESIS, 0)
    mark = journal.verify(piece, journal.GENESIS)
    assert mark is not None
    assert (mark.durable, mark.head) == (0, head)
    assert journal.decode(piece) == tick(1, *texts)
    assert journal.find_mark(piece) == journal.verify(piece, journal.GENESIS)


def test_every_cut_is_noticed() -> None:
    piece, _ = journal.encode(tick(1, "a", "b"), journal.GENESIS, 0)
    for end in range(len(piece)):
        assert journal.verify(piece[:end], journal.GENESIS) is None


def test_every_bit_flip_is_noticed() -> None:
    piece, _ = journal.encode(tick(1, "a"), journal.GENESIS, 0)
    for position in range(len(piece) * 8):
        flipped = bytearray(piece)
        flipped[position // 8] ^= 1 << position % 8
        assert journal.verify(bytes(flipped), journal.GENESIS) is None


def test_a_record_may_contain_what_looks_like_a_mark() -> None:
    text = ',"w":7,"h":"' + "0" * 32 + '"}\n'
    piece, _ = journal.encode(tick(1, text), journal.GENESIS, 0)
    assert journal.find_mark(piece) == journal.verify(piece, journal.GENESIS)
    assert Stopped("x") not in journal.decode(piece).records
