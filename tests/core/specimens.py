"""What do an order, its executions and its rows in the exchange's lists look like?"""

from decimal import Decimal as D

import msgspec

from s1mpletrader.core.orders import Order
from s1mpletrader.core.trades import Trade
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, ExecId, TradeId
from s1mpletrader.model.looks import ClosedRow, OpenRow
from s1mpletrader.model.orders import Fill, NewOrder, OrderRole, OrderStatus, OrderType, Side
from s1mpletrader.model.records import Intended
from tests.core.test_trader import LINK, PAIR, USD

INTENDED_US = 1_000 * SECOND
"""When every order here was intended; the exchange takes it until 5 s later."""
LATE_US = Micros(INTENDED_US + 60 * SECOND)

SIDES = {OrderRole.ENTRY: Side.BUY, OrderRole.STOP: Side.SELL, OrderRole.EXIT: Side.SELL}
TYPES = {
    OrderRole.ENTRY: OrderType.LIMIT,
    OrderRole.STOP: OrderType.STOP_LOSS,
    OrderRole.EXIT: OrderType.MARKET,
}


def execution(name: str, qty: str, *, txid: str = "O1", side: Side = Side.BUY) -> Fill:
    return Fill(
        exec_id=ExecId(name),
        txid=ExchangeOrderId(txid),
        symbol=PAIR,
        side=side,
        qty=D(qty),
        price=D(100),
        cost=D(qty) * 100,
        fee=D(0),
        fee_asset=USD,
        time_us=LATE_US,
    )


def order(
    status: OrderStatus,
    *fills: Fill,
    role: OrderRole = OrderRole.ENTRY,
    qty: str = "10",
    name: str = "c1",
    **changes: object,
) -> Order:
    new = NewOrder(
        client_id=ClientOrderId(name),
        symbol=PAIR,
        side=SIDES[role],
        type=TYPES[role],
        qty=D(qty),
        deadline_us=Micros(INTENDED_US + 5 * SECOND),
        trigger_price=D(90) if role is OrderRole.STOP else None,
    )
    intent = Intended(new, role, LINK, TradeId("t1"), Micros(5 * SECOND), D(0))
    made = Order.intended(intent, Micros(INTENDED_US))
    return msgspec.structs.replace(made, status=status, fills=fills, **changes)


def bought(qty: str) -> Order:
    """Return a finished entry that left `qty`."""
    return order(OrderStatus.CLOSED, execution("T0", qty), qty=qty, name="entry")


def trade_of(stop_trigger: str | None = "90") -> Trade:
    trigger = None if stop_trigger is None else D(stop_trigger)
    return Trade(TradeId("t1"), LINK, PAIR, None, trigger, None)


def open_row(vol_exec: str = "0", *, client_id: str | None = "c1", txid: str = "O1") -> OpenRow:
    return OpenRow(
        txid=ExchangeOrderId(txid),
        client_id=None if client_id is None else ClientOrderId(client_id),
        symbol=PAIR,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=D(10),
        vol_exec=D(vol_exec),
        opened_us=Micros(INTENDED_US),
    )


def closed_row(vol_exec: str, *, client_id: str | None = "c1", txid: str = "O1") -> ClosedRow:
    return ClosedRow(
        txid=ExchangeOrderId(txid),
        client_id=None if client_id is None else ClientOrderId(client_id),
        symbol=PAIR,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=D(10),
        vol_exec=D(vol_exec),
        opened_us=Micros(INTENDED_US),
        closed_us=LATE_US,
        reason="User requested",
    )
