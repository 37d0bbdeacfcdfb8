"""Who is asking, and may they?"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.refusal import Refused

TOKEN_LIFE_S = 900
TOKENS_MAX = 1_000
QUERY_FUNDS = "query-funds"
QUERY_OPEN = "query-open-trades"
QUERY_CLOSED = "query-closed-trades"
QUERY_LEDGER = "query-ledger"
MODIFY = "modify-trades"
CLOSE = "close-trades"
WS_TOKEN = "create-ws-token"  # noqa: S105 - the name of a permission
WITHDRAW = "withdraw-funds"
TRADING = (QUERY_FUNDS, QUERY_OPEN, QUERY_CLOSED, QUERY_LEDGER, MODIFY, CLOSE, WS_TOKEN)


class ApiKey(Value, frozen=True):
    """A key, whose account it opens, and what it may do there."""

    key: str
    secret: str
    """Base64, as the exchange hands it out."""
    account: str
    permissions: tuple[str, ...] = TRADING

    def require(self, permission: str) -> None:
        """Refuse what the key may not do."""
        if permission and permission not in self.permissions:
            raise Refused(refusal.PERMISSION_DENIED)


def simulated_key(name: str, account: str, permissions: tuple[str, ...] = TRADING) -> ApiKey:
    """Return a key whose secret follows from its name: nobody's money depends on it."""
    secret = base64.b64encode(hashlib.sha512(f"s1mpletrader {name}".encode()).digest()).decode()
    return ApiKey(name, secret, account, permissions)


DEFAULT_KEYS = {
    key.key: key
    for key in (
        simulated_key("SIM-ENGINE", "main"),
        simulated_key("SIM-PROTECTOR", "main"),
        simulated_key("SIM-WITHDRAWER", "main", (*TRADING, WITHDRAW)),
        simulated_key("SIM-READER", "main", (QUERY_FUNDS, QUERY_OPEN, QUERY_CLOSED, QUERY_LEDGER)),
        simulated_key("SIM-NO-LEDGER", "main", tuple(p for p in TRADING if p != QUERY_LEDGER)),
        simulated_key("SIM-NO-CANCEL", "main", tuple(p for p in TRADING if p != CLOSE)),
        simulated_key("SIM-SECOND", "second"),
        simulated_key("SIM-SECOND-PROTECTOR", "second"),
        simulated_key("SIM-STRANGER-1", "stranger-1"),
        simulated_key("SIM-STRANGER-2", "stranger-2"),
    )
}


def signature(secret: str, path: str, nonce: str, body: bytes) -> str:
    """Return the API-Sign header of a private request."""
    digest = hashlib.sha256(nonce.encode() + body).digest()
    signed = hmac.new(base64.b64decode(secret), path.encode() + digest, hashlib.sha512)
    return base64.b64encode(signed.digest()).decode()


class Doorkeeper:
    """Keys and tokens. Tokens do not survive a restart; clients fetch a new one."""

    def __init__(self, keys: Mapping[str, ApiKey], token_life_s: int = TOKEN_LIFE_S) -> None:
        self.keys = keys
        self.token_life_s = token_life_s
        self._tokens: dict[str, tuple[ApiKey, Micros]] = {}
        self._issued = 0

    def verify(self, key: str, sign: str, path: str, nonce: str, body: bytes) -> ApiKey:
        """Return the key that signed the request; raises `Refused`."""
        found = self.keys.get(key)
        if found is None:
            raise Refused(refusal.INVALID_KEY)
        if not hmac.compare_digest(
            sign.encode(), signature(found.secret, path, nonce, body).encode()
        ):
            raise Refused(refusal.INVALID_SIGNATURE)
        if not (nonce.isascii() and nonce.isdigit() and int(nonce) < 2**64):
            raise Refused(refusal.INVALID_NONCE)
        return found

    def issue_token(self, key: ApiKey, at_us: Micros) -> str:
        """Return a new token for the private WebSocket."""
        self._issued += 1
        text = f"{key.secret}:{at_us}:{self._issued}"
        token = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        self._tokens[token] = (key, at_us)
        while len(self._tokens) > TOKENS_MAX:
            del self._tokens[next(iter(self._tokens))]
        return token

    def owner(self, token: object) -> ApiKey | None:
        """Return the key a token was made for, expired or not."""
        found = self._tokens.get(token) if isinstance(token, str) else None
        return None if found is None else found[0]

    def bearer(self, token: object, at_us: Micros, *, in_use: bool) -> ApiKey:
        """Return the key a token stands for; one in use by a subscription does not expire."""
        found = self._tokens.get(token) if isinstance(token, str) else None
        if found is None or (not in_use and at_us - found[1] > self.token_life_s * SECOND):
            raise Refused(refusal.INVALID_SESSION)
        return found[0]

    def forget_tokens(self) -> None:
        """Make every token invalid."""
        self._tokens.clear()
