"""What is true, as far as the journal tells?

The books are a fold over groups: live and in recovery the same `absorb_input` and `apply` run, so
there is no second path (ARCHITECTURE, way of a tick). Everything here can be rebuilt from the
journal; a checkpoint is a cache of it. More than 300 lines because the fold is one function of all
records, and half of it elsewhere would hide which record changes what.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from s1mpletrader.core.gate import ACCOUNT, Halt, scope_of_link
from s1mpletrader.core.ledger import StrategyLedger
from s1mpletrader.core.order_flow import OrderHappening
from s1mpletrader.core.orders import Order
from s1mpletrader.core.trades import Trade
from s1mpletrader.errors import InternalError
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import (
    UNALLOCATED,
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    LinkId,
    Symbol,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.market import Instrument

ZERO = Decimal(0)
_replace = msgspec.structs.replace
H = OrderHappening

_OrderRecord = (
    records.NotSent
    | records.Acked
    | records.Rejected
    | records.WentUnknown
    | records.NotPlaced
    | records.FinalVolume
    | records.CancelWanted
    | records.AmendWanted
    | records.AmendSettled
)
_AccountRecord = (
    records.LookAgreed
    | records.ForeignOrder
    | records.ForeignFill
    | records.Booked
    | records.CapitalDrawn
    | records.AmountMoved
    | records.OrphanAccepted
    | records.WorkerQuarantined
    | records.Stopped
)


class Books:
    """Orders, trades, ledgers and halts of one account."""

    def __init__(self) -> None:
        self.instruments: dict[Symbol, Instrument] = {}
        self.orders: dict[ClientOrderId, Order] = {}
        self.trades: dict[TradeId, Trade] = {}
        self.ledgers: dict[LinkId, StrategyLedger] = {UNALLOCATED: StrategyLedger(UNALLOCATED)}
        self.halts: dict[tuple[str, str], Halt] = {}
        self.client_ids: dict[ExchangeOrderId, ClientOrderId] = {}
        self.foreign: dict[ExchangeOrderId, bool] = {}
        """Orders that are not ours; True for orphans."""
        self.booked: set[str] = set()
        """Ids of foreign executions and ledger entries that were booked."""
        self.last_ticks: dict[Symbol, inputs.MarketTick] = {}
        self.live: dict[ClientOrderId, None] = {}
        """Ids of orders that are not final, in the order of their intents."""
        self.open_trades: dict[TradeId, None] = {}
        """Ids of trades that are not closed and whose entry is not final and unfilled."""
        self.capital: dict[LinkId, Decimal] = {}
        """What each link has drawn from `unallocated` so far."""
        self.quarantined: dict[tuple[LinkId, WorkerId], str] = {}
        self.run: inputs.RunStarted | None = None
        self.run_us = Micros(0)
        self.leased_us = Micros(0)
        """When the youngest private call that is known to be accepted was sent (SAFETY F2)."""
        self.opened_us = Micros(0)
        """When the opening balances were read: foreign trades up to then are in them."""
        self.last_fill_us = Micros(0)
        """The exchange's time of the youngest booked execution."""
        self.agreed_us = Micros(0)
        """When the last agreeing look began."""
        self.stamp = Stamp(0, Micros(0), Micros(0))
        self.is_stopped = False

    # What the books answer.

    def live_orders(self) -> Iterator[Order]:
        """Yield the orders that are not final, oldest first."""
        return (self.orders[each] for each in self.live)

    def orders_of(self, trade: Trade) -> tuple[Order, ...]:
        """Return the trade's orders, oldest first."""
        return tuple(self.orders[each] for each in trade.orders)

    def find(self, client_id: str | None, txid: ExchangeOrderId | None) -> Order | None:
        """Return our order with this client id or txid."""
        if client_id is not None and client_id in self.orders:
            return self.orders[ClientOrderId(client_id)]
        known = self.client_ids.get(txid) if txid is not None else None
        return self.orders[known] if known is not None else None

    def is_locked(self, symbol: Symbol) -> bool:
        """Return whether an order on the instrument is in doubt (SAFETY O6)."""
        return any(o.is_in_doubt and o.intent.order.symbol == symbol for o in self.live_orders())

    def open_trade(self, link: LinkId, symbol: Symbol) -> Trade | None:
        """Return the link's trade on the instrument that is not over, if any."""
        for trade_id in self.open_trades:
            trade = self.trades[trade_id]
            if trade.link == link and trade.symbol == symbol:
                return trade
        return None

    def reserved(self, link: LinkId, asset: Asset) -> Decimal:
        """Return the quote amount that live buys of the link have set aside."""
        total = ZERO
        for order in self.live_orders():
            if order.intent.link == link and order.is_buy:
                quote = self.instruments[order.intent.order.symbol].quote
                spent = sum((fill.cost + fill.fee for fill in order.fills), ZERO)
                total += max(order.intent.reserved - spent, ZERO) if quote == asset else ZERO
        return total

    def last_price(self, symbol: Symbol) -> Decimal | None:
        """Return the price of the last trade of the tape, if one was seen."""
        tick = self.last_ticks.get(symbol)
        return tick.price if tick is not None else None

    # The fold.

    def absorb_input(self, stamp: Stamp, event: inputs.Input) -> None:
        """Take in what an input says by itself; raises `InternalError` if numbers jump."""
        if stamp.number != self.stamp.number + 1:
            text = f"input {stamp.number} follows input {self.stamp.number}"
            raise InternalError(text)
        self.stamp = stamp
        if isinstance(event, inputs.MarketTick):
            self.last_ticks[event.symbol] = event
        elif isinstance(event, inputs.LeaseRenewed):
            self.leased_us = max(self.leased_us, event.protocol_us)
        elif isinstance(event, inputs.RunStarted):
            self.run, self.run_us = event, stamp.protocol_us
            self.is_stopped = False
        if isinstance(event, inputs.RunStarted | inputs.InstrumentsChanged):
            self.instruments.update({each.symbol: each for each in event.instruments})

    def apply(self, record: records.Record) -> None:
        """Fold one record of the group whose input was absorbed last."""
        match record:
            case records.Intended():
                self._intend(record)
            case records.Filled():
                self._fill(record)
            case (
                records.NotSent()
                | records.Acked()
                | records.Rejected()
                | records.WentUnknown()
                | records.NotPlaced()
                | records.FinalVolume()
                | records.CancelWanted()
                | records.AmendWanted()
                | records.AmendSettled()
            ):
                self._apply_to_order(record)
            case records.TradeOpened() | records.ExitWanted() | records.TradeClosed():
                self._apply_to_trade(record)
            case records.HaltSet(reason, scope):
                halt = Halt(reason, scope, record.by, record.why, self.stamp.protocol_us)
                self.halts.setdefault((reason, scope), halt)
            case records.HaltCleared(reason, scope):
                self.halts.pop((reason, scope), None)
                if reason == "quarantine":
                    self._lift_quarantine(scope)
            case (
                records.ForeignOrder()
                | records.ForeignFill()
                | records.Booked()
                | records.CapitalDrawn()
                | records.AmountMoved()
                | records.OrphanAccepted()
                | records.LookAgreed()
                | records.WorkerQuarantined()
                | records.Stopped()
            ):
                self._apply_to_account(record)
            case (  # pragma: no branch
                records.OpportunityFound()
                | records.OpportunityRejected()
                | records.ThreatDetected()
                | records.Discrepancy()
                | records.PlanDecided()
                | records.AlertRaised()
            ):
                pass  # history for people and views; the books do not depend on them

    def _apply_to_order(self, record: _OrderRecord) -> None:
        order = self.orders[record.client_id]
        match record:
            case records.NotSent():
                self._put(self._moved(_replace(order, reason=record.why), H.NOT_SENT))
            case records.Acked(_, txid):
                self.client_ids[txid] = record.client_id
                self.foreign.pop(txid, None)
                self._put(self._moved(_replace(order, txid=txid), H.ACKED))
            case records.Rejected(_, code):
                self._put(self._moved(_replace(order, reason=code), H.REJECTED))
            case records.WentUnknown():
                grace = max(order.grace_us, record.grace_us)
                self._put(self._moved(_replace(order, grace_us=grace), H.WENT_UNKNOWN))
            case records.NotPlaced():
                self._put(self._moved(_replace(order, reason="not placed"), H.NOT_PLACED))
            case records.FinalVolume(_, volume):
                order = _replace(order, final_volume=volume, reason=record.reason, amend=None)
                self._put(order.settled(self.stamp.protocol_us))
            case records.CancelWanted():
                self._put(_replace(order, cancelled_us=self.stamp.protocol_us))
            case records.AmendWanted():
                self._put(_replace(order, amend=record))
            case records.AmendSettled():  # pragma: no branch
                self._put(order.amended(record).settled(self.stamp.protocol_us))

    def _apply_to_trade(
        self, record: records.TradeOpened | records.ExitWanted | records.TradeClosed
    ) -> None:
        now = self.stamp.protocol_us
        trade = self.trades[record.trade_id]
        match record:
            case records.TradeOpened():
                trade = _replace(trade, opened_us=now)
            case records.ExitWanted(_, cause, threat_id):
                trade = _replace(
                    trade, exit_cause=cause, exit_threat_id=threat_id, exit_wanted_us=now
                )
            case records.TradeClosed(_, cause, profit):  # pragma: no branch
                trade = _replace(trade, closed_us=now, close_cause=cause, profit=profit)
                self.open_trades.pop(trade.trade_id, None)
        self.trades[trade.trade_id] = trade

    def _apply_to_account(self, record: _AccountRecord) -> None:
        match record:
            case records.LookAgreed(began):
                self.agreed_us = began
            case records.ForeignOrder(txid):
                self.foreign[txid] = record.orphan
            case records.ForeignFill(fill):
                self.booked.add(fill.exec_id)
                self.last_fill_us = max(self.last_fill_us, fill.time_us)
                self.ledgers[UNALLOCATED].book_fill(fill, self.instruments[fill.symbol])
            case records.Booked():
                self.booked.add(record.ledger_id)
                self.ledger(record.link).book(record.asset, record.amount)
                is_opening = record.kind == "opening"
                self.opened_us = record.as_of_us if is_opening else self.opened_us
            case records.CapitalDrawn(link, asset, amount):
                self.ledgers[UNALLOCATED].book(asset, -amount)
                self.ledger(link).book(asset, amount)
                self.capital[link] = self.capital.get(link, ZERO) + amount
            case records.AmountMoved(asset, amount, source, target):
                self.ledger(source).book(asset, -amount)
                self.ledger(target).book(asset, amount)
            case records.OrphanAccepted(txid):
                self.foreign[txid] = False
            case records.WorkerQuarantined(link, worker, error):
                self.quarantined[link, worker] = error
            case records.Stopped():  # pragma: no branch
                self.is_stopped = True

    def ledger(self, link: LinkId) -> StrategyLedger:
        """Return the link's ledger, an empty one at first."""
        return self.ledgers.setdefault(link, StrategyLedger(link))

    def _lift_quarantine(self, scope: str) -> None:
        for link, worker in tuple(self.quarantined):
            if scope in {ACCOUNT, scope_of_link(link)}:
                del self.quarantined[link, worker]

    def _intend(self, intent: records.Intended) -> None:
        order = Order.intended(intent, self.stamp.protocol_us)
        if order.client_id in self.orders:
            text = f"order id {order.client_id} is used twice"
            raise InternalError(text)
        trade = self.trades.get(intent.trade_id)
        trade = Trade.intended(intent) if trade is None else trade
        self.trades[intent.trade_id] = _replace(trade, orders=(*trade.orders, order.client_id))
        self._put(order)

    def _fill(self, record: records.Filled) -> None:
        order, fill = self.orders[record.client_id], record.fill
        if order.has(fill.exec_id):
            text = f"execution {fill.exec_id} is booked twice"
            raise InternalError(text)
        self.ledger(order.intent.link).book_fill(fill, self.instruments[fill.symbol])
        self.last_fill_us = max(self.last_fill_us, fill.time_us)
        trade = self.trades[order.intent.trade_id]
        self.trades[trade.trade_id] = _replace(trade, closed_us=Micros(0))
        order = self._moved(_replace(order, fills=(*order.fills, fill)), H.FILLED)
        self._put(order.settled(self.stamp.protocol_us))

    def _moved(self, order: Order, happening: H) -> Order:
        return order.moved(happening, self.stamp.protocol_us)

    def _put(self, order: Order) -> None:
        self.orders[order.client_id] = order
        if order.is_live:
            self.live.setdefault(order.client_id)
        else:
            self.live.pop(order.client_id, None)
        self._track_trade(self.trades[order.intent.trade_id], order)

    def _track_trade(self, trade: Trade, order: Order) -> None:
        """Keep the trade open while something of it is live, or bought and not known to be gone."""
        if order.is_live:
            self.trades[trade.trade_id] = _replace(trade, closed_us=Micros(0))
            self.open_trades.setdefault(trade.trade_id)
        elif trade.closed_us == 0:
            if any(each.is_live or each.fills for each in self.orders_of(trade)):
                self.open_trades.setdefault(trade.trade_id)
            else:
                self.open_trades.pop(trade.trade_id, None)
