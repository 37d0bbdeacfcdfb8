"""What does the model remember of orders, lists and network?

Time is discrete and every clock is an age that saturates, so the graph is finite and time never
has to stop. `Here` is all that the model knows of the engine's books of one order: everything that
changes it is decided by the engine's own functions (`tests.model.desk`).
"""

from typing import NamedTuple

from s1mpletrader.core.order_flow import IN_DOUBT
from s1mpletrader.core.reconciliation import Negative
from s1mpletrader.model.orders import OrderRole, OrderStatus

BITS = tuple(each.bit_count() for each in range(16))
"""How many fills a set of fills holds."""
CLOSED_EVENT = 8
"""In `There.events`: the stream's closing event; lower bits are fills."""
ALIEN = 8
"""In `Here.booked`: a fill that is not the order's own."""
FOREIGN_TRADE = 99
"""The key of the owner's own trade among the unexplained ones."""


class Slot(NamedTuple):
    """One order that a scenario allows: of which trade, link and decision, and why."""

    role: OrderRole
    trade: int
    link: int
    qty: int = 1
    decision: int = 0

    @property
    def sign(self) -> int:
        """+1 for buys, -1 for sells."""
        return 1 if self.role is OrderRole.ENTRY else -1


class Here(NamedTuple):
    """The books of one order: booked fills as bits, `final` -1 while its volume is open."""

    status: OrderStatus | None = None
    qty: int = 0
    booked: int = 0
    final: int = -1

    @property
    def is_in_doubt(self) -> bool:
        """Whether the books do not know if the exchange has it."""
        return self.status in IN_DOUBT


NOT_YET = Here()


class Order(NamedTuple):
    """One order: the books' side, then the exchange's and the wire's."""

    here: Here = NOT_YET
    durable: Here | None = None
    """What a kill would leave, where it is older than memory."""
    suspicion: tuple[Negative, int] | None = None
    """A first negative verdict, and the age of its look's end."""
    known: int = -1
    """Age of the engine's knowledge that the exchange has it; 0 once it is closed."""
    wire: int = 0
    """0 not sent, 1 in flight, 2 gone."""
    deadline: int = 0
    """Deadline minus the exchange's time."""
    accepted: int = -1
    closed: int = -1
    fills: tuple[int, ...] = ()
    """Ages of its executions."""
    answer: int = 0
    """0 none yet, 1 ack in flight, 2 reject in flight, 3 gone."""
    events: int = 0
    """Stream events in flight."""
    cancel: int = 0
    """0 none, 1 in flight, 2 its answer in flight."""

    @property
    def is_open(self) -> bool:
        """Whether it works at the exchange."""
        return self.accepted >= 0 and self.closed < 0


class AtBegin(NamedTuple):
    """What a look's verdict needs to know of one order when the look began."""

    deadline: int
    status: OrderStatus | None
    known: int
    suspicion: int
    aged: int
    """Executions older than V, as bits."""


class Head(NamedTuple):
    """What was true when a look began."""

    subscribed: int
    orders: tuple[AtBegin, ...]
    strange: tuple[tuple[int, int], ...]
    is_foreign_aged: bool
    copy: tuple[Here, ...] | None = None
    """The books of that moment: only a sabotage reads them."""


class Reading(NamedTuple):
    """One list as it was shown: per order, and of the owner's own trading."""

    orders: tuple[int, ...]
    foreign: bool = False


class Look(NamedTuple):
    """A look on its way: lists read so far, and the age of its last read."""

    head: Head
    readings: tuple[Reading, ...] = ()
    ended: int = 0


class Foreign(NamedTuple):
    """The owner traded: age of the trade, of the order (-1: none is shown), known as foreign."""

    trade: int
    order: int
    is_known: bool = False


class State(NamedTuple):
    """Everything at one moment."""

    orders: tuple[Order, ...]
    is_up: bool
    subscribed: int
    """Age of the executions subscription."""
    gate: bool
    verdict: str = ""
    """What halted the account: nothing may, in these worlds."""
    alarm: bool = False
    """The instrument is halted for a trade that nobody explains."""
    strange: tuple[tuple[int, int], ...] = ()
    """Unexplained trades that a ripe look showed, with the age of that look's end."""
    look: Look | None = None
    kills: int = 0
    drops: int = 0
    foreign: Foreign | tuple[()] | None = ()
    """None: may still come; () never."""
    asked: bool = False
    """Closing everything was asked for."""
    closing: tuple[int, ...] = ()
    """Per trade: 0 no, 1 wanted, 2 closed in the books, 3 halted, or out of the model's slots."""
