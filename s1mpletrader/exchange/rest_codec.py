"""What do the exchange's public REST answers say?"""

from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange.names import NameBook, websocket_asset, websocket_symbol
from s1mpletrader.exchange.wire import ROWS_MAX, Reader, Wire, exact, from_seconds
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.market import Instrument, Tick
from s1mpletrader.model.orders import Side

_Decimals = Annotated[int, msgspec.Meta(ge=0, le=20)]


class Envelope(Wire):
    """Every REST answer; HTTP says 200 for errors too."""

    error: Annotated[list[str], msgspec.Meta(max_length=100)]
    result: msgspec.Raw = msgspec.Raw()

    @property
    def failures(self) -> tuple[str, ...]:
        """The errors; a text that begins with W is only a warning."""
        return tuple(text for text in self.error if not text.startswith("W"))


class _Time(Wire):
    unixtime: Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800)]


class _Status(Wire):
    status: str


class _AssetRow(Wire):
    altname: str


class _PairRow(Wire):
    altname: str
    base: str
    quote: str
    pair_decimals: _Decimals
    lot_decimals: _Decimals
    wsname: str = ""
    cost_decimals: _Decimals = 10
    tick_size: Decimal | None = None
    ordermin: Decimal = Decimal(0)
    costmin: Decimal = Decimal(0)
    fees: tuple[tuple[Decimal, Decimal], ...] = ()


_TradeRow = tuple[Decimal, Decimal, Decimal, Literal["b", "s"], str, str, int]
_TradeRows = Annotated[list[_TradeRow], msgspec.Meta(max_length=ROWS_MAX)]


_ENVELOPE: Final = Reader(Envelope, "REST answer")
_TIME: Final = Reader(_Time, "Time")
_STATUS: Final = Reader(_Status, "SystemStatus")
_ASSETS: Final = Reader(dict[str, _AssetRow], "Assets")
_PAIRS: Final = Reader(dict[str, _PairRow], "AssetPairs")
_TRADES: Final = Reader(dict[str, _TradeRows | str], "Trades")


def read_envelope(body: bytes) -> Envelope:
    """Return a REST answer's two parts; raises `ExchangeProtocolError`."""
    envelope = _ENVELOPE.read(body)
    if not envelope.failures and not bytes(envelope.result):
        raise ExchangeProtocolError("a REST answer has neither error nor result")
    return envelope


def read_time(result: msgspec.Raw) -> Micros:
    """Return the exchange's clock, cut to whole seconds."""
    return Micros(_TIME.read(result).unixtime * SECOND)


def read_status(result: msgspec.Raw) -> str:
    """Return online, maintenance, cancel_only or post_only."""
    return _STATUS.read(result).status


def read_names(assets: msgspec.Raw, pairs: msgspec.Raw) -> NameBook:
    """Return all assets and pairs; pairs without a WebSocket name are not tradable here."""
    names = {key: websocket_asset(row.altname) for key, row in _ASSETS.read(assets).items()}
    book: dict[str, Instrument] = {}
    ids: dict[Symbol, str] = {}
    for key, row in _PAIRS.read(pairs).items():
        if not row.wsname:
            continue
        instrument = _instrument(row, names)
        book[key] = book[row.altname] = instrument
        ids[instrument.symbol] = key
    return NameBook(names, book, ids)


def read_trades(result: msgspec.Raw, symbol: Symbol) -> tuple[tuple[Tick, ...], str]:
    """Return a page of public trades, oldest first, and where the next page begins."""
    page = _TRADES.read(result)
    last = page.pop("last", "")
    rows = next(iter(page.values()), [])
    if len(page) > 1 or isinstance(rows, str) or not isinstance(last, str):
        raise ExchangeProtocolError("unreadable Trades: expected one pair's rows and last")
    return tuple(_tick(row, symbol) for row in rows), last


def _tick(row: _TradeRow, symbol: Symbol) -> Tick:
    price, qty, seconds, side, _, _, trade_id = row
    return Tick(
        symbol=symbol,
        price=exact(price),
        qty=exact(qty),
        side=Side.BUY if side == "b" else Side.SELL,
        trade_id=trade_id,
        time_us=from_seconds(seconds),
    )


def _instrument(row: _PairRow, names: dict[str, Asset]) -> Instrument:
    step = Decimal(1).scaleb(-row.pair_decimals)
    instrument = Instrument(
        symbol=websocket_symbol(row.wsname),
        base=names.get(row.base) or websocket_asset(row.base),
        quote=names.get(row.quote) or websocket_asset(row.quote),
        price_tick=exact(row.tick_size) if row.tick_size else step,
        qty_step=Decimal(1).scaleb(-row.lot_decimals),
        cost_step=Decimal(1).scaleb(-row.cost_decimals),
        qty_min=exact(row.ordermin),
        cost_min=exact(row.costmin),
    )
    if not row.fees:
        return instrument
    # the first row of the schedule is the dearest: estimates err on the safe side
    return msgspec.structs.replace(instrument, taker_fee=exact(row.fees[0][1]) / 100)
