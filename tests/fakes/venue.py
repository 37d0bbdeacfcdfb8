"""What is true at the exchange?

Orders, executions, prices and balances, and the rules that the real one enforces: the deadline at
acceptance, a client id unique among open orders only, funds, minimums. What it shows of this, when
and to whom, is `exchange.py`'s business.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId, ExecId, Symbol
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Fill, NewOrder, OrderType, Side, TimeInForce
from tests.fakes.dice import Dice
from tests.fakes.messages import Credit, Execute, Fact, Finish
from tests.fakes.temper import MS, Temper
from tests.fakes.timeline import Timeline, Whom

ZERO = Decimal(0)
FEE = Decimal("0.004")

ENTRY_PIECES = ((100,), (60, 40), (30, 30), (), (50, 30, 20), (100,), (25, 75))
"""Executed parts of a limit order in percent; what is missing is not executed."""
SELL_PIECES = ((100,), (100,), (40, 60), (20, 50, 30), (70,))


@dataclass
class VenueOrder:
    """An accepted order."""

    number: int
    txid: ExchangeOrderId
    client_id: ClientOrderId | None
    order: NewOrder
    qty: Decimal
    trigger: Decimal | None
    opened_us: int
    fills: list[Fill] = field(default_factory=list)
    closed_us: int | None = None
    reason: str = ""
    triggered_us: int | None = None

    @property
    def executed(self) -> Decimal:
        """The executed quantity."""
        return sum((fill.qty for fill in self.fills), ZERO)

    @property
    def remaining(self) -> Decimal:
        """What may still execute."""
        return ZERO if self.closed_us is not None else self.qty - self.executed

    @property
    def is_open(self) -> bool:
        """Whether it is in the book."""
        return self.closed_us is None


class Venue:
    """The truth, in simulated time."""

    def __init__(
        self,
        timeline: Timeline,
        dice: Dice,
        temper: Temper,
        instruments: tuple[Instrument, ...],
        totals: dict[Asset, Decimal],
    ) -> None:
        self.timeline = timeline
        self.dice = dice
        self.temper = temper
        self.instruments = {each.symbol: each for each in instruments}
        self.totals = dict(totals)
        self.prices: dict[Symbol, Decimal] = {}
        self.orders: dict[ExchangeOrderId, VenueOrder] = {}
        self.ledger_id = 1
        self.facts: list[Fact] = []
        self._executions = 0
        self._spent: dict[Asset, Decimal] = {}

    # Requests.

    def accept(self, order: NewOrder, client_id: ClientOrderId | None) -> VenueOrder | str:
        """Open an order or return the refusal."""
        now, instrument = self.timeline.now_us, self.instruments[order.symbol]
        price = order.limit_price or order.trigger_price or self.prices[order.symbol]
        if now > order.deadline_us:
            return "EOrder:Deadline elapsed"
        if client_id is not None and any(
            each.is_open and each.client_id == client_id for each in self.orders.values()
        ):
            return "EOrder:Duplicate client order id"
        if order.qty < instrument.qty_min or order.qty * price < instrument.cost_min:
            return "EOrder:Order minimum not met"
        if not self._has_funds(order, price):
            return "EOrder:Insufficient funds"
        number = len(self.orders) + 1
        opened = VenueOrder(
            number=number,
            txid=ExchangeOrderId(f"O{number:05}"),
            client_id=client_id,
            order=order,
            qty=order.qty,
            trigger=order.trigger_price,
            opened_us=now,
        )
        self.orders[opened.txid] = opened
        self.facts.append(Fact("open", opened.txid))
        self._plan_executions(opened)
        return opened

    def amend(
        self, txid: ExchangeOrderId, qty: Decimal, trigger: Decimal, deadline_us: int
    ) -> str | None:
        """Change a resting stop in place, or return the refusal."""
        order = self.orders.get(txid)
        if self.timeline.now_us > deadline_us:
            return "EOrder:Deadline elapsed"
        if order is None or not order.is_open or order.triggered_us is not None:
            return "EOrder:Unknown order"
        if qty <= order.executed or not self._has_coins(order.order.symbol, qty - order.qty):
            return "EOrder:Insufficient funds"
        order.qty, order.trigger = qty, trigger
        self.facts.append(Fact("amended", txid))
        return None

    def cancel(self, client_id: ClientOrderId, txid: ExchangeOrderId | None) -> bool:
        """Take an order out of the book, perhaps after a last part of it was executed."""
        for order in self.orders.values():
            if order.is_open and (order.txid == txid or order.client_id == client_id):
                break
        else:
            return False
        is_stop = order.order.type is OrderType.STOP_LOSS
        if is_stop and self.dice.chance(f"dip{order.number}", self.temper.dip_percent):
            instrument = self.instruments[order.order.symbol]
            self.execute(order.txid, instrument.floor_qty(order.remaining * Decimal("0.4")))
        self.finish(order.txid, "user canceled")
        return True

    # What happens by itself.

    def move_price(self, symbol: Symbol, price: Decimal) -> None:
        """Let the market trade at `price`; stops at or above it are triggered."""
        self.prices[symbol] = price
        for order in tuple(self.orders.values()):
            is_due = order.trigger is not None and order.trigger >= price
            if order.order.symbol == symbol and order.is_open and is_due:
                self._trigger(order)

    def execute(self, txid: ExchangeOrderId, qty: Decimal) -> None:
        """Execute `qty`, or what is left, of an open order at the market's price."""
        order = self.orders[txid]
        instrument = self.instruments[order.order.symbol]
        qty = min(qty, order.remaining)
        if qty <= ZERO:
            return
        self._executions += 1
        price = self.prices[order.order.symbol]
        if order.order.limit_price is not None:
            price = min(price, order.order.limit_price)
        cost = (qty * price).quantize(instrument.cost_step, ROUND_HALF_UP)
        fee, asset = (cost * FEE).quantize(instrument.cost_step, ROUND_HALF_UP), instrument.quote
        if order.order.side is Side.BUY and self.dice.chance(
            f"fee{order.number}", self.temper.base_fee_percent
        ):
            fee, asset = (qty * FEE).quantize(instrument.qty_step, ROUND_HALF_UP), instrument.base
        now = Micros(self.timeline.now_us)
        name = ExecId(f"T{self._executions:05}")
        fill = Fill(
            name, txid, order.order.symbol, order.order.side, qty, price, cost, fee, asset, now
        )
        order.fills.append(fill)
        self.facts.append(Fact("fill", txid, fill))
        self._reserve(fill, 1)
        lag = self.dice.number(f"credit{self._executions}", 0, self.temper.lag_credit_us)
        hidden_until = self.shows_from_us(order) if self.temper.hides_balances else 0
        self.timeline.plan(max(now + lag, hidden_until), Whom.EXCHANGE, Credit(fill))
        if order.remaining == ZERO:
            self.finish(txid, "filled")

    def finish(self, txid: ExchangeOrderId, reason: str) -> None:
        """Take an order out of the book."""
        order = self.orders[txid]
        if order.is_open:
            order.closed_us, order.reason = self.timeline.now_us, reason
            self.facts.append(Fact("closed", txid))

    def credit(self, fill: Fill) -> None:
        """Move coins and money of an execution."""
        instrument = self.instruments[fill.symbol]
        sign = 1 if fill.side is Side.BUY else -1
        self.book(instrument.base, sign * fill.qty)
        self.book(instrument.quote, -sign * fill.cost)
        self.book(fill.fee_asset, -fill.fee)
        self._reserve(fill, -1)

    def book(self, asset: Asset, amount: Decimal) -> str:
        """Move an asset; returns the ledger id."""
        self.totals[asset] = self.totals.get(asset, ZERO) + amount
        self.ledger_id += 1
        return f"L{self.ledger_id:05}"

    @property
    def is_settled(self) -> bool:
        """Whether the balances show every execution."""
        return not any(self._spent.values())

    def shows_from_us(self, order: VenueOrder) -> int:
        """Return until when the exchange behaves as if it had never heard of the order."""
        if not self.dice.chance(f"hides{order.number}", self.temper.hides_percent):
            return 0
        return order.opened_us + self.dice.number(f"for{order.number}", 0, self.temper.hides_us)

    def held(self, asset: Asset) -> Decimal:
        """Return what open orders hold of an asset."""
        held = ZERO
        for order in self.orders.values():
            instrument = self.instruments[order.order.symbol]
            is_stop = order.order.type is OrderType.STOP_LOSS
            if order.order.side is Side.SELL and instrument.base == asset:
                held += order.remaining if self.temper.holds_coins or not is_stop else ZERO
            elif order.order.side is Side.BUY and instrument.quote == asset:
                held += order.remaining * (order.order.limit_price or ZERO)
        return held

    def _has_funds(self, order: NewOrder, price: Decimal) -> bool:
        if order.side is Side.SELL:
            return self._has_coins(order.symbol, order.qty)
        quote = self.instruments[order.symbol].quote
        return self._free(quote) >= order.qty * price * (1 + FEE)

    def _has_coins(self, symbol: Symbol, qty: Decimal) -> bool:
        return self._free(self.instruments[symbol].base) >= qty

    def _free(self, asset: Asset) -> Decimal:
        """Return what may be spent: what was spent counts at once, what was earned does not."""
        spent = self._spent.get(asset, ZERO)
        return self.totals.get(asset, ZERO) - self.held(asset) - spent

    def _reserve(self, fill: Fill, sign: int) -> None:
        """Count what an execution spends while the balances do not show it yet, or no longer."""
        instrument = self.instruments[fill.symbol]
        is_buy = fill.side is Side.BUY
        asset, amount = (instrument.quote, fill.cost) if is_buy else (instrument.base, fill.qty)
        self._spent[asset] = self._spent.get(asset, ZERO) + sign * amount

    def _plan_executions(self, order: VenueOrder) -> None:
        kind, tif = order.order.type, order.order.tif
        if kind is OrderType.STOP_LOSS:
            if order.trigger is not None and self.prices[order.order.symbol] <= order.trigger:
                self._trigger(order)
        elif kind is OrderType.MARKET:
            self._plan_pieces(order, SELL_PIECES, spread_us=1_500 * MS, reason="market closed")
        elif tif is TimeInForce.IOC:
            self._plan_pieces(order, ENTRY_PIECES, spread_us=0, reason="ioc")
        else:
            self._plan_pieces(order, ENTRY_PIECES, spread_us=4_000 * MS, reason="")

    def _trigger(self, order: VenueOrder) -> None:
        if order.triggered_us is None:
            order.triggered_us = self.timeline.now_us
            self._plan_pieces(order, SELL_PIECES[:-1], spread_us=1_500 * MS, reason="")

    def _plan_pieces(
        self,
        order: VenueOrder,
        choices: tuple[tuple[int, ...], ...],
        *,
        spread_us: int,
        reason: str,
    ) -> None:
        """Draw when which part is executed; with a `reason` the rest is then canceled."""
        instrument, at = self.instruments[order.order.symbol], self.timeline.now_us
        left, percents = order.remaining, self.dice.pick(f"pieces{order.number}", choices)
        for index, percent in enumerate(percents):
            is_last = sum(percents[: index + 1]) == 100
            piece = left if is_last else instrument.floor_qty(order.remaining * percent / 100)
            left -= piece
            at += self.dice.number(f"at{order.number}:{index}", 0, spread_us)
            self.timeline.plan(at, Whom.EXCHANGE, Execute(order.txid, piece))
        if reason:
            self.timeline.plan(at, Whom.EXCHANGE, Finish(order.txid, reason))
