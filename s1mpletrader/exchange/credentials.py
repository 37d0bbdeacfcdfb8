"""Who are we at the exchange?"""

import base64
import binascii
from dataclasses import dataclass

from s1mpletrader.errors import ConfigurationError


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """An API key and its secret; no text form of it shows either (SAFETY X)."""

    key: str
    secret: bytes

    @classmethod
    def from_text(cls, key: str, secret: str) -> "Credentials":
        """Read the pair as the exchange prints it; raises `ConfigurationError`."""
        try:
            decoded = base64.b64decode(secret.strip(), validate=True)
        except (binascii.Error, ValueError):
            # `from None`: the chained error would quote a part of the secret
            raise ConfigurationError(
                "the API secret is not base64",
                hint="copy the private key of the API key pair again, in full",
            ) from None
        if not key.strip() or not decoded:
            raise ConfigurationError("the API key or its secret is empty")
        return cls(key.strip(), decoded)

    def __repr__(self) -> str:
        """Name the kind, not the content."""
        return "Credentials(***)"
