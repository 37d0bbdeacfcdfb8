"""How does the WebSocket take orders, and what does it reply to each?"""

import contextlib
from typing import Any

from s1mpletrader.simulator import refusal, requests, wire
from s1mpletrader.simulator.auth import CLOSE, MODIFY, ApiKey
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.passage import Passage
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import Order

CANCELS_MAX = 50
PERMISSIONS = {
    "add_order": MODIFY,
    "amend_order": MODIFY,
    "edit_order": MODIFY,
    "batch_add": MODIFY,
    "batch_cancel": CLOSE,
    "cancel_order": CLOSE,
    "cancel_all": CLOSE,
    "cancel_all_orders_after": CLOSE,
}
"""Every order method and what a key must be allowed to do for it."""
Result = dict[str, Any]
Reply = tuple[Result | list[Result] | None, str]
"""A result (a list for batch_add), or None and the error."""


class WsOrders:
    """The order methods of the private WebSocket."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def perform(self, key: ApiKey, way: Passage, params: dict[str, Any]) -> list[Reply]:
        """Carry one request out; raises `Refused`."""
        match way.asked.method:
            case "add_order":
                order = await self._desk.place(key, params, requests.ws_draft, way.twist())
                return [(_added(order), "")]
            case "amend_order":
                await way.race(params)
                return [(_amended(await self._desk.amend(key, params), params), "")]
            case "edit_order":
                await way.race(params)
                new, old = await self._desk.edit(key, params)
                return [({"order_id": new.txid, "original_order_id": old.txid}, "")]
            case "batch_add":
                return [await self._batch_add(key, way, params)]
            case "batch_cancel":
                return [await self._batch_cancel(key, params)]
            case "cancel_order":
                await way.race(params)
                return await self._cancel(key, params)
            case "cancel_all":
                return [({"count": await self._desk.cancel_all(key)}, "")]
            case "cancel_all_orders_after":
                now, fires = await self._desk.arm_dead_man(key, params)
                trigger = "0" if fires is None else wire.rfc3339(fires)
                return [({"currentTime": wire.rfc3339(now), "triggerTime": trigger}, "")]
            case _:
                raise Refused(refusal.UNKNOWN_METHOD)

    async def _batch_add(self, key: ApiKey, way: Passage, params: dict[str, Any]) -> Reply:
        shared = {name: params[name] for name in ("symbol", "deadline") if name in params}
        orders = [shared | each for each in requests.objects(params, "orders")]
        is_dry = wire.parse_flag(params.get("validate"))
        answers = await self._desk.place_batch(
            key, orders, requests.ws_draft, is_dry=is_dry, twist=way.twist()
        )
        rows: list[Result] = []
        for order, answer in zip(orders, answers, strict=True):
            if isinstance(answer, Refused):
                named = {name: order[name] for name in ("cl_ord_id",) if name in order}
                rows.append(named | {"success": False, "error": answer.code})
            else:
                rows.append(_added(answer))
        return rows, ""

    async def _batch_cancel(self, key: ApiKey, params: dict[str, Any]) -> Reply:
        count = 0
        for kind in ("orders", "cl_ord_id"):
            if params.get(kind) is None:
                continue
            for name in requests.texts(params[kind], kind, CANCELS_MAX):
                with contextlib.suppress(Refused):
                    txid, client_id = (name, None) if kind == "orders" else (None, name)
                    count += len(await self._desk.cancel(key, txid=txid, client_id=client_id))
        return {"orders_cancelled": count}, ""

    async def _cancel(self, key: ApiKey, params: dict[str, Any]) -> list[Reply]:
        """Cancel each of the ids; one reply for each."""
        kinds = [name for name in ("order_id", "cl_ord_id", "order_userref") if name in params]
        if len(kinds) != 1:
            raise Refused(refusal.INVALID_ARGUMENTS)
        kind = kinds[0]
        answers: list[Reply] = []
        for name in requests.texts(params[kind], kind, CANCELS_MAX):
            try:
                found = await self._desk.cancel(
                    key,
                    txid=name if kind == "order_id" else None,
                    client_id=name if kind == "cl_ord_id" else None,
                    userref=wire.parse_int(name, kind) if kind == "order_userref" else None,
                )
                answers.extend((_named(order), "") for order in found)
            except Refused as refused:
                answers.append((None, refused.code))
        return answers


def _named(order: Order) -> Result:
    result: Result = {"order_id": order.txid}
    if order.draft.client_id is not None:
        result["cl_ord_id"] = order.draft.client_id
    if order.draft.userref is not None:
        result["order_userref"] = order.draft.userref
    return result


def _added(order: Order) -> Result:
    """Return the result of add_order; one that was only validated has no id."""
    named = _named(order)
    if not order.txid:
        del named["order_id"]
    return named


def _amended(amend_id: str, params: dict[str, Any]) -> Result:
    result: Result = {"amend_id": amend_id}
    return result | {name: params[name] for name in ("order_id", "cl_ord_id") if name in params}
