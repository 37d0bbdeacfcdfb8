"""What does an error string of the exchange prove?

For a submit only a known refusal proves that the order does not exist; everything else proves
nothing (SAFETY O4; kraken-protocol, section 7).
"""

from collections.abc import Sequence
from typing import Final

from s1mpletrader.errors import (
    ExchangeError,
    ExchangeRefused,
    ExchangeUnavailable,
    Fenced,
    S1mpleTraderError,
)
from s1mpletrader.model.orders import Duplicate, Reject, Unknown

_REFUSALS: Final = (
    "EAPI:Invalid key",
    "EAPI:Invalid signature",
    "EAPI:Rate limit exceeded",
    "EAccount:Invalid permissions",
    "EAuth:Account temporary disabled",
    "EAuth:Rate limit exceeded",
    "EAuth:Too many requests",
    "EGeneral:Invalid arguments",
    "EGeneral:Permission denied",
    "EGeneral:Temporary lockout",
    "EOrder:Cost minimum not met",
    "EOrder:Domain rate limit exceeded",
    "EOrder:Insufficient funds",
    "EOrder:Invalid order",
    "EOrder:Invalid price",
    "EOrder:Order minimum not met",
    "EOrder:Orders limit exceeded",
    "EOrder:Positions limit exceeded",
    "EOrder:Post only order",
    "EOrder:Rate limit exceeded",
    "EOrder:Scheduled orders limit exceeded",
    "EOrder:Tick size check failed",
    "EOrder:Unknown order",
    "EQuery:Unknown asset pair",
    "EService:Market in cancel_only mode",
    "EService:Market in limit_only mode",
    "EService:Market in post_only mode",
    "ESession:Invalid session",
    "ETrade:Invalid request",
    "ETrade:User Locked",
)
"""The request was read and turned down; nothing came into being."""

_CLIENT_ID_FIELD: Final = "cl_ord_id"
_UNKNOWN_ORDER: Final = "EOrder:Unknown order"
_INVALID_NONCE: Final = "EAPI:Invalid nonce"
_SESSION: Final = "ESession:"
_NO_ANSWER: Final = (
    "EService:",
    "EDatabase:",
    "EGeneral:Internal error",
    "EGeneral:Temporary lockout",
)
_KEY_REFUSALS: Final = ("EAPI:Invalid key", "EAPI:Invalid signature", "EGeneral:Permission denied")
_KEY_HINT: Final = "check the API key, its secret and its permissions; new ones need a restart"
_RATE: Final = ("Rate limit exceeded", "Too many requests")


def _is(text: str, code: str) -> bool:
    return text == code or text.startswith(code + ":")


def is_rate_limit(text: str) -> bool:
    """Whether the exchange's counter was exceeded."""
    return any(phrase in text for phrase in _RATE)


def is_unknown_order(text: str) -> bool:
    """Whether the exchange does not know an order (yet, or any more)."""
    return _is(text, _UNKNOWN_ORDER)


def is_about_token(text: str) -> bool:
    """Whether the WebSocket token is not valid (any more)."""
    return text.startswith(_SESSION) or "token" in text.lower()


def submit_failure(text: str) -> Reject | Duplicate | Unknown:
    """Classify the error in answer to a submit."""
    if _CLIENT_ID_FIELD in text:
        # the exact string is not documented; the field's name in an error of a submit that
        # carried a well-formed id means that an open order has it
        return Duplicate()
    if any(_is(text, code) for code in _REFUSALS):
        return Reject(text)
    # "Deadline elapsed" is said to prove absence, but that is cheap to confirm and dear to believe
    return Unknown(text or "an error without text", slow=not _is(text, "EService:Deadline elapsed"))


def amend_failure(text: str) -> Reject | Unknown:
    """Classify the error in answer to an amend."""
    if any(_is(text, code) for code in _REFUSALS):
        return Reject(text)
    return Unknown(text or "an error without text", slow=True)


def read_failure(texts: Sequence[str]) -> S1mpleTraderError:
    """Return the error that a failed REST call is to raise."""
    text = "; ".join(texts)
    if any(_is(each, _INVALID_NONCE) for each in texts):
        return Fenced(
            "the exchange has seen a higher nonce of this key: another instance uses it",
            hint="stop the other instance, or give each program a key of its own, then start again",
        )
    if any(each.startswith(_NO_ANSWER) or is_rate_limit(each) for each in texts):
        return ExchangeUnavailable(f"the exchange could not answer: {text}")
    if not texts:
        return ExchangeError("a failure without text")
    is_about_key = any(_is(each, code) for each in texts for code in _KEY_REFUSALS)
    return ExchangeRefused(text, hint=_KEY_HINT if is_about_key else "")
