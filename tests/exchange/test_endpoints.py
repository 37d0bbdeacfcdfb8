"""Can a secret travel in the open?"""

import pytest

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.exchange.endpoints import Endpoints

LIVE = ("https://api.kraken.com", "wss://ws.kraken.com/v2", "wss://ws-auth.kraken.com/v2")
LOCAL = ("http://127.0.0.1:8481", "ws://localhost:8481/public/v2", "ws://[::1]:8481/private/v2")


@pytest.mark.parametrize("urls", [LIVE, LOCAL])
def test_encrypted_or_local_addresses_are_allowed(urls: tuple[str, str, str]) -> None:
    assert Endpoints(*urls).rest_url == urls[0]


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "host",
    ["api.kraken.com", "127.0.0.1@evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[::1"],
)
def test_a_plain_address_elsewhere_is_refused(place: int, host: str) -> None:
    urls = list(LIVE)
    urls[place] = f"{'http' if place == 0 else 'ws'}://{host}/v2"
    with pytest.raises(ConfigurationError):
        Endpoints(*urls)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not allowed"):
        Endpoints("ftp://127.0.0.1", LIVE[1], LIVE[2])
