"""Which frames does the engine send?"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from s1mpletrader.exchange.wire import number, to_rfc3339
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.orders import NewOrder, OrderType, Side, TimeInForce


def _frame(method: str, req_id: int, params: Mapping[str, object]) -> str:
    request: dict[str, object] = {"method": method}
    if params:
        request["params"] = params
    request["req_id"] = req_id
    return msgspec.json.encode(request).decode()


def ping(req_id: int) -> str:
    """Ask for a pong, which states the exchange's time."""
    return _frame("ping", req_id, {})


def subscribe_trades(symbols: Sequence[Symbol], req_id: int) -> str:
    """Ask for public trades; the snapshot joins them to the last one seen."""
    params = {"channel": "trade", "symbol": list(symbols), "snapshot": True}
    return _frame("subscribe", req_id, params)


def subscribe_books(symbols: Sequence[Symbol], depth: int, req_id: int) -> str:
    """Ask for books; a snapshot of each comes first."""
    params = {"channel": "book", "symbol": list(symbols), "depth": depth, "snapshot": True}
    return _frame("subscribe", req_id, params)


def unsubscribe_books(symbols: Sequence[Symbol], depth: int, req_id: int) -> str:
    """Ask for no more books."""
    params = {"channel": "book", "symbol": list(symbols), "depth": depth}
    return _frame("unsubscribe", req_id, params)


def subscribe_executions(token: str, req_id: int) -> str:
    """Ask for every transition of our orders, open orders and the last 50 fills first."""
    params = {
        "channel": "executions",
        "snap_orders": True,
        "snap_trades": True,
        "order_status": True,
        "token": token,
    }
    return _frame("subscribe", req_id, params)


def add_order(order: NewOrder, token: str, req_id: int) -> str:
    """Place an order; the exchange does not accept it after its deadline (SAFETY O3)."""
    params: dict[str, object] = {
        "order_type": order.type,
        "side": order.side,
        "symbol": order.symbol,
        "order_qty": number(order.qty),
        "cl_ord_id": order.client_id,
        "deadline": to_rfc3339(order.deadline_us),
        "fee_preference": "quote",
        # entries buy, stops and exits sell: the latter never give way to the former (SAFETY O12)
        "stp_type": "cancel_newest" if order.side is Side.BUY else "cancel_oldest",
        "token": token,
    }
    if order.limit_price is not None:
        params["limit_price"] = number(order.limit_price)
    if order.trigger_price is not None:
        params["triggers"] = {
            "reference": "last",
            "price": number(order.trigger_price),
            "price_type": "static",
        }
    if order.type is OrderType.LIMIT:
        params["time_in_force"] = order.tif
        params["post_only"] = order.post_only
    if order.tif is TimeInForce.GTD and order.expire_us is not None:
        params["expire_time"] = to_rfc3339(order.expire_us)
    return _frame("add_order", req_id, params)


def amend_order(
    txid: ExchangeOrderId,
    *,
    qty: Decimal,
    trigger_price: Decimal,
    deadline_us: Micros,
    token: str,
    req_id: int,
) -> str:
    """Change a resting stop in place (SAFETY O8)."""
    params = {
        "order_id": txid,
        "order_qty": number(qty),
        "trigger_price": number(trigger_price),
        "deadline": to_rfc3339(deadline_us),
        "token": token,
    }
    return _frame("amend_order", req_id, params)


def cancel_order(
    client_id: ClientOrderId, txid: ExchangeOrderId | None, token: str, req_id: int
) -> str:
    """Cancel one order, by txid where it is known."""
    which = {"cl_ord_id": [client_id]} if txid is None else {"order_id": [txid]}
    return _frame("cancel_order", req_id, {**which, "token": token})
