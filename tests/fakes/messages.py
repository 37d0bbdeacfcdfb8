"""What travels between the engine and the fake exchange, and what happens there by itself?"""

from dataclasses import dataclass, field
from decimal import Decimal

from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.looks import BalanceRow, ClosedRow, LedgerRow, OpenRow
from s1mpletrader.model.orders import Fill, NewOrder


@dataclass(frozen=True)
class Delivery:
    """An input on its way to the engine over connection `connection` (0: any)."""

    connection: int
    input: inputs.Input
    call: int = 0
    """The request that this answers, where answers to the same order could be confused."""


@dataclass(frozen=True)
class AmendRequest:
    """Change a stop in place."""

    client_id: ClientOrderId
    txid: ExchangeOrderId
    qty: Decimal
    trigger: Decimal
    deadline_us: Micros
    call: int


@dataclass(frozen=True)
class CancelRequest:
    """Take an order out of the book."""

    client_id: ClientOrderId
    txid: ExchangeOrderId | None


Request = NewOrder | AmendRequest | CancelRequest


@dataclass(frozen=True)
class Arrival:
    """A request reaches the exchange."""

    connection: int
    name: str
    request: Request


@dataclass(frozen=True)
class Drop:
    """A connection breaks."""

    connection: int


@dataclass(frozen=True)
class Ask:
    """A read of one thing reaches the exchange: `txid`, or the balances."""

    connection: int
    name: str
    sent_us: Micros
    txid: ExchangeOrderId | None = None
    wants_balances: bool = False
    asked_us: Micros | None = None


@dataclass(frozen=True)
class Trap:
    """The market moves to `price` the moment someone begins a look."""

    symbol: Symbol
    price: Decimal


@dataclass
class LookInProgress:
    """A look between its first and its last read."""

    connection: int
    name: str
    since_us: Micros
    began_us: Micros
    open: tuple[OpenRow, ...] = ()
    closed: tuple[ClosedRow, ...] = ()
    trades: tuple[Fill, ...] = ()
    ledger_id: str = ""
    rows: tuple[BalanceRow, ...] = ()
    ledgers: tuple[LedgerRow, ...] = ()
    left: list[str] = field(
        default_factory=lambda: ["open", "closed", "trades", "ledger", "balances", "again"]
    )


@dataclass(frozen=True)
class Execute:
    """A part of an order is executed."""

    txid: ExchangeOrderId
    qty: Decimal


@dataclass(frozen=True)
class Finish:
    """An order leaves the book."""

    txid: ExchangeOrderId
    reason: str


@dataclass(frozen=True)
class Credit:
    """An execution reaches the balances."""

    fill: Fill


@dataclass(frozen=True)
class Fact:
    """Something the executions stream will tell: `open`, `fill`, `closed`, `amended`."""

    kind: str
    txid: ExchangeOrderId
    fill: Fill | None = None
