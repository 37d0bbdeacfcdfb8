"""Where is the exchange?"""

from urllib.parse import urlsplit

from s1mpletrader.config.addresses import is_loopback
from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Value


class Endpoints(Value, frozen=True):
    """The three addresses; raises `ConfigurationError` where a secret would travel in the open.

    Kraken's are https://api.kraken.com, wss://ws.kraken.com/v2, wss://ws-auth.kraken.com/v2.
    """

    rest_url: str
    ws_public_url: str
    ws_private_url: str

    def __post_init__(self) -> None:
        """Check every address (SAFETY X)."""
        _check(self.rest_url, plain="http", secure="https")
        _check(self.ws_public_url, plain="ws", secure="wss")
        _check(self.ws_private_url, plain="ws", secure="wss")


def _check(url: str, *, plain: str, secure: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise ConfigurationError(f"not an address: {url}") from error
    if host and parts.scheme == secure:
        return
    if host and parts.scheme == plain and is_loopback(host):
        return
    raise ConfigurationError(
        f"the exchange's address {url} is not allowed",
        hint=f"use {secure}://, or {plain}:// with a loopback address such as 127.0.0.1",
    )
