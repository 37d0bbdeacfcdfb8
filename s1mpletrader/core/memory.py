"""What does this run remember that the journal need not?

Everything here begins anew at a start: connections, patience, what was asked. Forgetting it costs
time, never truth.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from s1mpletrader.core.fencing import RunBefore
from s1mpletrader.core.reconciliation import Count
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId, ExecId, LinkId

NEVER = Micros(0)


class PlanWish(Value, frozen=True):
    """A plan of corrections that a person ordered by its id (SAFETY D8)."""

    plan_id: str
    by: str
    why: str
    since_us: Micros
    """Only looks begun from here on count."""
    seen_us: Micros | None = None
    """When the first look that led to it had ended."""


class Opening(Value, frozen=True):
    """Balances of a first look, to be confirmed by a second one before the books open."""

    rows: tuple[tuple[Asset, Decimal], ...]
    began_us: Micros
    ended_us: Micros


@dataclass
class Memory:
    """The volatile half of the trader's state."""

    has_begun: bool = False
    """Whether this run's RUN_STARTED was taken in; before it the books are the last run's."""
    connection: int = 0
    is_subscribed: bool = False
    subscribed_us: Micros = NEVER
    attempts: int = 0
    is_online: bool = True
    tape_ended: bool = False
    lease_from_us: Micros = NEVER
    """When the youngest accepted private call was sent (SAFETY F2)."""
    lease_asked_us: Micros = NEVER
    first_call_us: Micros = NEVER
    """When this run heard for the first time that a private call was accepted."""
    newcomer_wait_us: Micros = NEVER
    """How long after it no order may leave."""
    run_before: RunBefore | None = None
    has_agreed: bool = False
    """Whether a look agreed on this connection, late enough to open the gate."""
    has_looked: bool = False
    """Whether a look agreed on this connection, however early (SAFETY F2: bare holdings)."""
    look_asked_us: Micros | None = None
    look_not_before_us: Micros = NEVER
    look_is_wanted: bool = False
    counts: dict[ClientOrderId, Count] = field(default_factory=dict)
    suspected_us: dict[ClientOrderId, Micros] = field(default_factory=dict)
    """Orders in no list that the balances show as executed, and since when."""
    strange_trades: dict[ExecId, Micros] = field(default_factory=dict)
    """Unexplained trades and when the first ripe look that showed them ended."""
    noted: set[tuple[DiscrepancyKind, str]] = field(default_factory=set)
    """Lasting differences of this run that a record and a line tell of already."""
    opening: Opening | None = None
    plan_wish: PlanWish | None = None
    balance_differs: bool = False
    reads_deep: bool = False
    """Whether the newest look's balances say that something shows very late."""
    free: dict[Asset, tuple[Decimal, Micros]] = field(default_factory=dict)
    """What is free of each asset, and from when on that may have been read."""
    balances_asked_us: Micros = NEVER
    orders_asked_us: dict[ExchangeOrderId, Micros] = field(default_factory=dict)
    ended: set[ExchangeOrderId] = field(default_factory=set)
    """Orders that left the book with an executed quantity that nobody has stated yet."""
    capital: dict[LinkId, tuple[Asset, Decimal]] = field(default_factory=dict)
    unprotected_links: set[LinkId] = field(default_factory=set)
    """Links whose configuration accepts holdings without a stop."""
    is_stopping: bool = False
    unprotected_since_us: dict[str, Micros] = field(default_factory=dict)
    bare_since_us: dict[str, Micros] = field(default_factory=dict)
    """Trades that are bare without a break since, and whether that was alerted."""
    bare_alerted: set[str] = field(default_factory=set)
    unprotected_for_us: int = 0
    """Sum over all trades of the time without full cover, for the metric."""
    failing_since_us: dict[str, Micros] = field(default_factory=dict)

    def orders_from_us(self) -> Micros | None:
        """Return from when on orders may leave, or None before the first accepted call (F2)."""
        if self.first_call_us == 0:
            return None
        return Micros(self.first_call_us + self.newcomer_wait_us)

    def may_order(self, now_us: Micros) -> bool:
        """Return whether the newcomer's wait is over and the lease was renewed after it (F2)."""
        from_us = self.orders_from_us()
        if from_us is None or now_us < from_us:
            return False
        return self.newcomer_wait_us == 0 or self.lease_from_us >= from_us

    def disconnect(self) -> None:
        """Forget what only holds within one connection."""
        self.is_subscribed = False
        self.has_agreed = False
        self.has_looked = False
        self.look_asked_us = None
        self.orders_asked_us.clear()
