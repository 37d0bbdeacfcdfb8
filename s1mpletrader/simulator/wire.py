"""How are numbers, moments and messages spelled on the wire?

REST states amounts as strings, the WebSocket as JSON numbers; both keep trailing zeros.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.refusal import Refused

DIGITS_MAX = 40
"""Longest number a client may send."""
MAGNITUDE_MAX = 30
"""Largest power of ten in one."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?\s*", re.ASCII)
"""Decimal itself also reads 1_000 and the digits of other scripts."""
_ENCODER = msgspec.json.Encoder()


def encode(message: object) -> bytes:
    """Return a message as compact JSON."""
    return _ENCODER.encode(message)


def decode(body: bytes | str) -> dict[str, Any]:
    """Return a client's JSON object with exact decimals; raises `Refused` for anything else."""
    try:
        message = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, InvalidOperation):
        raise Refused(refusal.INVALID_ARGUMENTS) from None
    if not isinstance(message, dict) or not _can_be_said_again(body, message):
        raise Refused(refusal.INVALID_ARGUMENTS)
    return message


def _can_be_said_again(body: bytes | str, message: dict[str, Any]) -> bool:
    """Whether texts are text: an escaped half of a surrogate pair cannot be sent back."""
    if (b"\\u" if isinstance(body, bytes) else "\\u") not in body:  # type: ignore[operator]
        return True
    try:
        json.dumps(message, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def number(value: Decimal, decimals: int) -> msgspec.Raw:
    """Return a JSON number with exactly `decimals` digits after the point."""
    return msgspec.Raw(text(value, decimals).encode())


def text(value: Decimal, decimals: int) -> str:
    """Return a decimal text with exactly `decimals` digits after the point."""
    return f"{value:.{decimals}f}"


def seconds(at_us: Micros | None) -> msgspec.Raw:
    """Return a moment as REST states it: seconds with a fraction, 0 for none."""
    if at_us is None:
        return msgspec.Raw(b"0")
    whole, part = divmod(at_us, SECOND)
    return msgspec.Raw(b"%d.%06d" % (whole, part))


def rfc3339(at_us: Micros) -> str:
    """Return a moment as the WebSocket states it: `2026-01-02T03:04:05.678901Z`."""
    whole, part = divmod(at_us, SECOND)
    moment = datetime.fromtimestamp(whole, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{part:06d}Z"


def rfc3339_seconds(at_us: Micros) -> str:
    """Return a moment with whole seconds."""
    return rfc3339(at_us)[:19] + "Z"


def rfc1123(at_us: Micros) -> str:
    """Return a moment as the Time call states it besides the number."""
    return f"{datetime.fromtimestamp(at_us // SECOND, UTC):%a, %d %b %y %H:%M:%S} +0000"


def parse_decimal(value: object, name: str) -> Decimal:
    """Return a client's number; raises `Refused` naming the argument."""
    found = str(value)
    try:
        parsed = Decimal(found)
    except InvalidOperation:
        parsed = Decimal("NaN")
    is_spelled_well = len(found) <= DIGITS_MAX and _NUMBER.fullmatch(found) is not None
    if isinstance(value, bool) or not is_spelled_well or not _is_of_this_world(parsed):
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return parsed


def _is_of_this_world(value: Decimal) -> bool:
    """Whether a number is finite and can be computed with: 1e999999999 cannot."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and abs(exponent) <= MAGNITUDE_MAX


def parse_int(value: object, name: str) -> int:
    """Return a client's whole number; raises `Refused` naming the argument."""
    parsed = parse_decimal(value, name)
    if parsed != parsed.to_integral_value() or abs(parsed) > Decimal(2**63):
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return int(parsed)


def parse_moment(value: object, name: str) -> Micros:
    """Return a moment given as RFC 3339 or as seconds; raises `Refused`."""
    if isinstance(value, str) and "T" in value:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}") from None
        if moment.tzinfo is None:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
        whole = int(moment.replace(microsecond=0).timestamp())
        return Micros(whole * SECOND + moment.microsecond)
    return Micros(int(parse_decimal(value, name) * SECOND))


def parse_flag(value: object) -> bool:
    """Return a client's boolean: forms say true, True or 1."""
    return value is True or str(value).lower() in {"true", "1"}


def mapping(message: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside a message, empty where it is missing; raises `Refused`."""
    value = message.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return value


def optional(params: Mapping[str, Any], name: str) -> Any | None:
    """Return an argument, None where it is missing or empty."""
    value = params.get(name)
    return None if value is None or value == "" else value
