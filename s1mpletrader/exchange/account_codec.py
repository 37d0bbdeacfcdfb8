"""What do the exchange's private REST answers say about the account?"""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, Generic, NamedTuple, TypeVar

import msgspec

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange.names import NameBook
from s1mpletrader.exchange.wire import ROWS_MAX, Reader, Wire, client_id, exact, from_seconds
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import ExchangeOrderId, ExecId
from s1mpletrader.model.looks import BalanceRow, ClosedRow, LedgerRow, OpenRow
from s1mpletrader.model.orders import Fill, OrderType, Side

TOKEN_LIFE_MIN_S: Final = 60
TOKEN_LIFE_MAX_S: Final = 3_600
"""Whatever the exchange says: a token is not asked for more often, nor kept longer."""
Row = TypeVar("Row")
_Rows = msgspec.Meta(max_length=ROWS_MAX)
_Ids = Annotated[list[str], _Rows]
_Count = int | Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}$")]
"""A list's length; older answers quote it."""

_KIN: Final = {
    "market": OrderType.MARKET,
    "settle-position": OrderType.MARKET,
    "stop-loss": OrderType.STOP_LOSS,
    "stop-loss-limit": OrderType.STOP_LOSS,
    "trailing-stop": OrderType.STOP_LOSS,
    "trailing-stop-limit": OrderType.STOP_LOSS,
    "take-profit": OrderType.TAKE_PROFIT,
    "take-profit-limit": OrderType.TAKE_PROFIT,
}
"""Types the engine never uses (a person's orders) are shown as their nearest kin, else LIMIT."""


class Page(Value, Generic[Row], frozen=True):
    """One page of a list; `count` is the length of the whole list, where stated."""

    rows: tuple[Row, ...]
    count: int


class SocketToken(NamedTuple):
    """What a request on the private WebSocket must carry, and for how long it is valid."""

    text: str
    life_s: int


class OrderShown(Value, frozen=True):
    """An order as QueryOrders shows it."""

    row: OpenRow
    is_final: bool
    closed_us: Micros | None
    exec_ids: tuple[ExecId, ...]


class _Description(Wire):
    pair: str
    type: Side
    ordertype: str
    price: str = "0"


class _OrderRow(Wire):
    status: str
    descr: _Description
    vol: Decimal
    vol_exec: Decimal
    opentm: Decimal
    closetm: Decimal = Decimal(0)
    cl_ord_id: str | None = None
    reason: str | None = None
    trades: _Ids = msgspec.field(default_factory=list)


class _OpenOrders(Wire):
    open: Annotated[dict[str, _OrderRow], _Rows]


class _ClosedOrders(Wire):
    closed: Annotated[dict[str, _OrderRow], _Rows]
    count: _Count = 0


class _Trade(Wire):
    ordertxid: str
    pair: str
    time: Decimal
    type: Side
    price: Decimal
    cost: Decimal
    fee: Decimal
    vol: Decimal


class _TradesHistory(Wire):
    trades: Annotated[dict[str, _Trade], _Rows]
    count: _Count = 0


class _LedgerEntry(Wire):
    time: Decimal
    type: str
    asset: str
    amount: Decimal
    fee: Decimal = Decimal(0)


class _Ledgers(Wire):
    ledger: Annotated[dict[str, _LedgerEntry], _Rows]
    count: _Count = 0


class _Balance(Wire):
    balance: Decimal
    hold_trade: Decimal = Decimal(0)


class _Token(Wire):
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    expires: int = 900


_OPEN: Final = Reader(_OpenOrders, "OpenOrders")
_CLOSED: Final = Reader(_ClosedOrders, "ClosedOrders")
_HISTORY: Final = Reader(_TradesHistory, "TradesHistory")
_ORDERS: Final = Reader(dict[str, _OrderRow], "QueryOrders")
_TRADES: Final = Reader(dict[str, _Trade], "QueryTrades")
_LEDGERS: Final = Reader(_Ledgers, "Ledgers")
_BALANCES: Final = Reader(dict[str, _Balance], "BalanceEx")
_TOKEN: Final = Reader(_Token, "GetWebSocketsToken")


def read_token(result: msgspec.Raw) -> SocketToken:
    """Return the token that opens the private WebSocket."""
    row = _TOKEN.read(result)
    return SocketToken(row.token, min(max(row.expires, TOKEN_LIFE_MIN_S), TOKEN_LIFE_MAX_S))


