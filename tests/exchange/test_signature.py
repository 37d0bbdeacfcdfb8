"""Does the exchange recognise us, and nobody else our secret?"""

import base64

import pytest

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.signature import api_sign

SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="


def test_the_published_example_is_signed_as_published() -> None:
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    signed = api_sign("/0/private/AddOrder", 1616492376594, body, base64.b64decode(SECRET))
    assert signed == (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )


def test_credentials_show_neither_key_nor_secret() -> None:
    credentials = Credentials.from_text("the-key", SECRET)
    for shown in (repr(credentials), str(credentials), f"{credentials}", f"{[credentials]}"):
        assert "the-key" not in shown
        assert "kQH5" not in shown
        assert "\\x" not in shown


@pytest.mark.parametrize(("key", "secret"), [("k", "no base64!"), ("", SECRET), ("k", "")])
def test_a_damaged_pair_is_refused_without_quoting_it(key: str, secret: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Credentials.from_text(key, secret)
    assert "no base64!" not in str(refused.value)
    assert refused.value.__cause__ is None
