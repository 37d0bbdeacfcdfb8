"""Are numbers and moments spelled as clients expect, and is nonsense refused?"""

import contextlib
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core.matching import Depth, Level
from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import wire
from s1mpletrader.simulator.pairs import BTC_USD
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.ws_market_rows import checksum

MOMENT = Micros(1_767_323_045_678_901)


def test_numbers_keep_their_trailing_zeros() -> None:
    assert wire.encode({"qty": wire.number(D("0.1"), 8)}) == b'{"qty":0.10000000}'
    assert wire.text(D("1E+3"), 2) == "1000.00"
    assert wire.encode([wire.number(D("1E-8"), 8)]) == b"[0.00000001]"


def test_moments_have_microseconds() -> None:
    assert wire.rfc3339(MOMENT) == "2026-01-02T03:04:05.678901Z"
    assert wire.rfc3339_seconds(MOMENT) == "2026-01-02T03:04:05Z"
    assert wire.encode(wire.seconds(MOMENT)) == b"1767323045.678901"
    assert wire.encode(wire.seconds(None)) == b"0"
    assert wire.rfc1123(MOMENT) == "Fri, 02 Jan 26 03:04:05 +0000"


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_moment_survives_both_spellings(at_us: int) -> None:
    moment = Micros(at_us)
    assert wire.parse_moment(wire.rfc3339(moment), "t") == moment
    assert wire.parse_moment(wire.encode(wire.seconds(moment)).decode(), "t") == moment


@pytest.mark.parametrize(
    "bad", ["x", "NaN", "Infinity", "1e999999999999", "1e-31", True, None, "9" * 41, {}, ""]
)
def test_what_is_not_a_number_is_refused(bad: Any) -> None:
    with pytest.raises(Refused, match="EGeneral:Invalid arguments:volume"):
        wire.parse_decimal(bad, "volume")


@pytest.mark.parametrize("bad", ["1.5", str(2**64), "x"])
def test_what_is_not_a_whole_number_is_refused(bad: str) -> None:
    with pytest.raises(Refused):
        wire.parse_int(bad, "n")


@pytest.mark.parametrize("bad", ["2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "soon"])
def test_what_is_not_a_moment_is_refused(bad: str) -> None:
    with pytest.raises(Refused):
        wire.parse_moment(bad, "deadline")


@pytest.mark.parametrize("bad", [b"", b"[]", b"1", b"{", b'{"a":NaN}', b"\xff", b"[" * 100_000])
def test_what_is_not_an_object_is_refused(bad: bytes) -> None:
    with pytest.raises(Refused):
        wire.decode(bad)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_break_the_parser(body: bytes | str) -> None:
    with contextlib.suppress(Refused):
        assert isinstance(wire.decode(body), dict)


def test_decimals_come_in_exactly() -> None:
    assert wire.decode(b'{"qty":0.10000000}') == {"qty": D("0.10000000")}


def test_the_vector_of_the_book_checksum() -> None:
    pair = type(BTC_USD)(
        **{name: getattr(BTC_USD, name) for name in BTC_USD.__struct_fields__}
        | {"price_decimals": 1}
    )
    tick, lots = D("0.1"), D("0.00000500")
    book = Depth(
        asks=tuple(Level(D("50000.1") + tick * i, lots * (i + 1)) for i in range(10)),
        bids=tuple(Level(D("50000.0") - tick * i, D("1.25000000")) for i in range(10)),
    )
    assert checksum(pair, book) == 2436942070


def test_flags_are_spelled_in_many_ways() -> None:
    assert all(wire.parse_flag(yes) for yes in (True, "true", "True", "1", 1))
    assert not any(wire.parse_flag(no) for no in (False, "false", None, "", "0"))
