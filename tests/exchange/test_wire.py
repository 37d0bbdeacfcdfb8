"""Are bytes of the exchange read without losing a digit, and refused within bounds?"""

from datetime import datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange import wire
from s1mpletrader.exchange.wire import Reader, Wire
from s1mpletrader.model.base import Micros


class Amount(Wire):
    value: Decimal


AMOUNT = Reader(Amount, "amount")


@pytest.mark.parametrize("text", ["0.10000000000000000555", "1.10", "0E-8", "50000", '"0.1000"'])
def test_no_digit_is_lost(text: str) -> None:
    assert str(AMOUNT.read(f'{{"value":{text}}}').value) == str(Decimal(text.strip('"')))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=0, max_value=10**9))
def test_amounts_are_sent_with_exactly_their_digits(amount: Decimal) -> None:
    sent = msgspec.json.encode({"value": wire.number(amount)})
    assert b"E" not in bytes(wire.number(amount)).upper()
    assert str(AMOUNT.read(sent).value) == str(amount)


def test_a_tiny_amount_is_sent_without_an_exponent() -> None:
    assert bytes(wire.number(Decimal("1E-8"))) == b"0.00000001"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "sNaN", "1E+31", "1E-31"])
def test_what_one_cannot_calculate_with_is_no_amount(text: str) -> None:
    with pytest.raises(ExchangeProtocolError, match="not an amount"):
        wire.exact(Decimal(text))


@pytest.mark.parametrize("text", ["1E+30", "1E-30", "0"])
def test_amounts_at_the_bounds_are_read(text: str) -> None:
    assert wire.exact(Decimal(text)) == Decimal(text)


def test_what_is_too_large_is_not_read() -> None:
    with pytest.raises(ExchangeProtocolError, match="larger than"):
        AMOUNT.read(b" " * (wire.BYTES_MAX + 1))
    assert AMOUNT.read(b'{"value":1}' + b" " * (wire.BYTES_MAX - 11)).value == 1


def test_too_many_rows_are_not_read() -> None:
    rows = Reader(list[int], "rows")
    assert len(rows.read(msgspec.json.encode([1] * wire.ROWS_MAX))) == wire.ROWS_MAX
    with pytest.raises(ExchangeProtocolError, match="rows"):
        rows.read(msgspec.json.encode([1] * (wire.ROWS_MAX + 1)))


def test_times_keep_their_microseconds() -> None:
    assert wire.from_seconds(Decimal("1688464484.178712")) == 1_688_464_484_178_712
    moment = datetime.fromisoformat("2026-01-02T03:04:05.678901+00:00")
    assert wire.to_rfc3339(wire.from_datetime(moment)) == "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize("seconds", ["-1", "4102444801", "NaN"])
def test_a_time_outside_this_century_is_none(seconds: str) -> None:
    with pytest.raises(ExchangeProtocolError):
        wire.from_seconds(Decimal(seconds))


def test_a_time_without_zone_is_none() -> None:
    with pytest.raises(ExchangeProtocolError, match="zone"):
        wire.from_datetime(datetime(2026, 1, 2))  # noqa: DTZ001 -- that is the point


def test_a_deadline_is_rounded_down() -> None:
    assert wire.to_rfc3339(Micros(1_999)) == "1970-01-01T00:00:00.001Z"


def test_a_client_id_is_known_in_every_spelling() -> None:
    ours = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
    for spelling in (ours, ours.upper(), ours.replace("-", "")):
        assert wire.client_id(spelling) == ours
    assert wire.client_id("my-own-id") == "my-own-id"
    assert wire.client_id("") is None
    assert wire.client_id(None) is None
