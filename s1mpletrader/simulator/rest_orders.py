"""How does REST take orders, and what does it answer to each?"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from s1mpletrader.simulator import refusal, requests, wire
from s1mpletrader.simulator.auth import ApiKey
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.pairs import PAIRS
from s1mpletrader.simulator.passage import Passage
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.rest_rows import close_words, description, stated_price
from s1mpletrader.simulator.values import Order

CANCELS_MAX = 50
Params = Mapping[str, Any]


class RestOrders:
    """Every private call that changes orders, by its name in `calls`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.calls: dict[str, Callable[[ApiKey, Passage, Params], Awaitable[Any]]] = {
            "AddOrder": self._add,
            "AddOrderBatch": self._add_batch,
            "AmendOrder": self._amend,
            "EditOrder": self._edit,
            "CancelOrder": self._cancel,
            "CancelOrderBatch": self._cancel_batch,
            "CancelAll": self._cancel_all,
            "CancelAllOrdersAfter": self._cancel_all_after,
        }

    async def _add(self, key: ApiKey, way: Passage, params: Params) -> dict[str, Any]:
        """Answer AddOrder; one that was only validated has no txid."""
        order = await self._desk.place(key, params, requests.rest_draft, way.twist())
        answer: dict[str, Any] = {"descr": _descr(order)}
        if order.txid:
            answer["txid"] = [order.txid]
        return answer

    async def _add_batch(self, key: ApiKey, way: Passage, params: Params) -> dict[str, Any]:
        """Answer AddOrderBatch, order by order."""
        shared = {name: params[name] for name in ("pair", "deadline") if name in params}
        answers = await self._desk.place_batch(
            key,
            [shared | each for each in requests.objects(params, "orders")],
            requests.rest_draft,
            is_dry=wire.parse_flag(params.get("validate")),
            twist=way.twist(),
        )
        return {"orders": [_batch_row(answer) for answer in answers]}

    async def _amend(self, key: ApiKey, way: Passage, params: Params) -> dict[str, Any]:
        await way.race(params)
        return {"amend_id": await self._desk.amend(key, params)}

    async def _edit(self, key: ApiKey, way: Passage, params: Params) -> dict[str, Any]:
        """Answer EditOrder."""
        await way.race(params)
        new, old = await self._desk.edit(key, params)
        pair = PAIRS[new.draft.symbol]
        return {
            "status": "ok",
            "txid": new.txid,
            "originaltxid": old.txid,
            "volume": wire.text(new.qty, pair.qty_decimals),
            "price": wire.text(stated_price(new), pair.price_decimals),
            "orders_cancelled": 1,
            "descr": _descr(new),
        }

    async def _cancel(self, key: ApiKey, way: Passage, params: Params) -> dict[str, Any]:
        txid, client_id = params.get("txid"), params.get("cl_ord_id")
        if bool(txid) == bool(client_id):
            raise Refused(refusal.INVALID_ARGUMENTS)
        await way.race(params)
        found = await self._desk.cancel(key, txid=txid or None, client_id=client_id or None)
        return {"count": len(found)}

    async def _cancel_batch(self, key: ApiKey, way: Passage, params: Params) -> dict[str, Any]:
        """Cancel what is open of the ids."""
        await way.race(params)
        count = 0
        names = [(name, None) for name in ids(params, "orders")]
        named = [(None, name) for name in ids(params, "cl_ord_ids")]
        if not 0 < len(names) + len(named) <= CANCELS_MAX:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:orders")
        for txid, client_id in (*names, *named):
            with contextlib.suppress(Refused):
                count += len(await self._desk.cancel(key, txid=txid, client_id=client_id))
        return {"count": count}

    async def _cancel_all(self, key: ApiKey, _way: Passage, _params: Params) -> dict[str, Any]:
        return {"count": await self._desk.cancel_all(key)}

    async def _cancel_all_after(self, key: ApiKey, _way: Passage, params: Params) -> dict[str, Any]:
        now, fires = await self._desk.arm_dead_man(key, params)
        return {
            "currentTime": wire.rfc3339_seconds(now),
            "triggerTime": "0" if fires is None else wire.rfc3339_seconds(fires),
        }


def ids(params: Params, name: str) -> list[str]:
    """Return ids given as texts, numbers or objects with the id inside."""
    found = params.get(name)
    if found is None:
        return []
    values = [
        each.get("txid") or each.get("cl_ord_id") if isinstance(each, dict) else each
        for each in (found if isinstance(found, list) else [found])
    ]
    return requests.texts(values, name, CANCELS_MAX)


def _batch_row(answer: Order | Refused) -> dict[str, Any]:
    if isinstance(answer, Refused):
        return {"error": answer.code}
    row: dict[str, Any] = {"descr": _descr(answer)}
    if answer.txid:
        row["txid"] = answer.txid
    close = close_words(answer)
    return row | {"close": close} if close else row


def _descr(order: Order) -> dict[str, str]:
    close = close_words(order)
    return {"order": description(order)} | ({"close": close} if close else {})
