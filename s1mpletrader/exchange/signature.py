"""How does the exchange know that a private request is ours?"""

import base64
import hashlib
import hmac


def api_sign(path: str, nonce: int, body: bytes, secret: bytes) -> str:
    """Return the API-Sign header of a private REST call; `path` begins with /0/private/."""
    digest = hashlib.sha256(str(nonce).encode() + body).digest()
    signed = hmac.new(secret, path.encode() + digest, hashlib.sha512).digest()
    return base64.b64encode(signed).decode()
