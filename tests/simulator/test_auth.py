"""Does the exchange know who is asking?"""

import pytest

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.auth import (
    DEFAULT_KEYS,
    MODIFY,
    TOKEN_LIFE_S,
    TOKENS_MAX,
    Doorkeeper,
    signature,
)
from s1mpletrader.simulator.refusal import Refused
from tests.simulator.harness import sign

KEY = DEFAULT_KEYS["SIM-ENGINE"]
PATH = "/0/private/Balance"
NOW = Micros(1_600_000_000_000_000)


def test_the_public_vector_of_a_signature() -> None:
    secret = (
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    )
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    assert signature(secret, "/0/private/AddOrder", "1616492376594", body) == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


def test_only_what_the_secret_signed_is_let_in() -> None:
    door, body = Doorkeeper(DEFAULT_KEYS), b"nonce=1"
    good = sign(KEY.secret, PATH, "1", body)
    assert door.verify(KEY.key, good, PATH, "1", body) is KEY
    with pytest.raises(Refused, match=refusal.INVALID_KEY):
        door.verify("unknown", good, PATH, "1", body)
    for path, nonce, sent in ((PATH + "Ex", "1", body), (PATH, "2", body), (PATH, "1", b"nonce=2")):
        with pytest.raises(Refused, match=refusal.INVALID_SIGNATURE):
            door.verify(KEY.key, good, path, nonce, sent)


@pytest.mark.parametrize("nonce", ["", "-1", "1.5", "x", str(2**64), "\u0661"])
def test_a_nonce_is_an_unsigned_64_bit_number(nonce: str) -> None:
    good = sign(KEY.secret, PATH, nonce, b"")
    with pytest.raises(Refused, match=refusal.INVALID_NONCE):
        Doorkeeper(DEFAULT_KEYS).verify(KEY.key, good, PATH, nonce, b"")


def test_a_key_may_do_only_what_it_was_given() -> None:
    DEFAULT_KEYS["SIM-READER"].require("")
    with pytest.raises(Refused, match=refusal.PERMISSION_DENIED):
        DEFAULT_KEYS["SIM-READER"].require(MODIFY)


def test_a_token_ends_after_its_life_unless_it_is_in_use() -> None:
    door = Doorkeeper(DEFAULT_KEYS)
    token, end = door.issue_token(KEY, NOW), Micros(NOW + TOKEN_LIFE_S * SECOND)
    assert door.bearer(token, end, in_use=False) is KEY
    with pytest.raises(Refused, match=refusal.INVALID_SESSION):
        door.bearer(token, Micros(end + 1), in_use=False)
    assert door.bearer(token, Micros(end + 1), in_use=True) is KEY
    door.forget_tokens()
    for nonsense in (token, None, 5, ""):
        with pytest.raises(Refused, match=refusal.INVALID_SESSION):
            door.bearer(nonsense, NOW, in_use=True)


def test_tokens_have_a_limit_and_the_oldest_goes_first() -> None:
    door = Doorkeeper(DEFAULT_KEYS)
    first = door.issue_token(KEY, NOW)
    for _ in range(TOKENS_MAX - 1):
        last = door.issue_token(KEY, NOW)
    assert door.bearer(first, NOW, in_use=False) is KEY
    door.issue_token(KEY, NOW)
    with pytest.raises(Refused):
        door.bearer(first, NOW, in_use=False)
    assert door.bearer(last, NOW, in_use=False) is KEY


def test_some_key_may_withdraw_so_that_clients_can_refuse_it() -> None:
    withdrawing = [key.key for key in DEFAULT_KEYS.values() if "withdraw" in str(key.permissions)]
    assert withdrawing == ["SIM-WITHDRAWER"]
