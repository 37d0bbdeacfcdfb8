"""What does the exchange know about an order, a trade and a ledger entry?"""

from decimal import Decimal
from enum import StrEnum

from s1mpletrader.core.matching import Resting
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Side, TimeInForce


class OrderType(StrEnum):
    """The exchange's order types; more than the engine uses."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_LOSS = "stop-loss"
    TAKE_PROFIT = "take-profit"
    STOP_LOSS_LIMIT = "stop-loss-limit"
    TAKE_PROFIT_LIMIT = "take-profit-limit"
    TRAILING_STOP = "trailing-stop"
    TRAILING_STOP_LIMIT = "trailing-stop-limit"


TRAILING = frozenset({OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT})
"""Order types whose trigger follows the market."""
PROFITS = frozenset({OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})
LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT})
"""Order types with a limit price of their own."""
STOPS = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, *PROFITS, *TRAILING})
"""Order types that sleep until triggered."""


class Status(StrEnum):
    """The exchange's words; `closed` means filled. Never trust the word: look at `executed`."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class SelfTrade(StrEnum):
    """Who gives way when an account would trade with itself."""

    NEWEST = "cancel_newest"
    OLDEST = "cancel_oldest"
    BOTH = "cancel_both"


class Change(StrEnum):
    """What happened to an order: `exec_type` of the executions channel."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    TRADE = "trade"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    AMENDED = "amended"


class Offset(Value, frozen=True):
    """A distance from a price, in quote or in percent of it."""

    amount: Decimal
    is_pct: bool = False

    def of(self, price: Decimal) -> Decimal:
        """Return the distance from `price` in quote."""
        return price * self.amount / 100 if self.is_pct else self.amount


class Close(Value, frozen=True):
    """The order that each fill of another one makes, on the other side."""

    type: OrderType
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None


class Draft(Value, frozen=True):
    """An order as a client asks for it."""

    symbol: Symbol
    side: Side
    type: OrderType
    qty: Decimal
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    tif: TimeInForce = TimeInForce.GTC
    expire_us: Micros | None = None
    post_only: bool = False
    self_trade: SelfTrade = SelfTrade.NEWEST
    client_id: str | None = None
    userref: int | None = None
    deadline_us: Micros | None = None
    fee_in_base: bool = False
    trail: Offset | None = None
    """How far a trailing stop stays behind the best price since."""
    limit_offset: Offset | None = None
    """How far the limit of a trailing-stop-limit is from its trigger, signed."""
    close: Close | None = None


class Order(Value, frozen=True):
    """An accepted order; every change makes a new value."""

    txid: str
    account: str
    number: int
    """Acceptance number, for time priority and paging."""
    draft: Draft
    qty: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    opened_us: Micros
    status: Status = Status.OPEN
    triggered: bool = False
    executed: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    trades: tuple[str, ...] = ()
    closed_us: Micros | None = None
    reason: str = ""
    fee_in_base: bool = False
    user: str = ""
    """The key that asked for it."""
    received_us: Micros | None = None
    """When the request came in; `opened_us` is when it was accepted."""
    queue: Decimal = Decimal(0)
    """What others have waiting before it at its price, where queues are played."""
    refid: str = ""
    """The order whose fill made this one."""

    @property
    def remaining(self) -> Decimal:
        """What is not executed yet."""
        return self.qty - self.executed

    @property
    def is_open(self) -> bool:
        """Whether the order can still trade."""
        return self.status is Status.OPEN

    @property
    def is_sleeping(self) -> bool:
        """Whether it is a stop or take-profit that has not triggered."""
        return self.draft.type in STOPS and not self.triggered

    def resting(self) -> Resting | None:
        """Return what matching must know, for an open limit order."""
        if not self.is_open or self.is_sleeping or self.limit_price is None:
            return None
        return Resting(self.txid, self.draft.side, self.limit_price, self.remaining, self.number)


class Trade(Value, frozen=True):
    """One execution of an order of an account."""

    exec_id: str
    txid: str
    account: str
    symbol: Symbol
    side: Side
    type: OrderType
    price: Decimal
    qty: Decimal
    cost: Decimal
    fee: Decimal
    """In quote; its value, where it was taken in base."""
    maker: bool
    number: int
    """`trade_id`: consecutive over all executions here."""
    time_us: Micros
    """Protocol time."""
    ledgers: tuple[str, ...] = ()
    base_fee: Decimal = Decimal(0)
    """What was taken in base instead of `fee` in quote."""


class LedgerEntry(Value, frozen=True):
    """One movement of one asset; `balance` is what the account has afterwards."""

    ledger_id: str
    account: str
    ref_id: str
    kind: str
    """trade, deposit, withdrawal."""
    asset: Asset
    amount: Decimal
    fee: Decimal
    balance: Decimal
    time_us: Micros


class OrderChanged(Value, frozen=True, tag="order"):
    """For the executions channel: the order as it was right after the change."""

    change: Change
    order: Order
    time_us: Micros
    trade: Trade | None = None


class Booked(Value, frozen=True, tag="booked"):
    """For the balances channel."""

    entry: LedgerEntry


class MarketTraded(Value, frozen=True, tag="market"):
    """For the public channels."""

    tick: Tick


class TapeEnded(Value, frozen=True, tag="tape_ended"):
    """For the status channel: no trade will ever follow."""


class StatusChanged(Value, frozen=True, tag="status"):
    """For the status channel: online, maintenance, cancel_only, post_only, limit_only."""

    status: str


Event = OrderChanged | Booked | MarketTraded | TapeEnded | StatusChanged
