"""Does only a known refusal prove that an order does not exist (SAFETY O4)?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.errors import ExchangeError, ExchangeRefused, ExchangeUnavailable, Fenced
from s1mpletrader.exchange import error_codec
from s1mpletrader.exchange.error_codec import ErrorKind
from s1mpletrader.model.orders import Duplicate, Reject, Unknown

REFUSED = [
    "EOrder:Insufficient funds",
    "EOrder:Order minimum not met",
    "EOrder:Cost minimum not met",
    "EOrder:Tick size check failed",
    "EOrder:Invalid price",
    "EGeneral:Invalid arguments",
    "EGeneral:Invalid arguments:volume",
    "ETrade:Invalid request",
    "EQuery:Unknown asset pair",
    "EOrder:Post only order",
    "EOrder:Rate limit exceeded",
    "EOrder:Domain rate limit exceeded",
    "EOrder:Orders limit exceeded",
    "EAPI:Rate limit exceeded",
    "EGeneral:Permission denied",
    "EService:Market in cancel_only mode",
    "EService:Market in post_only mode",
    "ESession:Invalid session",
    "EAuth:Account temporary disabled",
    "ETrade:User Locked",
]
PROVES_NOTHING = [
    "EService:Unavailable",
    "EService:Busy",
    "EService:Deadline elapsed",
    "EGeneral:Internal error",
    "EDatabase:Internal error",
    "EOrder:Insufficient fundsX",
    "Exceeded msg rate",
    "",
]


@pytest.mark.parametrize("text", REFUSED)
def test_a_known_refusal_is_a_reject(text: str) -> None:
    assert error_codec.submit_failure(text) == Reject(text)


@pytest.mark.parametrize("text", PROVES_NOTHING)
def test_anything_else_proves_nothing(text: str) -> None:
    assert isinstance(error_codec.submit_failure(text), Unknown)


@given(st.text())
def test_a_text_nobody_knows_never_becomes_a_reject(text: str) -> None:
    if not any(text.startswith(code) for code in REFUSED):
        assert not isinstance(error_codec.submit_failure("EWhat:" + text), Reject)


def test_a_failing_service_needs_the_longer_patience() -> None:
    busy = error_codec.submit_failure("EService:Busy")
    late = error_codec.submit_failure("EService:Deadline elapsed")
    assert isinstance(busy, Unknown)
    assert isinstance(late, Unknown)
    assert busy.slow
    assert not late.slow


@pytest.mark.parametrize(
    "text", ["EGeneral:Invalid arguments:cl_ord_id", "EOrder:Duplicate cl_ord_id"]
)
def test_a_used_client_id_proves_an_open_order(text: str) -> None:
    assert error_codec.submit_failure(text) == Duplicate()


def test_an_amend_is_refused_or_unknown() -> None:
    assert error_codec.amend_failure("EOrder:Unknown order") == Reject("EOrder:Unknown order")
    assert isinstance(error_codec.amend_failure("EService:Busy"), Unknown)


def test_an_invalid_nonce_is_fenced_and_nothing_milder() -> None:
    assert isinstance(error_codec.read_failure(["EAPI:Invalid nonce"]), Fenced)
    assert isinstance(error_codec.read_failure(["EService:Busy", "EAPI:Invalid nonce"]), Fenced)


@pytest.mark.parametrize("text", ["EService:Unavailable", "EAPI:Rate limit exceeded"])
def test_a_read_that_could_not_be_answered_may_be_asked_again(text: str) -> None:
    assert isinstance(error_codec.read_failure([text]), ExchangeUnavailable)


def test_a_read_that_nobody_can_explain_teaches_nothing() -> None:
    assert isinstance(error_codec.read_failure(["EWhat:ever"]), ExchangeUnavailable)
    assert isinstance(error_codec.read_failure([""]), ExchangeUnavailable)
    assert type(error_codec.read_failure([])) is ExchangeError
    mixed = ["EOrder:Unknown order", "EService:Busy"]
    assert isinstance(error_codec.read_failure(mixed), ExchangeUnavailable)


def test_every_known_error_has_one_kind_also_with_a_detail() -> None:
    texts = [each.text for each in error_codec.KNOWN_ERRORS]
    assert len(set(texts)) == len(texts)
    for text, kind in error_codec.KNOWN_ERRORS:
        assert error_codec.kind_of(text) is kind
        assert error_codec.kind_of(f"{text}:volume:0.1") is kind
        assert error_codec.kind_of(text + "x") is ErrorKind.UNKNOWN
    assert set(dict(error_codec.KNOWN_ERRORS).values()) | {ErrorKind.UNKNOWN} == set(ErrorKind)


def test_an_invalid_nonce_in_answer_to_an_order_proves_nothing() -> None:
    assert isinstance(error_codec.submit_failure("EAPI:Invalid nonce"), Unknown)


def test_a_refused_read_says_why() -> None:
    failure = error_codec.read_failure(["EGeneral:Permission denied"])
    assert isinstance(failure, ExchangeRefused)
    assert failure.code == "EGeneral:Permission denied"
