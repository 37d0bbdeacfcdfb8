"""What did the exchange show when it was asked for the whole truth (SAFETY D1)?"""

from decimal import Decimal

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.orders import Fill, OrderType, Side


class OpenRow(Value, frozen=True):
    """An order as the open list shows it."""

    txid: ExchangeOrderId
    client_id: ClientOrderId | None
    symbol: Symbol
    side: Side
    type: OrderType
    qty: Decimal
    vol_exec: Decimal
    opened_us: Micros
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None


class ClosedRow(Value, frozen=True):
    """An order as the closed list shows it: final, whatever the status word says."""

    txid: ExchangeOrderId
    client_id: ClientOrderId | None
    symbol: Symbol
    side: Side
    type: OrderType
    qty: Decimal
    vol_exec: Decimal
    opened_us: Micros
    closed_us: Micros
    reason: str = ""


class LedgerRow(Value, frozen=True):
    """One entry of the exchange's own ledger that is not a trade: deposit, withdrawal, ..."""

    ledger_id: str
    asset: Asset
    amount: Decimal
    fee: Decimal
    kind: str
    time_us: Micros


class BalanceRow(Value, frozen=True):
    """An asset of the account: `total` includes what open orders hold (`held`)."""

    asset: Asset
    total: Decimal
    held: Decimal


class Balances(Value, frozen=True):
    """A balance read; stable if the last ledger id was the same before and after it (D7)."""

    rows: tuple[BalanceRow, ...]
    ledger_id_before: str
    ledger_id_after: str
    ledgers: tuple[LedgerRow, ...] = ()
    """Ledger entries other than trades since the look's `since_us`, oldest first."""

    @property
    def is_stable(self) -> bool:
        """Whether nothing was booked while the balances were read."""
        return self.ledger_id_before == self.ledger_id_after

    def total(self, asset: Asset) -> Decimal:
        """Return the account's amount of `asset`, zero if the exchange names none."""
        return next((row.total for row in self.rows if row.asset == asset), Decimal(0))

    def free(self, asset: Asset) -> Decimal:
        """Return what open orders do not hold of `asset`."""
        return next((row.total - row.held for row in self.rows if row.asset == asset), Decimal(0))


class Complete(Value, frozen=True, tag="complete"):
    """A look that counts: open, closed, trades read in this order, all pages, one connection."""

    connection: int
    """The connection it was read on; void for the gate of a later one."""
    began_us: Micros
    ended_us: Micros
    since_us: Micros
    """Closed orders and trades are complete from here on."""
    open: tuple[OpenRow, ...]
    closed: tuple[ClosedRow, ...]
    trades: tuple[Fill, ...]
    balances: Balances | None = None

    @property
    def rows(self) -> tuple[OpenRow | ClosedRow, ...]:
        """All orders that it shows."""
        return (*self.open, *self.closed)


class Partial(Value, frozen=True, tag="partial"):
    """Some list could not be read to its end: void."""

    why: str


class Unavailable(Value, frozen=True, tag="unavailable"):
    """The exchange could not be asked: void. "Could not ask" is not "nothing there"."""

    why: str


Look = Complete | Partial | Unavailable


class OrderFound(Value, frozen=True, tag="order_found"):
    """An order looked up by txid: positive evidence. `closed_us` is set when it is final."""

    txid: ExchangeOrderId
    qty: Decimal
    vol_exec: Decimal
    trigger_price: Decimal | None
    closed_us: Micros | None
    fills: tuple[Fill, ...]
    """All its executions, complete: their quantities sum to `vol_exec`, else it is `NotShown`."""


class NotShown(Value, frozen=True, tag="not_shown"):
    """The look-up failed or is not complete yet; nothing may be concluded."""

    why: str


OrderLookup = OrderFound | NotShown
