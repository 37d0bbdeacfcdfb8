"""What does a frame of the WebSocket say?"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

import msgspec

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange.book_codec import BookUpdate, read_books
from s1mpletrader.exchange.wire import (
    EPOCH,
    LEAST,
    MOST,
    ROWS_MAX,
    Reader,
    Wire,
    client_id,
    exact,
    from_datetime,
)
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId, ExecId, Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Side


class Heartbeat(Value, frozen=True):
    """The connection and its subscriptions are alive."""


class SystemState(Value, frozen=True):
    """What the exchange says about itself."""

    status: str
    tape_ended: bool = False
    """Only the simulated exchange says so: its tape has no more trades."""


class Trades(Value, frozen=True):
    """Public trades, oldest first; a snapshot repeats the latest ones."""

    ticks: tuple[Tick, ...]
    is_snapshot: bool


class Charge(Value, frozen=True):
    """A fee and the asset it was taken in."""

    asset: Asset
    qty: Decimal


class Execution(Value, frozen=True):
    """The part of a report that describes one execution."""

    exec_id: ExecId
    qty: Decimal
    price: Decimal
    cost: Decimal
    charges: tuple[Charge, ...]


class Report(Value, frozen=True):
    """One element of the executions channel; only `txid` and the kinds are always there."""

    txid: ExchangeOrderId
    exec_type: str
    order_status: str
    time_us: Micros
    client_id: ClientOrderId | None
    symbol: Symbol | None
    side: Side | None
    vol_exec: Decimal | None
    reason: str
    execution: Execution | None


class Executions(Value, frozen=True):
    """Reports about our orders; `sequence` counts messages from 1 per subscription."""

    reports: tuple[Report, ...]
    sequence: int
    is_snapshot: bool


class Reply(Value, frozen=True):
    """The answer to a request of ours (also pong)."""

    method: str
    req_id: int | None
    ok: bool
    error: str
    txid: ExchangeOrderId | None
    channel: str
    symbol: Symbol | None
    time_in_us: Micros | None
    time_out_us: Micros | None


class Books(Value, frozen=True):
    """Changes of order books; a snapshot replaces what was there."""

    updates: tuple[BookUpdate, ...]
    is_snapshot: bool


class Other(Value, frozen=True):
    """A message of a channel that nobody here subscribed to."""

    channel: str


Frame = Heartbeat | SystemState | Trades | Executions | Books | Reply | Other


class _Frame(Wire):
    channel: str = ""
    type: str = ""
    data: msgspec.Raw = msgspec.Raw()
    sequence: int | None = None
    method: str = ""
    req_id: int | None = None
    success: bool | None = None
    error: str | None = None
    result: msgspec.Raw = msgspec.Raw()
    time_in: datetime | None = None
    time_out: datetime | None = None


class _State(Wire):
    system: str
    tape_ended: bool = False


class _Trade(Wire):
    symbol: Symbol
    side: Side
    price: Decimal
    qty: Decimal
    trade_id: int
    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]


class _TradeFrame(Wire):
    data: Annotated[list[_Trade], msgspec.Meta(max_length=ROWS_MAX)]
    type: str = ""


class _Fee(Wire):
    asset: str
    qty: Decimal


class _Report(Wire):
    order_id: str
    exec_type: str
    order_status: str
    timestamp: datetime
    cl_ord_id: str | None = None
    symbol: str | None = None
    side: Side | None = None
    cum_qty: Decimal | None = None
    reason: str | None = None
    cancel_reason: str | None = None
    exec_id: str | None = None
    last_qty: Decimal | None = None
    last_price: Decimal | None = None
    cost: Decimal | None = None
    fees: Annotated[list[_Fee], msgspec.Meta(max_length=10)] = msgspec.field(default_factory=list)


class _Result(Wire):
    order_id: str | None = None
    channel: str = ""
    symbol: str | None = None


_FRAME: Final = Reader(_Frame, "frame")
_STATES: Final = Reader(list[_State], "status")
_TRADES: Final = Reader(list[_Trade], "trade")
_TRADE_FRAME: Final = Reader(_TradeFrame, "trade")
_DAY_S: Final = 86_400
_TRADE_BEGINS: Final = '{"channel":"trade",'
_TRADE_BEGINS_BYTES: Final = _TRADE_BEGINS.encode()
_REPORTS: Final = Reader(list[_Report], "executions")
_RESULT: Final = Reader(_Result, "result")


def read_frame(data: bytes | str) -> Frame:
    """Return what a frame says; raises `ExchangeProtocolError`."""
    if isinstance(data, str):
        is_trade = data.startswith(_TRADE_BEGINS)
    else:
        is_trade = data.startswith(_TRADE_BEGINS_BYTES)
    if is_trade:  # as most frames are: read in one go
        trades = _TRADE_FRAME.read(data)
        return _trades(trades.data, trades.type)
    frame = _FRAME.read(data)
    match frame.channel:
        case "trade":
            return _trades(_TRADES.read(frame.data), frame.type)
        case "heartbeat":
            return Heartbeat()
        case "executions":
            return _executions(frame)
        case "status":
            return _state(frame)
        case "book":
            return Books(read_books(frame.data), frame.type == "snapshot")
        case "":
            return _reply(frame)
        case channel:
            return Other(channel[:100])


def _trades(rows: list[_Trade], kind: str) -> Trades:
    """Return the ticks: the codec's one hot path, so `exact` and `from_datetime` are inline."""
    ticks: list[Tick] = []
    last, is_in_order, least, most, epoch = -1, True, LEAST, MOST, EPOCH
    moment, time_us = epoch, 0
    try:
        for row in rows:
            price, qty, trade_id = row.price, row.qty, row.trade_id
            if not (least < price < most and least < qty < most):
                raise ExchangeProtocolError(f"not a price or a quantity: {row}"[:200])
            if row.timestamp != moment:  # one order's trades share theirs
                moment = row.timestamp
                since = moment - epoch
                time_us = (since.days * _DAY_S + since.seconds) * SECOND + since.microseconds
            # calling Micros would cost as much as making the tick
            tick = Tick(row.symbol, price, qty, row.side, trade_id, time_us)  # type: ignore[arg-type]
            ticks.append(tick)
            is_in_order &= trade_id > last
            last = trade_id
    except InvalidOperation as error:  # NaN compares with nothing
        raise ExchangeProtocolError("not a price or a quantity: NaN") from error
    if not is_in_order:  # the order within a message is not documented
        ticks.sort(key=lambda tick: (tick.symbol, tick.trade_id))
    return Trades(tuple(ticks), kind == "snapshot")


