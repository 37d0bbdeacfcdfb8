"""What changes the exchange?

Every command that was accepted is in the event log before anybody hears of it; folding the log
over an empty venue gives the identical venue, down to the ids and the microseconds.
"""

from decimal import Decimal

import msgspec

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator.refusal import DUPLICATE_CLIENT_ID
from s1mpletrader.simulator.values import Draft


class Rules(Value, frozen=True):
    """Behaviour nobody could verify at the real exchange, and its limits."""

    stops_hold: bool = True
    """Whether a resting stop holds the coins at once, or only when it triggers."""
    amend_stops: bool = True
    """Whether AmendOrder works on an untriggered stop."""
    stop_avoids_itself: bool = True
    """Whether self-trade prevention also looks at triggered stops."""
    ledger_first: bool = False
    """Whether the balances channel tells of a trade before the executions channel does."""
    duplicate_error: str = DUPLICATE_CLIENT_ID
    """The words that refuse a client id of an open order."""
    queue_ahead: Decimal | None = None
    """What waits before a resting limit, as a fraction of a level; None: never filled at its
    price, only through it."""
    open_orders_max: int = 60
    """Per account and pair (Starter 60, Intermediate 80, Pro 225)."""


class Founded(Value, frozen=True, tag="founded"):
    """The first entry: who has what. `seed` makes the ids."""

    at_us: Micros
    seed: int
    tape_sha256: str
    balances: dict[str, dict[Asset, Decimal]]
    played: dict[Symbol, int]
    ticks: tuple[Tick, ...] = ()
    """The first trades of a feed."""


class Configured(Value, frozen=True, tag="configured"):
    """The rules from here on."""

    at_us: Micros
    rules: Rules


class Place(Value, frozen=True, tag="place"):
    """A new order."""

    at_us: Micros
    account: str
    draft: Draft
    user: str = ""
    """The key that asked."""
    received_us: Micros | None = None
    """When the request came in; None: at the same moment."""
    offered: Decimal | None = None
    """A fault: the fraction of the quantity that the market offers on arrival."""
    fee_in_base: bool = False
    """A fault: fees are taken in the base asset."""
    refid: str = ""
    """The order whose fill made this one."""


class Push(Value, frozen=True, tag="push"):
    """A fault: a fraction of an open order is filled now, a stop wakes first."""

    at_us: Micros
    account: str
    txid: str
    fraction: Decimal


class Edit(Value, frozen=True, tag="edit"):
    """A cancel and a new order in its place, or neither. What is None stays."""

    at_us: Micros
    account: str
    txid: str
    qty: Decimal | None = None
    price: Decimal | None = None
    """The trigger of a stop, the limit of others."""
    price2: Decimal | None = None
    """The limit of a stop."""
    post_only: bool | None = None
    userref: int | None = None
    deadline_us: Micros | None = None
    user: str = ""


class Amend(Value, frozen=True, tag="amend"):
    """A change in place; ids stay."""

    at_us: Micros
    account: str
    txid: str | None = None
    client_id: str | None = None
    qty: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    post_only: bool = False
    deadline_us: Micros | None = None


class Cancel(Value, frozen=True, tag="cancel"):
    """A cancel by one of the ids."""

    at_us: Micros
    account: str
    txid: str | None = None
    client_id: str | None = None
    userref: int | None = None


class CancelAll(Value, frozen=True, tag="cancel_all"):
    """A cancel of everything the account has open."""

    at_us: Micros
    account: str


class ArmDeadMan(Value, frozen=True, tag="dead_man"):
    """CancelAllOrdersAfter: None disarms."""

    at_us: Micros
    account: str
    fires_us: Micros | None


class Elapse(Value, frozen=True, tag="elapse"):
    """Protocol time reached an expiry or a dead-man switch."""

    at_us: Micros


class Play(Value, frozen=True, tag="play"):
    """The tape moved on by some trades."""

    at_us: Micros
    trades: int


class Heard(Value, frozen=True, tag="heard"):
    """A feed made trades; they are played at once."""

    at_us: Micros
    ticks: tuple[Tick, ...]


class Transfer(Value, frozen=True, tag="transfer"):
    """A deposit (positive) or a withdrawal (negative) by hand."""

    at_us: Micros
    account: str
    asset: Asset
    amount: Decimal


class UseNonce(Value, frozen=True, tag="nonce"):
    """A key spoke; a lower or equal number is never accepted again."""

    at_us: Micros
    key: str
    nonce: int


class SetStatus(Value, frozen=True, tag="set_status"):
    """The exchange's own state: online, maintenance, cancel_only, post_only, limit_only."""

    at_us: Micros
    status: str


Command = (
    Founded
    | Configured
    | Place
    | Push
    | Edit
    | Amend
    | Cancel
    | CancelAll
    | ArmDeadMan
    | Elapse
    | Play
    | Heard
    | Transfer
    | UseNonce
    | SetStatus
)

_DECODER: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)


def encode(command: Command) -> bytes:
    """Return a command as one line of JSON without the line feed."""
    return msgspec.json.encode(command)


def decode(line: bytes) -> Command:
    """Return the command of a line; raises `msgspec.DecodeError`."""
    return _DECODER.decode(line)
