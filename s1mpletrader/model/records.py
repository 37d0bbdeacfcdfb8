"""What did the engine decide or learn?

Records are the journal's facts: the books are a fold over them (`core.books`), live and in
recovery by the same function. A kind is never changed in place: fields are only added with
defaults, else `RECORD_SCHEMA` rises and a migration is written. More than 300 lines because it is
the catalogue of the journal's facts on one page.
"""

from decimal import Decimal

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.ids import (
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    LinkId,
    OpportunityId,
    Symbol,
    ThreatId,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.orders import Fill, NewOrder, OrderRole, Side

RECORD_SCHEMA = 1


class OpportunityFound(Value, frozen=True, tag="opportunity_found"):
    """A worker found a chance."""

    opportunity_id: OpportunityId
    link: LinkId
    symbol: Symbol
    found_by: WorkerId
    reason: str


class OpportunityRejected(Value, frozen=True, tag="opportunity_rejected"):
    """A plan was refused: by the gate, a lock or a limit, with its value and the order's (O11)."""

    opportunity_id: OpportunityId
    link: LinkId
    symbol: Symbol
    rule: str
    reason: str
    threat_id: ThreatId | None = None


class ThreatDetected(Value, frozen=True, tag="threat_detected"):
    """A worker or the engine found a danger."""

    threat_id: ThreatId
    kind: str
    found_by: str
    reason: str
    link: LinkId | None = None


class Intended(Value, frozen=True, tag="intended"):
    """An order is about to be sent: durable before its first byte leaves (O1)."""

    order: NewOrder
    role: OrderRole
    link: LinkId
    trade_id: TradeId
    grace_us: Micros
    """G in force for this order (SAFETY D5); a reload does not change it."""
    reserved: Decimal
    """Quote (buys) set aside until the order is final."""
    opportunity_id: OpportunityId | None = None
    threat_id: ThreatId | None = None
    cause: str = ""
    stop_trigger: Decimal | None = None
    """Entries: where their stop will trigger, and under which id it will first be placed (O8)."""
    stop_client_id: ClientOrderId | None = None


class NotSent(Value, frozen=True, tag="order_not_sent"):
    """The intent never reached the socket; final."""

    client_id: ClientOrderId
    why: str


class Acked(Value, frozen=True, tag="acked"):
    """The exchange has the order."""

    client_id: ClientOrderId
    txid: ExchangeOrderId
    by: str
    """`answer`, `stream`, `look`."""


class Rejected(Value, frozen=True, tag="rejected"):
    """The exchange refused the order; final."""

    client_id: ClientOrderId
    code: str


class WentUnknown(Value, frozen=True, tag="went_unknown"):
    """Nobody knows whether the exchange has the order."""

    client_id: ClientOrderId
    why: str
    grace_us: Micros


class NotPlaced(Value, frozen=True, tag="not_placed"):
    """Two ripe looks agree that the order was never accepted; final (SAFETY D6)."""

    client_id: ClientOrderId
    evidence: str


class Filled(Value, frozen=True, tag="filled"):
    """An execution of an own order."""

    client_id: ClientOrderId
    fill: Fill


class FinalVolume(Value, frozen=True, tag="final_volume"):
    """The order left the book with this executed quantity; closed once its fills are booked."""

    client_id: ClientOrderId
    vol_exec: Decimal
    by: str
    reason: str = ""


class CancelWanted(Value, frozen=True, tag="cancel_wanted"):
    """A cancel is sent (or sent again); changes no status."""

    client_id: ClientOrderId
    why: str


class AmendWanted(Value, frozen=True, tag="amend_wanted"):
    """A resting stop is changed in place."""

    client_id: ClientOrderId
    qty: Decimal
    trigger_price: Decimal
    deadline_us: Micros


class AmendSettled(Value, frozen=True, tag="amend_settled"):
    """What the stop's quantity and trigger are, by positive evidence."""

    client_id: ClientOrderId
    qty: Decimal
    trigger_price: Decimal
    by: str


class TradeOpened(Value, frozen=True, tag="trade_opened"):
    """The first fill of an entry."""

    trade_id: TradeId
    link: LinkId
    symbol: Symbol
    opportunity_id: OpportunityId | None


class ExitWanted(Value, frozen=True, tag="exit_wanted"):
    """A trade is to be closed; the exit machine runs until it is flat (O10)."""

    trade_id: TradeId
    cause: str
    threat_id: ThreatId | None = None


class TradeClosed(Value, frozen=True, tag="trade_closed"):
    """Nothing above the dust is held any more."""

    trade_id: TradeId
    cause: str
    profit: Decimal
    """In quote, after fees."""
    fees: Decimal
    dust: Decimal = Decimal(0)
    threat_id: ThreatId | None = None


class HaltSet(Value, frozen=True, tag="halt_set"):
    """The gate got a reason (SAFETY G1). `scope` is `account`, `symbol:S` or `link:L`."""

    reason: str
    scope: str
    by: str
    why: str
    sticky: bool
    """Sticky halts need `resume`; others clear by themselves."""


class HaltCleared(Value, frozen=True, tag="halt_cleared"):
    """A reason left the gate."""

    reason: str
    scope: str
    by: str
    why: str


class Discrepancy(Value, frozen=True, tag="discrepancy"):
    """Reconciliation found a difference and says what was done about it (D8)."""

    kind: DiscrepancyKind
    subject: str
    found: str
    expected: str
    action: str


class LookAgreed(Value, frozen=True, tag="look_agreed"):
    """A complete look agreed with the books."""

    began_us: Micros
    connection: int
    balances_equal: bool


class ForeignOrder(Value, frozen=True, tag="foreign_order"):
    """An order on the account that is not ours, or an orphan with our tag."""

    txid: ExchangeOrderId
    symbol: Symbol
    side: Side
    orphan: bool


class ForeignFill(Value, frozen=True, tag="foreign_fill"):
    """An execution of an order that is not in our books; booked to `unallocated` (D10)."""

    fill: Fill


class Booked(Value, frozen=True, tag="booked"):
    """Money or coins moved without a trade: opening balance, deposit, withdrawal, fee."""

    ledger_id: str
    """Unique; an entry is booked once. `opening:ASSET` at the first start."""
    link: LinkId
    asset: Asset
    amount: Decimal
    kind: str
    as_of_us: Micros = Micros(0)
    """Opening balances: what happened up to this moment is in them."""


class CapitalDrawn(Value, frozen=True, tag="capital_drawn"):
    """A link's capital moved out of `unallocated`."""

    link: LinkId
    asset: Asset
    amount: Decimal


class AmountMoved(Value, frozen=True, tag="amount_moved"):
    """A person moved an amount between `unallocated` and a link (SAFETY D10)."""

    asset: Asset
    amount: Decimal
    source: LinkId
    target: LinkId
    by: str


class OrphanAccepted(Value, frozen=True, tag="orphan_accepted"):
    """A person has seen an orphan: its executions stay in `unallocated`."""

    txid: ExchangeOrderId
    by: str


class PlanDecided(Value, frozen=True, tag="plan_decided"):
    """What became of a plan of corrections that a person ordered (SAFETY D8)."""

    plan_id: str
    by: str
    applied: bool
    why: str


class WorkerQuarantined(Value, frozen=True, tag="worker_quarantined"):
    """A worker raised or overran; its calls are skipped until `resume`."""

    link: LinkId
    worker: WorkerId
    error: str


class AlertRaised(Value, frozen=True, tag="alert_raised"):
    """Something a person must know; leaves through the outbox after this group is durable."""

    level: str
    """`info`, `warning`, `critical`."""
    name: str
    """Key in the message table (`s1mpletrader.alerts.messages`)."""
    text: str


class Stopped(Value, frozen=True, tag="stopped"):
    """A clean stop: the last record of a run that ended by itself."""

    why: str


Record = (
    OpportunityFound
    | OpportunityRejected
    | ThreatDetected
    | Intended
    | NotSent
    | Acked
    | Rejected
    | WentUnknown
    | NotPlaced
    | Filled
    | FinalVolume
    | CancelWanted
    | AmendWanted
    | AmendSettled
    | TradeOpened
    | ExitWanted
    | TradeClosed
    | HaltSet
    | HaltCleared
    | Discrepancy
    | LookAgreed
    | ForeignOrder
    | ForeignFill
    | Booked
    | CapitalDrawn
    | AmountMoved
    | OrphanAccepted
    | PlanDecided
    | WorkerQuarantined
    | AlertRaised
    | Stopped
)
