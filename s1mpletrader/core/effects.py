"""What should happen because of one input?

The order of the fields is the order of events: the records (with their input) are durable before
anything else leaves the process (SAFETY J2).
"""

from decimal import Decimal

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.orders import NewOrder, OrderRole
from s1mpletrader.model.records import AlertRaised, Record


class Submit(Value, frozen=True, tag="submit"):
    """Send an order once. `decided_us` is the protocol time of the deciding input (O2)."""

    order: NewOrder
    role: OrderRole
    link: str
    decided_us: Micros


class Amend(Value, frozen=True, tag="amend"):
    """Change a resting stop in place, not after `deadline_us`."""

    client_id: ClientOrderId
    txid: ExchangeOrderId
    symbol: Symbol
    qty: Decimal
    trigger_price: Decimal
    deadline_us: Micros


class Cancel(Value, frozen=True, tag="cancel"):
    """Cancel an order; may be repeated. Without txid it is cancelled by client id."""

    client_id: ClientOrderId
    txid: ExchangeOrderId | None
    symbol: Symbol


class AskLook(Value, frozen=True, tag="ask_look"):
    """Take a look (SAFETY D1), with balances or without."""

    since_us: Micros
    balances: bool


class AskOrder(Value, frozen=True, tag="ask_order"):
    """Look one order up by txid."""

    txid: ExchangeOrderId


class AskBalances(Value, frozen=True, tag="ask_balances"):
    """Read the balances alone."""

    asked_us: Micros = Micros(0)
    """What is read is younger than this; 0: unknown."""


Send = Submit | Amend | Cancel
Ask = AskLook | AskOrder | AskBalances


class Effects(Value, frozen=True):
    """Records first, then sends, asks and alerts; `wake_us` asks for a timer input."""

    records: tuple[Record, ...] = ()
    sends: tuple[Send, ...] = ()
    asks: tuple[Ask, ...] = ()
    wake_us: Micros | None = None

    @property
    def alerts(self) -> tuple[AlertRaised, ...]:
        """The alerts among the records; they leave when the group is durable."""
        return tuple(record for record in self.records if isinstance(record, AlertRaised))
