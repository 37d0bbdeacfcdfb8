"""What do the books know about one order?"""

from decimal import Decimal

import msgspec

from s1mpletrader.core.order_flow import DENIED, IN_DOUBT, LIVE, OrderHappening, advance
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, ExecId
from s1mpletrader.model.orders import Fill, OrderRole, OrderStatus, Side
from s1mpletrader.model.records import AmendWanted, Intended

ZERO = Decimal(0)


class Order(Value, frozen=True):
    """One attempt at the exchange, as the records tell it; replaced, never edited."""

    intent: Intended
    status: OrderStatus
    intended_us: Micros
    grace_us: Micros
    """G in force: the intent's, or the longer one of how it went unknown."""
    qty: Decimal
    """The quantity in force: the intent's, or what a settled amend made of it."""
    trigger_price: Decimal | None
    known_us: Micros = Micros(0)
    """Since when the engine knows that the exchange has it (protocol time)."""
    final_us: Micros = Micros(0)
    txid: ExchangeOrderId | None = None
    fills: tuple[Fill, ...] = ()
    final_volume: Decimal | None = None
    amend: AmendWanted | None = None
    """The one amend in flight (O8)."""
    amends_failed: int = 0
    """Amends in a row that changed nothing."""
    cancelled_us: Micros = Micros(0)
    """When a cancel was last sent; changes no status."""
    reason: str = ""

    @classmethod
    def intended(cls, intent: Intended, now_us: Micros) -> "Order":
        """Return the order of a fresh intent."""
        order = intent.order
        return cls(
            intent=intent,
            status=OrderStatus.INTENT,
            intended_us=now_us,
            grace_us=intent.grace_us,
            qty=order.qty,
            trigger_price=order.trigger_price,
        )

    @property
    def client_id(self) -> ClientOrderId:
        """Our id of it."""
        return self.intent.order.client_id

    @property
    def role(self) -> OrderRole:
        """Why it exists."""
        return self.intent.role

    @property
    def is_buy(self) -> bool:
        """Whether it buys."""
        return self.intent.order.side is Side.BUY

    @property
    def is_in_doubt(self) -> bool:
        """Whether nobody knows if the exchange has it."""
        return self.status in IN_DOUBT

    @property
    def is_live(self) -> bool:
        """Whether it is not final."""
        return self.status in LIVE

    @property
    def was_denied(self) -> bool:
        """Whether it is final because the exchange does not have it."""
        return self.status in DENIED

    @property
    def executed(self) -> Decimal:
        """The booked quantity."""
        return sum((fill.qty for fill in self.fills), ZERO)

    @property
    def remaining(self) -> Decimal:
        """What may still execute: zero once final."""
        return self.qty - self.executed if self.is_live else ZERO

    @property
    def is_open_quantity_known(self) -> bool:
        """Whether the exchange certainly has it, working, with `qty`."""
        return self.status is OrderStatus.ACKED and self.final_volume is None and self.amend is None

    @property
    def ripe_us(self) -> Micros:
        """From when on an absence of an order in doubt means something: deadline + G (D2)."""
        return Micros(self.intent.order.deadline_us + self.grace_us)

    def has(self, exec_id: ExecId) -> bool:
        """Whether the execution is booked already (O5)."""
        return any(fill.exec_id == exec_id for fill in self.fills)

    def moved(self, happening: OrderHappening, now_us: Micros) -> "Order":
        """Return the order after `happening`, with the moments that follow from it."""
        status = advance(self.status, happening)
        if status is self.status:
            return self
        known = now_us if status is OrderStatus.ACKED else self.known_us
        final = self.final_us if status in LIVE else now_us
        return msgspec.structs.replace(self, status=status, known_us=known, final_us=final)

    def settled(self, now_us: Micros) -> "Order":
        """Return the order closed, if its final volume is known and booked (D6)."""
        complete = self.executed == self.qty and self.amend is None
        if self.final_volume == self.executed or complete:
            return self.moved(OrderHappening.FINISHED, now_us)
        return self
