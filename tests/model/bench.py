"""How do small numbers become the engine's real values, and back?

Books are built the way recovery builds them: by folding records. Nothing here decides anything.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from s1mpletrader.core.books import Books
from s1mpletrader.core.gate import ACCOUNT
from s1mpletrader.core.identity import IdSource, OrderIdentity, client_order_id
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.orders import Order as RealOrder
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset, ExchangeOrderId, ExecId, LinkId, Symbol, TradeId
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import (
    Fill,
    NewOrder,
    OrderRole,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from tests.model.states import ALIEN, FOREIGN_TRADE, NOT_YET, Here, Slot

TICK = SECOND
"""One step of the model's time."""
NOW = Micros(1_000 * TICK)
ONE, ZERO = Decimal(1), Decimal(0)
COIN, CASH, PAIR = Asset("COIN"), Asset("CASH"), Symbol("COIN/CASH")
INSTRUMENT = Instrument(PAIR, COIN, CASH, ONE, ONE, ONE, ONE, ZERO, ZERO)
MAKER = OrderIdentity(tag=1, epoch=2, start_bits=3)
CLIENT_IDS = [client_order_id(OrderIdentity(1, 2, 3, rest)) for rest in range(8)]
TXIDS = [ExchangeOrderId(f"O{slot}") for slot in range(8)]
FOREIGN_TXID = ExchangeOrderId("OF")
_HAVE_TXID = frozenset({OrderStatus.ACKED, OrderStatus.CLOSED})


def fill_of(slot: int, number: int, side: Side, at_us: int = 0) -> Fill:
    """Return execution `number` of the slot's order; every execution is of one coin."""
    return _fill(f"T{slot}.{number}", TXIDS[slot], side, at_us)


def foreign_fill(at_us: int) -> Fill:
    """Return the owner's own trade."""
    return _fill("TF", FOREIGN_TXID, Side.BUY, at_us)


def _fill(name: str, txid: ExchangeOrderId, side: Side, at_us: int, qty: Decimal = ONE) -> Fill:
    return Fill(ExecId(name), txid, PAIR, side, qty, ONE, qty, ZERO, CASH, Micros(at_us))


def strange_key(exec_id: str) -> int:
    """Return the small number of an execution: 4 * slot + its number."""
    if exec_id == "TF":
        return FOREIGN_TRADE
    slot, number = exec_id[1:].split(".")
    return 4 * int(slot) + int(number)


def strange_exec(key: int) -> ExecId:
    """Return the execution of a small number."""
    return ExecId("TF" if key == FOREIGN_TRADE else f"T{key // 4}.{key % 4}")


def side_of(slot: Slot) -> Side:
    """Return the direction of the slot's order."""
    return Side.BUY if slot.role is OrderRole.ENTRY else Side.SELL


def here_of(slot: int, order: RealOrder | None) -> Here:
    """Return what the books say of an order as small numbers."""
    if order is None:
        return NOT_YET
    booked = 0
    for fill in order.fills:
        is_own = fill.exec_id.startswith(f"T{slot}.")
        booked |= 1 << strange_key(fill.exec_id) % 4 if is_own else ALIEN
    is_named = order.txid is not None
    assert is_named == (order.status in _HAVE_TXID), f"the model forgets the txid of {order}"
    final = -1 if order.final_volume is None else int(order.final_volume)
    return Here(order.status, int(order.qty), booked, final)


