"""Which bytes are a group?"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core import journal
from s1mpletrader.errors import StateCorrupt, StateEncodeError, StateTooNew
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ClientOrderId, Symbol
from s1mpletrader.model.inputs import Input, MarketTick, Stamp, Submitted, TimerFired
from s1mpletrader.model.orders import Ack, Duplicate, Reject, Unknown
from s1mpletrader.model.records import AlertRaised, CancelWanted, Record, Stopped


def tick(number: int, *records: str) -> Group:
    return Group(
        Stamp(number, Micros(number), Micros(number + 1)),
        MarketTick(
            Symbol("BTC/USD"), Decimal("1.10"), Decimal("0.5"), "buy", number, Micros(number)
        ),
        tuple(AlertRaised("info", "test", each) for each in records),
    )


times = st.integers(-(2**60), 2**60).map(Micros)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
answers = st.one_of(
    st.just(Duplicate()),
    st.builds(Ack, txid=texts),
    st.builds(Reject, code=texts),
    st.builds(Unknown, why=texts, slow=st.booleans()),
)
inputs: st.SearchStrategy[Input] = st.one_of(
    st.just(TimerFired()),
    st.builds(
        MarketTick,
        symbol=texts,
        price=decimals,
        qty=decimals,
        side=texts,
        trade_id=st.integers(0, 2**62),
        time_us=times,
        history=st.booleans(),
    ),
    st.builds(Submitted, client_id=texts, answer=answers),
)
records: st.SearchStrategy[Record] = st.one_of(
    st.builds(AlertRaised, level=texts, name=texts, text=texts),
    st.builds(CancelWanted, client_id=texts.map(ClientOrderId), why=texts),
    st.builds(Stopped, why=texts),
)


@st.composite
def journals(draw: st.DrawFn) -> list[Group]:
    count = draw(st.integers(1, 6))
    return [
        Group(
            Stamp(number, draw(times), draw(times)),
            draw(inputs),
            tuple(draw(st.lists(records, max_size=3))),
        )
        for number in range(1, count + 1)
    ]


def written(groups: list[Group], durable: int = 0) -> tuple[bytes, list[int]]:
    """Return a journal's bytes and where each group ends."""
    data, previous, ends = b"", journal.GENESIS, []
    for group in groups:
        piece, previous = journal.encode(group, previous, durable)
        data += piece
        ends.append(len(data))
    return data, ends


def read(data: bytes) -> list[Group]:
    """Return the groups that `data` begins with."""
    found, at, previous = [], 0, journal.GENESIS
    while mark := journal.find_mark(data, at):
        piece = data[at : mark.end]
        if journal.verify(piece, previous) != mark._replace(
            body_end=mark.body_end - at, end=len(piece)
        ):
            break
        found.append(journal.decode(piece))
        at, previous = mark.end, mark.head
    return found


@given(journals(), st.integers(0, 10**18 - 1))
def test_what_was_encoded_is_decoded(groups: list[Group], durable: int) -> None:
    data, ends = written(groups, durable)
    assert read(data) == groups
    mark = journal.find_last_mark(data)
    assert mark is not None
    assert (mark.end, mark.durable) == (ends[-1], durable)


@given(journals(), st.data())
def test_every_cut_leaves_a_prefix_of_groups(groups: list[Group], data: st.DataObject) -> None:
    text, ends = written(groups)
    cut = data.draw(st.integers(0, len(text)))
    assert read(text[:cut]) == groups[: sum(end <= cut for end in ends)]


