"""What does an error string of the exchange prove?

For a submit only a known refusal proves that the order does not exist; everything else, and every
string that nobody documented, proves nothing (SAFETY O4; kraken-protocol, section 7).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from s1mpletrader.errors import (
    ExchangeError,
    ExchangeRefused,
    ExchangeUnavailable,
    Fenced,
    S1mpleTraderError,
)
from s1mpletrader.model.orders import Duplicate, Reject, Unknown


class ErrorKind(StrEnum):
    """What an error means; each has one reaction to it, see docs/reference.md."""

    REFUSED = "refused"
    """The request was read and turned down; nothing came into being."""
    RATE = "rate"
    """Turned down because of too many requests; a later one may pass."""
    AUTH = "auth"
    """Turned down because of the key; a person must look."""
    SESSION = "session"
    """Turned down because of the token: a new connection gets a new one."""
    NONCE = "nonce"
    """Another instance speaks with a higher nonce: FENCED (SAFETY F3)."""
    UNAVAILABLE = "unavailable"
    """The exchange could not answer; what was asked may have happened all the same."""
    LATE = "late"
    """Said to prove that nothing happened; cheap to confirm and dear to believe."""
    UNKNOWN = "unknown"
    """Nobody documented it: it proves nothing."""


class KnownError(NamedTuple):
    """A documented string, alone or followed by a colon and a detail."""

    text: str
    kind: ErrorKind


KNOWN_ERRORS: Final = (
    KnownError("EAPI:Invalid nonce", ErrorKind.NONCE),
    KnownError("EAPI:Invalid key", ErrorKind.AUTH),
    KnownError("EAPI:Invalid signature", ErrorKind.AUTH),
    KnownError("EAPI:Rate limit exceeded", ErrorKind.RATE),
    KnownError("EAccount:Invalid permissions", ErrorKind.AUTH),
    KnownError("EAuth:Account temporary disabled", ErrorKind.AUTH),
    KnownError("EAuth:Rate limit exceeded", ErrorKind.RATE),
    KnownError("EAuth:Too many requests", ErrorKind.RATE),
    KnownError("EDatabase", ErrorKind.UNAVAILABLE),
    KnownError("EGeneral:Internal error", ErrorKind.UNAVAILABLE),
    KnownError("EGeneral:Invalid arguments", ErrorKind.REFUSED),
    KnownError("EGeneral:Permission denied", ErrorKind.AUTH),
    KnownError("EGeneral:Temporary lockout", ErrorKind.RATE),
    KnownError("EOrder:Cost minimum not met", ErrorKind.REFUSED),
    KnownError("EOrder:Domain rate limit exceeded", ErrorKind.RATE),
    KnownError("EOrder:Insufficient funds", ErrorKind.REFUSED),
    KnownError("EOrder:Invalid order", ErrorKind.REFUSED),
    KnownError("EOrder:Invalid price", ErrorKind.REFUSED),
    KnownError("EOrder:Order minimum not met", ErrorKind.REFUSED),
    KnownError("EOrder:Orders limit exceeded", ErrorKind.REFUSED),
    KnownError("EOrder:Positions limit exceeded", ErrorKind.REFUSED),
    KnownError("EOrder:Post only order", ErrorKind.REFUSED),
    KnownError("EOrder:Rate limit exceeded", ErrorKind.RATE),
    KnownError("EOrder:Scheduled orders limit exceeded", ErrorKind.REFUSED),
    KnownError("EOrder:Tick size check failed", ErrorKind.REFUSED),
    KnownError("EOrder:Unknown order", ErrorKind.REFUSED),
    KnownError("EQuery:Unknown asset pair", ErrorKind.REFUSED),
    KnownError("EService:Busy", ErrorKind.UNAVAILABLE),
    KnownError("EService:Deadline elapsed", ErrorKind.LATE),
    KnownError("EService:Market in cancel_only mode", ErrorKind.REFUSED),
    KnownError("EService:Market in limit_only mode", ErrorKind.REFUSED),
    KnownError("EService:Market in post_only mode", ErrorKind.REFUSED),
    KnownError("EService:Unavailable", ErrorKind.UNAVAILABLE),
    KnownError("ESession:Invalid session", ErrorKind.SESSION),
    KnownError("ETrade:Invalid request", ErrorKind.REFUSED),
    KnownError("ETrade:User Locked", ErrorKind.AUTH),
)
"""Every documented error (kraken-protocol, section 7)."""

_KINDS: Final = dict(KNOWN_ERRORS)
_PROOFS: Final = frozenset(
    {ErrorKind.REFUSED, ErrorKind.RATE, ErrorKind.AUTH, ErrorKind.SESSION},
)
"""These prove that a submit or an amend had no effect."""
_CLIENT_ID_FIELD: Final = "cl_ord_id"
_UNKNOWN_ORDER: Final = "EOrder:Unknown order"
_KEY_HINT: Final = "check the API key, its secret and its permissions; new ones need a restart"


def kind_of(text: str) -> ErrorKind:
    """Return what an error string means; details after a further colon do not matter."""
    while text:
        if text in _KINDS:
            return _KINDS[text]
        text = text.rpartition(":")[0]
    return ErrorKind.UNKNOWN


def is_unknown_order(text: str) -> bool:
    """Whether the exchange does not know an order (yet, or any more)."""
    return text == _UNKNOWN_ORDER or text.startswith(_UNKNOWN_ORDER + ":")


def is_rate_limit(text: str) -> bool:
    """Whether the exchange's counter was exceeded."""
    return kind_of(text) is ErrorKind.RATE


def is_about_token(text: str) -> bool:
    """Whether the WebSocket token is not valid (any more)."""
    return text.startswith("ESession:") or "token" in text.lower()


def submit_failure(text: str) -> Reject | Duplicate | Unknown:
    """Classify the error in answer to a submit."""
    if _CLIENT_ID_FIELD in text:
        # the exact string is not documented; the field's name in an error of a submit that
        # carried a well-formed id means that an open order has it
        return Duplicate()
    return amend_failure(text)


def amend_failure(text: str) -> Reject | Unknown:
    """Classify the error in answer to an amend."""
    kind = kind_of(text)
    if kind in _PROOFS:
        return Reject(text)
    return Unknown(text or "an error without text", slow=kind is not ErrorKind.LATE)


def read_failure(texts: Sequence[str]) -> S1mpleTraderError:
    """Return the error that a failed REST call is to raise."""
    text, kinds = "; ".join(texts), {kind_of(each) for each in texts}
    if ErrorKind.NONCE in kinds:
        return Fenced(
            "the exchange has seen a higher nonce of this key: another instance uses it",
            hint="stop the other instance, or give each program a key of its own, then start again",
        )
    if not texts:
        return ExchangeError("a failure without text")
    if kinds <= {ErrorKind.REFUSED, ErrorKind.AUTH}:
        return ExchangeRefused(text, hint=_KEY_HINT if ErrorKind.AUTH in kinds else "")
    return ExchangeUnavailable(f"the exchange could not answer: {text}")