def read_open_orders(result: msgspec.Raw, names: NameBook) -> tuple[OpenRow, ...]:
    """Return the open list; it has no pages."""
    return tuple(_open_row(txid, row, names) for txid, row in _OPEN.read(result).open.items())


def read_closed_orders(result: msgspec.Raw, names: NameBook) -> Page[ClosedRow]:
    """Return one page of the closed list, newest first."""
    page = _CLOSED.read(result)
    rows = tuple(_closed_row(txid, row, names) for txid, row in page.closed.items())
    return Page(rows, int(page.count))


def read_trades_history(result: msgspec.Raw, names: NameBook) -> Page[Fill]:
    """Return one page of our trades, newest first."""
    page = _HISTORY.read(result)
    rows = tuple(_fill(exec_id, row, names) for exec_id, row in page.trades.items())
    return Page(rows, int(page.count))


def read_order(result: msgspec.Raw, txid: ExchangeOrderId, names: NameBook) -> OrderShown | None:
    """Return the order `txid` out of QueryOrders, None if it is not shown."""
    row = _ORDERS.read(result).get(txid)
    if row is None:
        return None
    is_final = row.status in {"closed", "canceled", "expired"}
    return OrderShown(
        row=_open_row(txid, row, names),
        is_final=is_final,
        closed_us=from_seconds(row.closetm) if is_final else None,
        exec_ids=tuple(ExecId(each) for each in row.trades),
    )


def read_fills(result: msgspec.Raw, names: NameBook) -> tuple[Fill, ...]:
    """Return the trades out of QueryTrades."""
    return tuple(_fill(exec_id, row, names) for exec_id, row in _TRADES.read(result).items())


def read_ledgers(result: msgspec.Raw, names: NameBook) -> Page[LedgerRow]:
    """Return one page of ledger entries of every kind, newest first."""
    page = _LEDGERS.read(result)
    rows = tuple(
        LedgerRow(
            ledger_id=key,
            asset=names.asset(row.asset),
            amount=exact(row.amount),
            fee=exact(row.fee),
            kind=row.type,
            time_us=from_seconds(row.time),
        )
        for key, row in page.ledger.items()
    )
    return Page(rows, int(page.count))


def read_balances(result: msgspec.Raw, names: NameBook) -> tuple[BalanceRow, ...]:
    """Return what the account has and what its open orders hold of it."""
    return tuple(
        BalanceRow(names.asset(code), exact(row.balance), exact(row.hold_trade))
        for code, row in _BALANCES.read(result).items()
    )


def _open_row(txid: str, row: _OrderRow, names: NameBook) -> OpenRow:
    kind = _KIN.get(row.descr.ordertype, OrderType.LIMIT)
    price = _price(row.descr.price)
    return OpenRow(
        txid=ExchangeOrderId(txid),
        client_id=client_id(row.cl_ord_id),
        symbol=names.symbol(row.descr.pair),
        side=row.descr.type,
        type=kind,
        qty=exact(row.vol),
        vol_exec=exact(row.vol_exec),
        opened_us=from_seconds(row.opentm),
        limit_price=price if kind is OrderType.LIMIT else None,
        trigger_price=price if kind in {OrderType.STOP_LOSS, OrderType.TAKE_PROFIT} else None,
    )


def _closed_row(txid: str, row: _OrderRow, names: NameBook) -> ClosedRow:
    shown = _open_row(txid, row, names)
    return ClosedRow(
        txid=shown.txid,
        client_id=shown.client_id,
        symbol=shown.symbol,
        side=shown.side,
        type=shown.type,
        qty=shown.qty,
        vol_exec=shown.vol_exec,
        opened_us=shown.opened_us,
        closed_us=from_seconds(row.closetm),
        reason=row.reason or "",
    )


def _fill(exec_id: str, row: _Trade, names: NameBook) -> Fill:
    return Fill(
        exec_id=ExecId(exec_id),
        txid=ExchangeOrderId(row.ordertxid),
        symbol=names.symbol(row.pair),
        side=row.type,
        qty=exact(row.vol),
        price=exact(row.price),
        cost=exact(row.cost),
        fee=exact(row.fee),
        # REST states cost and fee of a trade in the pair's quote currency
        fee_asset=names.quote(row.pair),
        time_us=from_seconds(row.time),
    )


def _price(text: str) -> Decimal | None:
    """Return a price; relative ones ("+5%", of orders that are not ours) are None."""
    try:
        return exact(Decimal(text))
    except (InvalidOperation, ExchangeProtocolError):
        return None
