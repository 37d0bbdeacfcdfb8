"""How are books written down, so that a start need not fold the whole journal?

A snapshot is a cache (ARCHITECTURE decision 6): deleting it changes nothing but the start-up time.
Orders of closed trades that nobody can ask about any more stay in the journal and in the snapshot
alike, because an execution is booked once for ever.
"""

from decimal import Decimal

import msgspec

from s1mpletrader.core.books import Books
from s1mpletrader.core.gate import Halt
from s1mpletrader.core.ledger import StrategyLedger
from s1mpletrader.core.orders import Order
from s1mpletrader.core.trades import Trade
from s1mpletrader.errors import StateCorrupt
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import (
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    LinkId,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.inputs import MarketTick, RunStarted, Stamp
from s1mpletrader.model.market import Instrument


class Snapshot(Value, frozen=True):
    """The books as one value."""

    stamp: Stamp
    instruments: tuple[Instrument, ...]
    orders: tuple[Order, ...]
    trades: tuple[Trade, ...]
    ledgers: tuple[tuple[LinkId, tuple[tuple[Asset, Decimal], ...]], ...]
    halts: tuple[Halt, ...]
    client_ids: tuple[tuple[ExchangeOrderId, ClientOrderId], ...]
    foreign: tuple[tuple[ExchangeOrderId, bool], ...]
    booked: tuple[str, ...]
    last_ticks: tuple[MarketTick, ...]
    live: tuple[ClientOrderId, ...]
    open_trades: tuple[TradeId, ...]
    capital: tuple[tuple[LinkId, Decimal], ...]
    quarantined: tuple[tuple[LinkId, WorkerId, str], ...]
    run: RunStarted | None
    run_us: Micros
    opened_us: Micros
    last_fill_us: Micros
    agreed_us: Micros
    is_stopped: bool
    leased_us: Micros = Micros(0)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Snapshot).decode


def encode(books: Books) -> bytes:
    """Return the books as JSON; equal books give equal bytes."""
    return _encode(
        Snapshot(
            stamp=books.stamp,
            instruments=tuple(books.instruments.values()),
            orders=tuple(books.orders.values()),
            trades=tuple(books.trades.values()),
            ledgers=tuple(
                (link, tuple(sorted(ledger.amounts.items())))
                for link, ledger in books.ledgers.items()
            ),
            halts=tuple(books.halts.values()),
            client_ids=tuple(books.client_ids.items()),
            foreign=tuple(books.foreign.items()),
            booked=tuple(sorted(books.booked)),
            last_ticks=tuple(books.last_ticks.values()),
            live=tuple(books.live),
            open_trades=tuple(books.open_trades),
            capital=tuple(books.capital.items()),
            quarantined=tuple((*key, error) for key, error in books.quarantined.items()),
            run=books.run,
            run_us=books.run_us,
            opened_us=books.opened_us,
            last_fill_us=books.last_fill_us,
            agreed_us=books.agreed_us,
            is_stopped=books.is_stopped,
            leased_us=books.leased_us,
        )
    )


def decode(body: bytes) -> Books:
    """Return the books of a snapshot; raises `StateCorrupt` where it cannot be read."""
    try:
        snapshot = _decode(body)
    except msgspec.DecodeError as error:
        text = f"the checkpoint cannot be read: {error}"
        raise StateCorrupt(text, hint="delete it: the journal has everything") from error
    books = Books()
    books.stamp = snapshot.stamp
    books.instruments = {each.symbol: each for each in snapshot.instruments}
    books.orders = {each.client_id: each for each in snapshot.orders}
    books.trades = {each.trade_id: each for each in snapshot.trades}
    books.ledgers = {
        link: StrategyLedger(link, dict(amounts)) for link, amounts in snapshot.ledgers
    }
    books.halts = {(each.reason, each.scope): each for each in snapshot.halts}
    books.client_ids = dict(snapshot.client_ids)
    books.foreign = dict(snapshot.foreign)
    books.booked = set(snapshot.booked)
    books.last_ticks = {each.symbol: each for each in snapshot.last_ticks}
    books.live = dict.fromkeys(snapshot.live)
    books.open_trades = dict.fromkeys(snapshot.open_trades)
    books.capital = dict(snapshot.capital)
    books.quarantined = {(link, worker): error for link, worker, error in snapshot.quarantined}
    books.run, books.run_us = snapshot.run, snapshot.run_us
    books.opened_us, books.last_fill_us = snapshot.opened_us, snapshot.last_fill_us
    books.agreed_us, books.is_stopped = snapshot.agreed_us, snapshot.is_stopped
    books.leased_us = snapshot.leased_us
    return books
