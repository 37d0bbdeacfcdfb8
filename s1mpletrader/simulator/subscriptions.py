"""What does a connection hear after it has subscribed?

One subscription is one channel for one symbol (or for the account). It turns events into
messages; the private ones count theirs in `sequence`, from 1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from s1mpletrader.core.matching import Depth, Level
from s1mpletrader.simulator import market_views, refusal, ws_market_rows, ws_rows
from s1mpletrader.simulator.market_views import INTERVALS_MIN
from s1mpletrader.simulator.pairs import ASSETS, Pair, find_pair
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import (
    Booked,
    Event,
    MarketTraded,
    OrderChanged,
    StatusChanged,
)
from s1mpletrader.simulator.venue import Venue
from s1mpletrader.simulator.wire import rfc3339

SNAPSHOT_TRADES = 50
DEPTHS = (10, 25, 100, 500, 1000)
PUBLIC = ("ticker", "trade", "book", "ohlc", "instrument")
PRIVATE = ("executions", "balances")
OHLC_SNAPSHOT = 60
Message = dict[str, Any]


class Subscription(Protocol):
    """A channel as one connection hears it."""

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return what is true at the beginning."""
        ...

    def hear(self, venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return what follows from the events of one batch."""
        ...


def _message(channel: str, kind: str, data: Any) -> Message:
    return {"channel": channel, "type": kind, "data": data}


def _traded(events: Iterable[Event], pair: Pair) -> list[MarketTraded]:
    return [e for e in events if isinstance(e, MarketTraded) and e.tick.symbol == pair.symbol]


class TradeChannel:
    """Public trades; several a message."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return the last 50 trades."""
        ticks = market_views.recent(venue, self._pair.symbol, SNAPSHOT_TRADES)
        yield _message("trade", "snapshot", [ws_market_rows.market_trade(tick) for tick in ticks])

    def hear(self, _venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return the pair's new trades."""
        rows = [ws_market_rows.market_trade(event.tick) for event in _traded(events, self._pair)]
        if rows:
            yield _message("trade", "update", rows)


class TickerChannel:
    """Best prices and the last 24 hours, after each batch of trades."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return the present ticker."""
        yield _message("ticker", "snapshot", [ws_market_rows.ticker(venue, self._pair)])

    def hear(self, venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return the ticker if the pair traded."""
        if _traded(events, self._pair):
            yield _message("ticker", "update", [ws_market_rows.ticker(venue, self._pair)])


class CandleChannel:
    """The candle of one interval, pushed with every batch of trades; never marked closed."""

    def __init__(self, pair: Pair, interval_min: int) -> None:
        self._pair = pair
        self._interval = interval_min

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return the latest candles."""
        found = market_views.candles(venue, self._pair.symbol, self._interval)[-OHLC_SNAPSHOT:]
        now = venue.market_us()
        rows = [ws_market_rows.candle(self._pair, one, self._interval, now) for one in found]
        yield _message("ohlc", "snapshot", rows)

    def hear(self, venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return the present candle if the pair traded."""
        if _traded(events, self._pair):
            found = market_views.current_candle(venue, self._pair.symbol, self._interval)
            row = ws_market_rows.candle(self._pair, found, self._interval, venue.market_us())
            yield _message("ohlc", "update", [row])


class BookChannel:
    """The synthetic book: a snapshot, then changed levels with a checksum of the whole."""

    def __init__(self, pair: Pair, depth: int) -> None:
        self._pair = pair
        self._depth = depth
        self._sent = Depth((), ())

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return the whole book."""
        self._sent = self._cut(venue)
        yield self._message("snapshot", venue, self._sent.asks, self._sent.bids)

    def hear(self, venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return what changed, deletions (quantity 0) first."""
        if not _traded(events, self._pair):
            return
        before, self._sent = self._sent, self._cut(venue)
        asks = _changes(before.asks, self._sent.asks)
        bids = _changes(before.bids, self._sent.bids)
        if asks or bids:
            yield self._message("update", venue, asks, bids)

    def _cut(self, venue: Venue) -> Depth:
        book = venue.book.depth(self._pair.symbol)
        return Depth(book.asks[: self._depth], book.bids[: self._depth])

    def _message(
        self, kind: str, venue: Venue, asks: Sequence[Level], bids: Sequence[Level]
    ) -> Message:
        row = {
            "symbol": self._pair.symbol,
            "bids": ws_market_rows.levels(self._pair, bids),
            "asks": ws_market_rows.levels(self._pair, asks),
            "checksum": ws_market_rows.checksum(self._pair, self._sent),
            "timestamp": rfc3339(venue.market_us()),
        }
        return _message("book", kind, [row])


class InstrumentChannel:
    """Reference data; only the pairs' status changes here."""

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return assets and pairs."""
        yield _message("instrument", "snapshot", ws_market_rows.instruments(venue.pair_status))

    def hear(self, venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return assets and pairs again when their status changed."""
        if any(isinstance(event, StatusChanged) for event in events):
            yield _message("instrument", "update", ws_market_rows.instruments(venue.pair_status))


class DeadChannel:
    """A subscription that was acknowledged and never says anything."""

    def snapshot(self, _venue: Venue) -> Iterator[Message]:
        """Return nothing."""
        yield from ()

    def hear(self, _venue: Venue, _events: Sequence[Event]) -> Iterator[Message]:
        """Return nothing."""
        yield from ()


class ExecutionsChannel:
    """Everything that happens to the account's orders."""

    def __init__(self, account: str, *, orders: bool, trades: bool) -> None:
        self._account = account
        self._with_orders = orders
        self._with_trades = trades
        self._sequence = 0

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return open orders and, if asked for, the last 50 executions."""
        account = venue.accounts[self._account]
        rows: list[Message] = []
        if self._with_trades:
            latest = list(account.trades.values())[-SNAPSHOT_TRADES:]
            rows += [ws_rows.past_trade(trade, account.orders[trade.txid]) for trade in latest]
        if self._with_orders:
            rows += [ws_rows.open_order(order) for order in account.open.values()]
        yield self._numbered("snapshot", rows)

    def hear(self, _venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return one message for each change."""
        for event in events:
            if isinstance(event, OrderChanged) and event.order.account == self._account:
                yield self._numbered("update", [ws_rows.execution(event)])

    def _numbered(self, kind: str, rows: list[Message]) -> Message:
        self._sequence += 1
        return _message("executions", kind, rows) | {"sequence": self._sequence}


class BalancesChannel:
    """Every movement of the account's balances."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._sequence = 0

    def snapshot(self, venue: Venue) -> Iterator[Message]:
        """Return all balances."""
        account = venue.accounts[self._account]
        rows = [ws_rows.wallet(account, a.name) for a in ASSETS if a.name in account.balances]
        yield self._numbered("snapshot", rows)

    def hear(self, _venue: Venue, events: Sequence[Event]) -> Iterator[Message]:
        """Return the entries of one trade or transfer in one message."""
        rows: dict[str, list[Message]] = {}
        for event in events:
            if isinstance(event, Booked) and event.entry.account == self._account:
                rows.setdefault(event.entry.ref_id, []).append(ws_rows.booked(event.entry))
        for legs in rows.values():
            yield self._numbered("update", legs)

    def _numbered(self, kind: str, rows: list[Message]) -> Message:
        self._sequence += 1
        return _message("balances", kind, rows) | {"sequence": self._sequence}


def chosen(
    channel: str, params: Mapping[str, Any], name: str, account: str
) -> tuple[Subscription, Message]:
    """Return what a subscribe asks for and what its reply echoes; raises `Refused`."""
    result: Message = {"channel": channel}
    if channel == "executions":
        orders = params.get("snap_orders", True) is True
        trades = params.get("snap_trades", False) is True
        result |= {"snap_orders": orders, "snap_trades": trades}
        return ExecutionsChannel(account, orders=orders, trades=trades), result
    if channel == "balances":
        return BalancesChannel(account), result
    if channel == "instrument":
        return InstrumentChannel(), result
    if channel not in PUBLIC:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:channel")
    pair = _pair(name)
    result["symbol"] = name
    if channel == "book":
        result["depth"] = _one_of(DEPTHS, params.get("depth", DEPTHS[0]), "depth")
        return BookChannel(pair, result["depth"]), result
    if channel == "ohlc":
        result["interval"] = _one_of(INTERVALS_MIN, params.get("interval", 1), "interval")
        return CandleChannel(pair, result["interval"]), result
    return (TradeChannel(pair) if channel == "trade" else TickerChannel(pair)), result


def _pair(name: str) -> Pair:
    pair = find_pair(name)
    if pair is None or pair.symbol != name:
        raise Refused(f"Currency pair not supported {name}")
    return pair


def _one_of(allowed: tuple[int, ...], value: object, name: str) -> int:
    found = next((each for each in allowed if each == value), None)
    if found is None or isinstance(value, bool):
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:{name}")
    return found


def _changes(before: Sequence[Level], after: Sequence[Level]) -> list[Level]:
    kept = {level.price: level.qty for level in after}
    gone = [Level(level.price, level.qty * 0) for level in before if level.price not in kept]
    known = {level.price: level.qty for level in before}
    return gone + [level for level in after if known.get(level.price) != level.qty]
