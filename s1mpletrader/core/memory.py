"""What does this run remember that the journal need not?

Everything here begins anew at a start: connections, patience, what was asked. Forgetting it costs
time, never truth.
"""

from decimal import Decimal

from s1mpletrader.core.fencing import RunBefore
from s1mpletrader.core.reconciliation import Count
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId, ExecId, LinkId


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


class Memory:
    """The volatile half of the trader's state."""

    def __init__(self) -> None:
        self.has_begun = False
        """Whether this run's RUN_STARTED was taken in; before it the books are the last run's."""
        self.connection = 0
        self.is_subscribed = False
        self.subscribed_us = Micros(0)
        self.attempts = 0
        self.is_online = True
        self.tape_ended = False
        self.lease_from_us = Micros(0)
        """When the youngest accepted private call was sent (SAFETY F2)."""
        self.lease_asked_us = Micros(0)
        self.first_call_us = Micros(0)
        """When this run heard for the first time that a private call was accepted."""
        self.newcomer_wait_us = Micros(0)
        """How long after it no order may leave."""
        self.run_before: RunBefore | None = None
        self.has_agreed = False
        """Whether a look agreed on this connection, late enough to open the gate."""
        self.has_looked = False
        """Whether a look agreed on this connection, however early (SAFETY F2: bare holdings)."""
        self.look_asked_us: Micros | None = None
        self.look_not_before_us = Micros(0)
        self.look_is_wanted = False
        self.counts: dict[ClientOrderId, Count] = {}
        self.strange_trades: dict[ExecId, Micros] = {}
        """Unexplained trades and when the first ripe look that showed them ended."""
        self.noted: set[tuple[DiscrepancyKind, str]] = set()
        """Lasting differences of this run that a record and a line tell of already."""
        self.opening: Opening | None = None
        self.plan_wish: PlanWish | None = None
        self.balance_differs = False
        self.reads_deep = False
        """Whether the newest look's balances say that something shows very late."""
        self.free: dict[Asset, tuple[Decimal, Micros]] = {}
        """What is free of each asset, and from when on that may have been read."""
        self.balances_asked_us = Micros(0)
        self.orders_asked_us: dict[ExchangeOrderId, Micros] = {}
        self.ended: set[ExchangeOrderId] = set()
        """Orders that left the book with an executed quantity that nobody has stated yet."""
        self.capital: dict[LinkId, tuple[Asset, Decimal]] = {}
        self.unprotected_links: set[LinkId] = set()
        """Links whose configuration accepts holdings without a stop."""
        self.is_stopping = False
        self.unprotected_since_us: dict[str, Micros] = {}
        self.bare_since_us: dict[str, Micros] = {}
        """Trades that are bare without a break since, and whether that was alerted."""
        self.bare_alerted: set[str] = set()
        self.unprotected_for_us = 0
        """Sum over all trades of the time without full cover, for the metric."""
        self.failing_since_us: dict[str, Micros] = {}

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