@given(journals(), st.data())
def test_every_flipped_bit_ends_the_journal_before_its_group(
    groups: list[Group], data: st.DataObject
) -> None:
    text, ends = written(groups)
    position = data.draw(st.integers(0, len(text) * 8 - 1))
    flipped = bytearray(text)
    flipped[position // 8] ^= 1 << position % 8
    assert read(bytes(flipped)) == groups[: sum(end <= position // 8 for end in ends)]


def test_every_cut_of_a_group_is_noticed() -> None:
    piece, _ = journal.encode(tick(1, "a", "b"), journal.GENESIS, 0)
    for end in range(len(piece)):
        assert journal.verify(piece[:end], journal.GENESIS) is None


def test_every_bit_flip_of_a_group_is_noticed() -> None:
    piece, _ = journal.encode(tick(1, "a"), journal.GENESIS, 0)
    for position in range(len(piece) * 8):
        flipped = bytearray(piece)
        flipped[position // 8] ^= 1 << position % 8
        assert journal.verify(bytes(flipped), journal.GENESIS) is None


def test_a_group_follows_only_the_group_before_it() -> None:
    first, head = journal.encode(tick(1), journal.GENESIS, 0)
    second, _ = journal.encode(tick(2), head, 0)
    assert journal.verify(second, head) is not None
    assert journal.verify(second, journal.GENESIS) is None
    assert journal.verify(first + second, journal.GENESIS) is None


def test_a_record_may_contain_what_looks_like_a_mark() -> None:
    text = ',"w":7,"h":"' + "0" * 32 + '"}\n'
    piece, _ = journal.encode(tick(1, text), journal.GENESIS, 0)
    assert journal.find_mark(piece) == journal.verify(piece, journal.GENESIS)
    assert journal.decode(piece) == tick(1, text)


def test_bytes_without_a_mark_have_none() -> None:
    assert journal.find_mark(b'{"n":1}\n') is None
    assert journal.find_last_mark(b"") is None


def test_the_number_of_a_line_is_read_without_decoding_it() -> None:
    piece, _ = journal.encode(tick(42, "a"), journal.GENESIS, 0)
    assert [journal.number_of(line) for line in piece.splitlines()] == [42, 42]
    assert journal.number_of(b'{"journal":"s1mpletrader"}') is None


@pytest.mark.parametrize("number", [1, 2])
def test_a_value_that_json_cannot_hold_is_refused(number: int) -> None:
    with pytest.raises(StateEncodeError, match=f"group {number} cannot be written"):
        journal.encode(tick(number, "\ud800"), journal.GENESIS, 0)


def test_a_group_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(journal.encode(tick(1, "a"), journal.GENESIS, 0)[0])
    monkeypatch.setattr(journal, "GROUP_SIZE_MAX", size)
    journal.encode(tick(1, "a"), journal.GENESIS, 0)
    with pytest.raises(StateEncodeError, match=f"has {size + 1} bytes, more than {size}"):
        journal.encode(tick(1, "aa"), journal.GENESIS, 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"tick"', b'"tock"'), (b'"price"', b'"prize"'), (b'{"n"', b'["n"'), (b"BTC", b"\xffTC")],
)
def test_a_group_of_a_newer_version_is_not_half_read(old: bytes, new: bytes) -> None:
    piece, _ = journal.encode(tick(1), journal.GENESIS, 0)
    with pytest.raises(StateCorrupt, match="this version cannot read"):
        journal.decode(piece.replace(old, new))


def test_records_belong_to_their_input() -> None:
    piece, _ = journal.encode(tick(1, "a"), journal.GENESIS, 0)
    with pytest.raises(StateCorrupt, match="records of another group"):
        journal.decode(piece.replace(b'{"n":1,"rec"', b'{"n":2,"rec"'))


def test_a_header_is_a_link_of_the_chain() -> None:
    _, head = journal.encode(tick(1), journal.GENESIS, 0)
    line = journal.encode_header(segment=2, first=2, previous=head, version="0.1.0")
    header = journal.decode_header(line)
    assert (header.segment, header.first, header.prev, header.w) == (2, 2, head, 1)
    mark = journal.verify(line, head)
    assert mark is not None
    assert mark.head == header.h


def test_no_flipped_bit_of_a_header_is_read() -> None:
    line = journal.encode_header(segment=1, first=1, previous=journal.GENESIS, version="0.1.0")
    for position in range(len(line) * 8):
        flipped = bytearray(line)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises((StateCorrupt, StateTooNew)):
            journal.decode_header(bytes(flipped))


def test_a_newer_schema_is_told_apart_from_damage() -> None:
    line = journal.encode_header(segment=1, first=1, previous=journal.GENESIS, version="9")
    newer = line.replace(b'"schema":1', b'"schema":2').replace(b'"segment"', b'"part"')
    with pytest.raises(StateTooNew, match="record schema 2, this version 1"):
        journal.decode_header(newer)
    with pytest.raises(StateCorrupt, match="does not begin with a header"):
        journal.decode_header(newer.replace(b"s1mpletrader", b"somebodyelse"))


@given(journals(), st.integers(0, 20), st.integers(0, 20))
def test_a_tail_claims_what_its_marks_say(groups: list[Group], durable: int, number: int) -> None:
    data, _ = written(groups, durable)
    assert journal.claims_durable(data[7:], number) is (durable >= number)
    assert not journal.claims_durable(data[:20], number)
