"""What is a trade, and what does it hold?

A trade is one position of one link on one instrument: its entry, the stops that guard it, the
sells that close it. It exists from the entry's intent on; it is *open* from the first fill until
nothing above the dust is left.
"""

from collections.abc import Iterable
from decimal import Decimal

from s1mpletrader.core.orders import Order
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import (
    ClientOrderId,
    LinkId,
    OpportunityId,
    Symbol,
    ThreatId,
    TradeId,
)
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Side
from s1mpletrader.model.records import Intended

ZERO = Decimal(0)


class Trade(Value, frozen=True):
    """What the books know about one trade; replaced, never edited."""

    trade_id: TradeId
    link: LinkId
    symbol: Symbol
    opportunity_id: OpportunityId | None
    stop_trigger: Decimal | None
    stop_client_id: ClientOrderId | None
    """The id under which its first stop was announced in the entry's intent (O8)."""
    orders: tuple[ClientOrderId, ...] = ()
    opened_us: Micros = Micros(0)
    exit_cause: str = ""
    exit_threat_id: ThreatId | None = None
    exit_wanted_us: Micros = Micros(0)
    closed_us: Micros = Micros(0)
    close_cause: str = ""
    profit: Decimal = ZERO

    @classmethod
    def intended(cls, intent: Intended) -> "Trade":
        """Return the trade that an entry's intent begins."""
        return cls(
            trade_id=intent.trade_id,
            link=intent.link,
            symbol=intent.order.symbol,
            opportunity_id=intent.opportunity_id,
            stop_trigger=intent.stop_trigger,
            stop_client_id=intent.stop_client_id,
        )

    @property
    def is_open(self) -> bool:
        """Whether something was bought and not all of it is known to be gone."""
        return self.opened_us > 0 and self.closed_us == 0

    @property
    def is_exit_wanted(self) -> bool:
        """Whether the exit machine runs for it."""
        return self.exit_wanted_us > 0 and self.closed_us == 0


def holding(orders: Iterable[Order], instrument: Instrument) -> Decimal:
    """Return the base quantity that the trade's fills leave, after fees taken in base."""
    held = ZERO
    for order in orders:
        for fill in order.fills:
            held += fill.qty if fill.side is Side.BUY else -fill.qty
            if fill.fee_asset == instrument.base:
                held -= fill.fee
    return held


def profit_and_fees(orders: Iterable[Order], instrument: Instrument) -> tuple[Decimal, Decimal]:
    """Return (profit after fees, fees), both in quote, of all executions so far."""
    profit = fees = ZERO
    for order in orders:
        for fill in order.fills:
            profit += fill.cost if fill.side is Side.SELL else -fill.cost
            if fill.fee_asset == instrument.quote:
                fees += fill.fee
    return profit - fees, fees
