"""What can be asked of the exchange about an order, and what can it answer?"""

from decimal import Decimal
from enum import StrEnum

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId, ExecId, Symbol


class Side(StrEnum):
    """The direction of an order or a trade."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """The exchange's order types that the engine uses (Kraken spellings)."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_LOSS = "stop-loss"
    TAKE_PROFIT = "take-profit"


class TimeInForce(StrEnum):
    """How long an order may rest."""

    GTC = "gtc"
    IOC = "ioc"
    GTD = "gtd"


class OrderRole(StrEnum):
    """Why an order exists. Only a STOP rests at the exchange (ARCHITECTURE decision 21)."""

    ENTRY = "entry"
    EXIT = "exit"
    STOP = "stop"


class OrderStatus(StrEnum):
    """What the journal says about an order; see `core.order_flow` for the transitions."""

    INTENT = "intent"
    UNKNOWN = "unknown"
    ACKED = "acked"
    CLOSED = "closed"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"
    NOT_SENT = "not_sent"


class NewOrder(Value, frozen=True):
    """An order as it goes on the wire. Fees are always asked for in quote (SAFETY O5)."""

    client_id: ClientOrderId
    symbol: Symbol
    side: Side
    type: OrderType
    qty: Decimal
    deadline_us: Micros
    """The exchange accepts the order until this moment of its own clock, never later (O3)."""
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    tif: TimeInForce = TimeInForce.GTC
    expire_us: Micros | None = None
    post_only: bool = False


class Fill(Value, frozen=True):
    """One execution; cost and fee are the exchange's stated figures, never recomputed (O5)."""

    exec_id: ExecId
    txid: ExchangeOrderId
    symbol: Symbol
    side: Side
    qty: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    fee_asset: Asset
    time_us: Micros


class Ack(Value, frozen=True, tag="ack"):
    """The exchange accepted the order and calls it `txid`."""

    txid: ExchangeOrderId


class Reject(Value, frozen=True, tag="reject"):
    """A known refusal: the order does not exist at the exchange. `code` is its own string."""

    code: str


class Duplicate(Value, frozen=True, tag="duplicate"):
    """An open order with this client id exists: it is ours, to be found and adopted (O4)."""


class Unknown(Value, frozen=True, tag="unknown"):
    """No answer, or one that proves nothing: the order may exist (O4). A value, not an error."""

    why: str
    slow: bool = False
    """True after a 5xx or a timeout: the longer patience applies (SAFETY D5, 60 s)."""


SubmitAnswer = Ack | Reject | Duplicate | Unknown


class Amended(Value, frozen=True, tag="amended"):
    """The exchange changed the order in place."""


AmendAnswer = Amended | Reject | Unknown


class CancelDone(Value, frozen=True, tag="cancel_done"):
    """The exchange answered a cancel; it changes no order's state (SAFETY O5)."""

    known: bool
    """False: "unknown order", which decides nothing either: the cancel can overtake the submit."""


CancelAnswer = CancelDone | Unknown
