"""What can happen to the engine?

Everything that enters the synchronous part is one of these values, gets the next number and a
stamp, and is journaled before anything leaves because of it (ARCHITECTURE decisions 3, 4). The
`tag` of a kind is its name in the journal: renaming one needs a new record schema.
"""

from decimal import Decimal

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import (
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    LinkId,
    Symbol,
)
from s1mpletrader.model.looks import Balances, Look, OrderLookup
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import AmendAnswer, CancelAnswer, Fill, SubmitAnswer


class Stamp(Value, frozen=True):
    """Number and times of an input. Both times never run backwards within a journal."""

    number: int
    market_us: Micros
    """The tape's time: drives bars, schedules, trading days, daily loss."""
    protocol_us: Micros
    """The exchange's clock: drives deadlines, patience, liveness."""


class RunStarted(Value, frozen=True, tag="run_started"):
    """A process took over this journal."""

    version: str
    python: str
    config_hash: str
    environment: str
    epoch: int
    start_bits: int
    """16 random bits of this start (SAFETY O9)."""
    seed: int
    host_id: str
    boot_id: str
    instruments: tuple[Instrument, ...] = ()


class MarketTick(Value, frozen=True, tag="tick"):
    """A public trade. `history`: missed data fed afterwards, which cannot cause orders."""

    symbol: Symbol
    price: Decimal
    qty: Decimal
    side: str
    trade_id: int
    time_us: Micros
    history: bool = False


class OrderEvent(Value, frozen=True, tag="order_event"):
    """A message of the executions stream about one order; only what it proves is kept."""

    txid: ExchangeOrderId
    client_id: ClientOrderId | None
    kind: str
    """`open` (new, status), `fill`, `closed` (filled, canceled, expired), `amended`."""
    fill: Fill | None = None
    vol_exec: Decimal | None = None
    """Cumulative executed quantity, where the message states it."""
    reason: str = ""


class Submitted(Value, frozen=True, tag="submitted"):
    """The answer to a submit."""

    client_id: ClientOrderId
    answer: SubmitAnswer


class NotSentByDoor(Value, frozen=True, tag="not_sent"):
    """The door refused the order before any byte left (SAFETY O2)."""

    client_id: ClientOrderId
    why: str


class AmendAnswered(Value, frozen=True, tag="amend_answered"):
    """The answer to an amend."""

    client_id: ClientOrderId
    answer: AmendAnswer


class CancelAnswered(Value, frozen=True, tag="cancel_answered"):
    """The answer to a cancel."""

    client_id: ClientOrderId
    answer: CancelAnswer


class LookTaken(Value, frozen=True, tag="look"):
    """The result of a look."""

    look: Look


class OrderLookedUp(Value, frozen=True, tag="order_lookup"):
    """The result of asking for one order by txid."""

    txid: ExchangeOrderId
    lookup: OrderLookup


class BalancesRead(Value, frozen=True, tag="balances"):
    """Balances alone; `free` only ever lowers a quantity (SAFETY O10)."""

    balances: Balances
    asked_us: Micros = Micros(0)
    """When they were asked for: they may be as old as that; 0: they are of now."""


class ConnectionChanged(Value, frozen=True, tag="connection"):
    """The connection's state as the data source sees it."""

    connection: int
    """Counts connections of this run; 0 before the first."""
    state: str
    """`down`, `silent` (first missed liveness limit), `up`, `subscribed` (executions acked)."""
    attempts: int = 0
    """Failed attempts since the last message."""
    why: str = ""


class ExchangeStatus(Value, frozen=True, tag="exchange_status"):
    """What the exchange says about itself: online, maintenance, cancel_only, post_only."""

    status: str
    detail: str = ""


class LeaseRenewed(Value, frozen=True, tag="lease"):
    """A nonced private REST call of this instance was accepted (SAFETY F2)."""

    protocol_us: Micros


class TimerFired(Value, frozen=True, tag="timer"):
    """A moment that a decision asked to be woken at has come."""


class GapNoticed(Value, frozen=True, tag="gap"):
    """Time or data jumped (SAFETY G5): suspend, clock step, late loop, missing trade ids."""

    kind: str
    detail: str
    for_us: Micros = Micros(0)
    symbol: Symbol | None = None


class InstrumentsChanged(Value, frozen=True, tag="instruments"):
    """The exchange changed its rules of these pairs: steps, minimums, fees; or listed them."""

    instruments: tuple[Instrument, ...]


class StorageNotice(Value, frozen=True, tag="storage"):
    """The journal's writer is slow or full, or recovered."""

    ok: bool
    detail: str = ""


class HistoryFed(Value, frozen=True, tag="history_fed"):
    """Everything a link's workers missed on a symbol has been fed."""

    symbol: Symbol
    upto_trade_id: int


class OperatorCommand(Value, frozen=True, tag="command"):
    """What a person asked for over the control socket or `requests/`."""

    verb: str
    """`halt`, `resume`, `reconcile`, `stop`, `close`."""
    by: str
    """uid and name by peer credentials, or the owner of the request file."""
    why: str = ""
    link: LinkId | None = None
    arguments: tuple[str, ...] = ()


class CapitalConfigured(Value, frozen=True, tag="capital"):
    """The configured capital of a link, drawn from the account when first seen (D10)."""

    link: LinkId
    asset: Asset
    amount: Decimal
    accepts_unprotected: bool = False
    """Whether its trades may do without a stop (`unprotected: accept`, SAFETY O8)."""


Input = (
    RunStarted
    | MarketTick
    | OrderEvent
    | Submitted
    | NotSentByDoor
    | AmendAnswered
    | CancelAnswered
    | LookTaken
    | OrderLookedUp
    | BalancesRead
    | ConnectionChanged
    | ExchangeStatus
    | LeaseRenewed
    | TimerFired
    | GapNoticed
    | InstrumentsChanged
    | StorageNotice
    | HistoryFed
    | OperatorCommand
    | CapitalConfigured
)
