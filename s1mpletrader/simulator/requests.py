"""What does a client ask for when it adds, amends or cancels an order?

REST and WebSocket name the same things differently; both become the same drafts and commands.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.orders import OrderType, Side, TimeInForce
from s1mpletrader.simulator import refusal, wire
from s1mpletrader.simulator.commands import Amend
from s1mpletrader.simulator.pairs import Pair, find_pair
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import STOPS, Draft, SelfTrade

Kind = TypeVar("Kind", bound=StrEnum)
_UNSUPPORTED_REST = ("leverage", "displayvol", "close[ordertype]", "price2")
_UNSUPPORTED_WS = ("margin", "conditional", "cash_order_qty", "effective_time", "display_qty")


def rest_draft(params: Mapping[str, Any], now_us: Micros) -> Draft:
    """Return the order of a REST AddOrder; raises `Refused`."""
    _refuse_any(params, _UNSUPPORTED_REST)
    flags = set(str(params.get("oflags") or "").split(",")) - {"", "fciq", "fcib", "nompp", "post"}
    if flags:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:oflags")
    kind = _choice(OrderType, params.get("ordertype"), "ordertype")
    price = _price(params, "price")
    stp = str(wire.optional(params, "stptype") or SelfTrade.NEWEST).replace("-", "_")
    return Draft(
        symbol=_pair(params.get("pair")).symbol,
        side=_choice(Side, params.get("type"), "type"),
        type=kind,
        qty=wire.parse_decimal(params.get("volume"), "volume"),
        limit_price=price if kind is OrderType.LIMIT else None,
        trigger_price=price if kind in STOPS else None,
        tif=_choice(TimeInForce, wire.optional(params, "timeinforce") or "gtc", "timeinforce"),
        expire_us=_expiry(wire.optional(params, "expiretm"), now_us, "expiretm"),
        post_only="post" in str(params.get("oflags") or "").split(","),
        self_trade=_choice(SelfTrade, stp, "stptype"),
        client_id=_text(params, "cl_ord_id"),
        userref=_userref(params, "userref"),
        deadline_us=_moment(params, "deadline"),
        fee_in_base="fcib" in str(params.get("oflags") or "").split(","),
    )


def ws_draft(params: Mapping[str, Any], now_us: Micros) -> Draft:
    """Return the order of a WebSocket add_order; raises `Refused`."""
    _refuse_any(params, _UNSUPPORTED_WS)
    kind = _choice(OrderType, params.get("order_type"), "order_type")
    triggers = wire.mapping(params, "triggers")
    if triggers.get("price_type", "static") != "static":
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:triggers")
    return Draft(
        symbol=_pair(params.get("symbol")).symbol,
        side=_choice(Side, params.get("side"), "side"),
        type=kind,
        qty=wire.parse_decimal(params.get("order_qty"), "order_qty"),
        limit_price=_price(params, "limit_price"),
        trigger_price=_price(triggers, "price"),
        tif=_choice(TimeInForce, params.get("time_in_force") or "gtc", "time_in_force"),
        expire_us=_expiry(wire.optional(params, "expire_time"), now_us, "expire_time"),
        post_only=wire.parse_flag(params.get("post_only")),
        self_trade=_choice(SelfTrade, params.get("stp_type") or SelfTrade.NEWEST, "stp_type"),
        client_id=_text(params, "cl_ord_id"),
        userref=_userref(params, "order_userref"),
        deadline_us=_moment(params, "deadline"),
        fee_in_base=params.get("fee_preference") == "base",
    )


def amend(params: Mapping[str, Any], account: str, at_us: Micros) -> Amend:
    """Return the command of AmendOrder or amend_order; raises `Refused`."""
    txid = _text(params, "txid") or _text(params, "order_id")
    client_id = _text(params, "cl_ord_id")
    if (txid is None) == (client_id is None):
        raise Refused(refusal.INVALID_ARGUMENTS)
    qty = wire.optional(params, "order_qty")
    return Amend(
        at_us=at_us,
        account=account,
        txid=txid,
        client_id=client_id,
        qty=None if qty is None else wire.parse_decimal(qty, "order_qty"),
        limit_price=_price(params, "limit_price"),
        trigger_price=_price(params, "trigger_price"),
        post_only=wire.parse_flag(params.get("post_only")),
        deadline_us=_moment(params, "deadline"),
    )


def texts(value: object, name: str, count_max: int) -> list[str]:
    """Return a list of ids that may be given as one; raises `Refused`."""
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > count_max:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return [str(one) for one in values]


def _pair(name: object) -> Pair:
    pair = find_pair(name) if isinstance(name, str) else None
    if pair is None:
        raise Refused(refusal.UNKNOWN_PAIR)
    return pair


def _choice(kind: type[Kind], value: object, name: str) -> Kind:
    try:
        return kind(str(value).lower())
    except ValueError:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}") from None


def _price(params: Mapping[str, Any], name: str) -> Decimal | None:
    value = wire.optional(params, name)
    return None if value is None else wire.parse_decimal(value, name)


def _text(params: Mapping[str, Any], name: str) -> str | None:
    value = wire.optional(params, name)
    return None if value is None else str(value)


def _userref(params: Mapping[str, Any], name: str) -> int | None:
    value = wire.optional(params, name)
    return None if value is None else wire.parse_int(value, name) or None


def _moment(params: Mapping[str, Any], name: str) -> Micros | None:
    value = wire.optional(params, name)
    return None if value is None else wire.parse_moment(value, name)


def _expiry(value: object | None, now_us: Micros, name: str) -> Micros | None:
    if value is None or value in {0, "0"}:
        return None
    if isinstance(value, str) and value.startswith("+"):
        return Micros(now_us + int(wire.parse_decimal(value[1:], name) * SECOND))
    return wire.parse_moment(value, name)


def _refuse_any(params: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Refuse what this exchange does not play, instead of quietly ignoring it."""
    for name in names:
        if str(params.get(name) or "0") not in {"0", "none", "False", "false"}:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
