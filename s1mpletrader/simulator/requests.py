"""What does a client ask for when it adds, amends or cancels an order?

REST and WebSocket name the same things differently; both become the same drafts and commands.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.simulator import refusal, wire
from s1mpletrader.simulator.commands import Amend, Edit
from s1mpletrader.simulator.pairs import Pair, find_pair
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import (
    STOPS,
    TRAILING,
    Close,
    Draft,
    Offset,
    OrderType,
    SelfTrade,
)

Kind = TypeVar("Kind", bound=StrEnum)
_UNSUPPORTED_REST = ("leverage", "displayvol", "starttm")
_UNSUPPORTED_WS = ("margin", "cash_order_qty", "effective_time", "display_qty")


def rest_draft(params: Mapping[str, Any], now_us: Micros) -> Draft:
    """Return the order of a REST AddOrder; raises `Refused`."""
    _refuse_any(params, _UNSUPPORTED_REST)
    flags = set(str(params.get("oflags") or "").split(",")) - {"", "fciq", "fcib", "nompp", "post"}
    if flags:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:oflags")
    kind = _choice(OrderType, params.get("ordertype"), "ordertype")
    trail, limit_offset = None, None
    if kind in TRAILING:
        trail = _offset(params, "price")
        limit_offset = _offset(params, "price2")
        price, price2 = None, None
    else:
        price, price2 = _price(params, "price"), _price(params, "price2")
    stp = str(wire.optional(params, "stptype") or SelfTrade.NEWEST).replace("-", "_")
    return Draft(
        symbol=_pair(params.get("pair")).symbol,
        side=_choice(Side, params.get("type"), "type"),
        type=kind,
        qty=wire.parse_decimal(params.get("volume"), "volume"),
        limit_price=price if kind is OrderType.LIMIT else price2,
        trigger_price=price if kind in STOPS else None,
        tif=_choice(TimeInForce, wire.optional(params, "timeinforce") or "gtc", "timeinforce"),
        expire_us=_expiry(wire.optional(params, "expiretm"), now_us, "expiretm"),
        post_only="post" in str(params.get("oflags") or "").split(","),
        self_trade=_choice(SelfTrade, stp, "stptype"),
        client_id=_text(params, "cl_ord_id"),
        userref=_userref(params, "userref"),
        deadline_us=_moment(params, "deadline"),
        trail=trail,
        limit_offset=limit_offset,
        close=_rest_close(params),
        fee_in_base="fcib" in str(params.get("oflags") or "").split(","),
    )


def ws_draft(params: Mapping[str, Any], now_us: Micros) -> Draft:
    """Return the order of a WebSocket add_order; raises `Refused`."""
    _refuse_any(params, _UNSUPPORTED_WS)
    kind = _choice(OrderType, params.get("order_type"), "order_type")
    triggers = wire.mapping(params, "triggers")
    is_trailing = kind in TRAILING
    if not is_trailing and triggers.get("price_type", "static") != "static":
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:triggers")
    trail = _distance(triggers, "price", triggers.get("price_type")) if is_trailing else None
    limit_offset = (
        _distance(params, "limit_price", params.get("limit_price_type")) if is_trailing else None
    )
    return Draft(
        symbol=_pair(params.get("symbol")).symbol,
        side=_choice(Side, params.get("side"), "side"),
        type=kind,
        qty=wire.parse_decimal(params.get("order_qty"), "order_qty"),
        limit_price=None if is_trailing else _price(params, "limit_price"),
        trigger_price=None if is_trailing else _price(triggers, "price"),
        tif=_choice(TimeInForce, params.get("time_in_force") or "gtc", "time_in_force"),
        expire_us=_expiry(wire.optional(params, "expire_time"), now_us, "expire_time"),
        post_only=wire.parse_flag(params.get("post_only")),
        self_trade=_choice(SelfTrade, params.get("stp_type") or SelfTrade.NEWEST, "stp_type"),
        client_id=_text(params, "cl_ord_id"),
        userref=_userref(params, "order_userref"),
        deadline_us=_moment(params, "deadline"),
        trail=trail,
        limit_offset=limit_offset,
        close=_ws_close(params),
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


def objects(params: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects inside a request; raises `Refused`."""
    value = params.get(name)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return value


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


def edit(params: Mapping[str, Any], user: str, account: str, at_us: Micros) -> Edit:
    """Return the command of EditOrder or edit_order; raises `Refused`."""
    txid = _text(params, "txid") or _text(params, "order_id")
    if txid is None:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:txid")
    triggers = wire.mapping(params, "triggers")
    qty = wire.optional(params, "volume") or wire.optional(params, "order_qty")
    flags = wire.optional(params, "oflags")
    post = params.get("post_only") if flags is None else "post" in str(flags).split(",")
    is_ws = "order_id" in params
    limit, trigger = _price(params, "limit_price"), _price(triggers, "price")
    return Edit(
        at_us=at_us,
        account=account,
        txid=txid,
        qty=None if qty is None else wire.parse_decimal(qty, "volume"),
        price=(limit if trigger is None else trigger) if is_ws else _price(params, "price"),
        price2=(None if trigger is None else limit) if is_ws else _price(params, "price2"),
        post_only=None if post is None else wire.parse_flag(post),
        userref=_userref(params, "userref") or _userref(params, "order_userref"),
        deadline_us=_moment(params, "deadline"),
        user=user,
    )


def _offset(params: Mapping[str, Any], name: str) -> Offset | None:
    """Return a relative price of REST: `+5%`, `-20`; None where it is missing."""
    value = wire.optional(params, name)
    if value is None:
        return None
    text = str(value)
    if text[:1] not in {"+", "-"}:
        raise Refused(refusal.INVALID_PRICE)
    return Offset(wire.parse_decimal(text.removesuffix("%"), name), text.endswith("%"))


def _distance(params: Mapping[str, Any], name: str, kind: object) -> Offset | None:
    """Return a relative price of the WebSocket, with its unit beside it."""
    value = wire.optional(params, name)
    if value is None:
        return None
    if str(kind) not in {"pct", "quote"}:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:price_type")
    return Offset(wire.parse_decimal(value, name), str(kind) == "pct")


def _rest_close(params: Mapping[str, Any]) -> Close | None:
    """Return the conditional close: `close[ordertype]` in forms, an object in JSON."""
    nested = wire.mapping(params, "close")
    found = {
        name: wire.optional(nested, name) or wire.optional(params, f"close[{name}]")
        for name in ("ordertype", "price", "price2")
    }
    if found["ordertype"] is None:
        return None
    kind = _choice(OrderType, found["ordertype"], "close")
    price, price2 = _price(found, "price"), _price(found, "price2")
    if kind in STOPS:
        return Close(kind, limit_price=price2, trigger_price=price)
    return Close(kind, limit_price=price)


def _ws_close(params: Mapping[str, Any]) -> Close | None:
    found = wire.mapping(params, "conditional")
    if not found:
        return None
    return Close(
        _choice(OrderType, found.get("order_type"), "conditional"),
        limit_price=_price(found, "limit_price"),
        trigger_price=_price(found, "trigger_price"),
    )


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
    if value is None or str(value) == "0":
        return None
    if isinstance(value, str) and value.startswith("+"):
        return Micros(now_us + int(wire.parse_decimal(value[1:], name) * SECOND))
    return wire.parse_moment(value, name)


def _refuse_any(params: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Refuse what this exchange does not play, instead of quietly ignoring it."""
    for name in names:
        if str(params.get(name) or "0") not in {"0", "none", "False", "false"}:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