class Bench:
    """The scenario's orders and trades as real values."""

    def __init__(self, slots: Sequence[Slot], held: Sequence[int], rules: Rules) -> None:
        self.slots = slots
        self.held = held
        """Coins that each trade's link holds from before."""
        self.rules = rules

    def books(
        self,
        heres: Sequence[Here],
        *,
        times: Sequence[tuple[int, int]] | None = None,
        halts: Iterable[tuple[str, str]] = (),
        closing: Sequence[int] = (),
    ) -> Books:
        """Return books that hold the orders; `times` are (deadline, known since) of each."""
        books = Books()
        books.instruments[PAIR] = INSTRUMENT
        books.last_ticks[PAIR] = inputs.MarketTick(PAIR, ONE, ONE, "buy", 1, Micros(0))
        for trade, qty in enumerate(self.held):
            if qty:
                self._hold(books, trade, qty)
        for slot, here in enumerate(heres):
            if here.status is not None:
                deadline_us, known_us = (0, 0) if times is None else times[slot]
                self._order(books, slot, here, deadline_us, known_us)
        for each in self.slots:
            books.ledger(LinkId(f"link{each.link}")).book(CASH, Decimal(1_000))
        books.stamp = inputs.Stamp(1, Micros(1), Micros(1))
        for trade, stage in enumerate(closing):
            name = TradeId(f"trade{trade}")
            if name in books.trades and stage:
                books.apply(records.ExitWanted(name, "asked"))
            if name in books.trades and stage == 2:
                books.apply(records.TradeClosed(name, "asked", ZERO, ZERO))
        for reason, scope in halts:
            books.apply(records.HaltSet(reason, scope, "model", "as the state says", sticky=True))
        books.stamp = inputs.Stamp(1, NOW, NOW)
        return books

    def turn(self, books: Books) -> Turn:
        """Return a turn at `NOW`."""
        return Turn(books, books.stamp, IdSource(1, books.stamp, MAKER), self.rules)

    def memory(self, *, is_up: bool = True, subscribed: int = 0) -> Memory:
        """Return the memory of a run that may send orders, subscribed for so many ticks."""
        memory = Memory()
        memory.connection = 1
        memory.is_subscribed = is_up
        memory.subscribed_us = Micros(NOW - subscribed * TICK)
        memory.first_call_us = Micros(1)  # no newcomer
        memory.lease_from_us = NOW
        return memory

    def new_order(self, slot: int, qty: int, deadline_us: int) -> NewOrder:
        """Return the slot's order as it goes on the wire."""
        is_entry = self.slots[slot].role is OrderRole.ENTRY
        return NewOrder(
            client_id=CLIENT_IDS[slot],
            symbol=PAIR,
            side=side_of(self.slots[slot]),
            type=OrderType.LIMIT if is_entry else OrderType.MARKET,
            qty=Decimal(qty),
            deadline_us=Micros(deadline_us),
            limit_price=ONE if is_entry else None,
            tif=TimeInForce.IOC,
        )

    def _order(self, books: Books, slot: int, here: Here, deadline_us: int, known_us: int) -> None:
        client_id, is_of = CLIENT_IDS[slot], self.slots[slot]
        books.stamp = inputs.Stamp(1, Micros(1), Micros(1))
        trade = TradeId(f"trade{is_of.trade}")
        books.apply(
            records.Intended(
                order=self.new_order(slot, here.qty, deadline_us),
                role=is_of.role,
                link=LinkId(f"link{is_of.link}"),
                trade_id=trade,
                grace_us=self.rules.grace_us,
                reserved=ZERO,
            )
        )
        match here.status:
            case OrderStatus.UNKNOWN:
                books.apply(records.WentUnknown(client_id, "", self.rules.grace_us))
            case OrderStatus.REJECTED:
                books.apply(records.Rejected(client_id, ""))
            case OrderStatus.NOT_PLACED:
                books.apply(records.NotPlaced(client_id, ""))
            case OrderStatus.NOT_SENT:
                books.apply(records.NotSent(client_id, ""))
            case OrderStatus.ACKED | OrderStatus.CLOSED:
                books.stamp = inputs.Stamp(1, Micros(0), Micros(known_us))
                books.apply(records.Acked(client_id, TXIDS[slot], "model"))
                self._fills(books, slot, here, known_us)
            case OrderStatus.INTENT | None:
                pass
        assert books.orders[client_id].status is here.status, here

    def _fills(self, books: Books, slot: int, here: Here, known_us: int) -> None:
        is_of = self.slots[slot]
        trade = books.trades[TradeId(f"trade{is_of.trade}")]
        for number in range(3):
            if here.booked >> number & 1:
                fill = fill_of(slot, number, side_of(is_of))
                books.apply(records.Filled(CLIENT_IDS[slot], fill))
        if here.booked and is_of.role is OrderRole.ENTRY and not trade.opened_us:
            books.stamp = inputs.Stamp(1, Micros(1), Micros(1))  # a moment, to be told from never
            books.apply(records.TradeOpened(trade.trade_id, trade.link, PAIR, None))
            books.stamp = inputs.Stamp(1, Micros(0), Micros(known_us))
        if here.final >= 0:
            books.apply(records.FinalVolume(CLIENT_IDS[slot], Decimal(here.final), "model"))

    def _hold(self, books: Books, trade: int, qty: int) -> None:
        """Book an entry that was filled and closed long ago."""
        link = next((each.link for each in self.slots if each.trade == trade), trade)
        rest = 100 + trade
        client_id = client_order_id(OrderIdentity(1, 2, 3, rest))
        txid, name = ExchangeOrderId(f"H{trade}"), TradeId(f"trade{trade}")
        order = NewOrder(
            client_id, PAIR, Side.BUY, OrderType.LIMIT, Decimal(qty), Micros(0), limit_price=ONE
        )
        books.stamp = inputs.Stamp(1, Micros(1), Micros(1))
        books.apply(
            records.Intended(order, OrderRole.ENTRY, LinkId(f"link{link}"), name, Micros(0), ZERO)
        )
        books.apply(records.Acked(client_id, txid, "model"))
        fill = _fill(f"H{trade}", txid, Side.BUY, 0, Decimal(qty))
        books.apply(records.Filled(client_id, fill))
        books.apply(records.TradeOpened(name, LinkId(f"link{link}"), PAIR, None))


def halts_of(*, gate: bool, alarm: bool, asked: bool) -> tuple[tuple[str, str], ...]:
    """Return the standing halts of a state."""
    halts = []
    if not gate:
        halts.append(("reconcile", ACCOUNT))
    if alarm:
        halts.append(("contradiction", f"symbol:{PAIR}"))
    if asked:
        halts.append(("operator", ACCOUNT))
    return tuple(halts)