def _executions(frame: _Frame) -> Executions:
    if frame.sequence is None:
        raise ExchangeProtocolError("an executions message without sequence")
    reports = tuple(_report(row) for row in _REPORTS.read(frame.data))
    return Executions(reports, frame.sequence, frame.type == "snapshot")


def _report(row: _Report) -> Report:
    return Report(
        txid=ExchangeOrderId(row.order_id),
        exec_type=row.exec_type,
        order_status=row.order_status,
        time_us=from_datetime(row.timestamp),
        client_id=client_id(row.cl_ord_id),
        symbol=Symbol(row.symbol) if row.symbol else None,
        side=row.side,
        vol_exec=None if row.cum_qty is None else exact(row.cum_qty),
        reason=row.reason or row.cancel_reason or "",
        execution=_execution(row) if row.exec_type == "trade" else None,
    )


def _execution(row: _Report) -> Execution:
    stated = (row.exec_id, row.last_qty, row.last_price, row.cost)
    match stated:
        case (str(exec_id), Decimal() as qty, Decimal() as price, Decimal() as cost) if exec_id:
            charges = tuple(Charge(Asset(fee.asset), exact(fee.qty)) for fee in row.fees)
            return Execution(ExecId(exec_id), exact(qty), exact(price), exact(cost), charges)
        case _:
            raise ExchangeProtocolError(f"a trade of {row.order_id[:40]} lacks its figures")


def _state(frame: _Frame) -> SystemState:
    states = _STATES.read(frame.data)
    if not states:
        raise ExchangeProtocolError("a status message without status")
    return SystemState(states[-1].system, states[-1].tape_ended)


def _reply(frame: _Frame) -> Reply:
    result = _Result()
    # pong and refusals have no result
    if bytes(frame.result) not in {b"", b"null"}:
        result = _RESULT.read(frame.result)
    if not frame.method and frame.error is None:
        raise ExchangeProtocolError("a frame with neither channel, method nor error")
    return Reply(
        method=frame.method,
        req_id=frame.req_id,
        ok=frame.success is not False and frame.error is None,
        error=frame.error or "",
        txid=ExchangeOrderId(result.order_id) if result.order_id else None,
        channel=result.channel,
        symbol=Symbol(result.symbol) if result.symbol else None,
        time_in_us=from_datetime(frame.time_in) if frame.time_in else None,
        time_out_us=from_datetime(frame.time_out) if frame.time_out else None,
    )
