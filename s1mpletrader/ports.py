"""Which doors does the engine have to the world?

Every door on one page, as Protocols. Shells implement them, `assembly` chooses, tests replace
them by unkind fakes. Methods that wait are coroutines and never block the event loop.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.looks import Balances, LedgerRow, Look, OpenRow, OrderLookup
from s1mpletrader.model.market import Instrument, Tick
from s1mpletrader.model.orders import AmendAnswer, CancelAnswer, NewOrder, SubmitAnswer
from s1mpletrader.model.records import AlertRaised


class Clock(Protocol):
    """The only source of time. `monotonic_us` never jumps; `wall_us` may."""

    def wall_us(self) -> Micros:
        """Return the host's idea of UTC."""
        ...

    def monotonic_us(self) -> Micros:
        """Return time since an arbitrary start, not counting suspend."""
        ...

    def boottime_us(self) -> Micros:
        """Return time since boot, counting suspend (SAFETY G5)."""
        ...


class Capabilities(Value, frozen=True):
    """What an exchange can do; the engine degrades where it cannot."""

    amend_stops: bool = True
    deadline: bool = True
    client_id_lookup: bool = True


class Exchange(Protocol):
    """The connector. Reads retry within a budget; submits, amends and cancels leave once.

    Answers that prove nothing are values (`Unknown`, `Partial`, `Unavailable`, `NotShown`), not
    exceptions. `Fenced` is raised by any call that learns of a newer instance.
    """

    capabilities: Capabilities

    async def load_instruments(self) -> tuple[Instrument, ...]:
        """Return the tradable pairs; raises `ExchangeUnavailable`."""
        ...

    async def server_time_us(self) -> Micros:
        """Return the exchange's public Time (whole seconds); raises `ExchangeUnavailable`."""
        ...

    async def submit(
        self, order: NewOrder, *, may_send: Callable[[], str | None]
    ) -> SubmitAnswer | str:
        """Send `order` once on the private WebSocket.

        `may_send` is called with no await between it and the first byte; a text from it is the
        door's refusal and is returned: nothing was sent (SAFETY O2).
        """
        ...

    async def amend(
        self,
        txid: ExchangeOrderId,
        *,
        qty: Decimal,
        trigger_price: Decimal,
        deadline_us: Micros,
        symbol: Symbol,
    ) -> AmendAnswer:
        """Change a resting stop in place."""
        ...

    async def cancel(self, client_id: ClientOrderId, txid: ExchangeOrderId | None) -> CancelAnswer:
        """Cancel by txid, or by client id where none is known."""
        ...

    async def look(self, since_us: Micros, *, balances: bool) -> Look:
        """Read open, closed, trades, in that order, each complete (SAFETY D1)."""
        ...

    async def find(self, client_id: ClientOrderId) -> OpenRow | None:
        """Return the open order with this client id, if the open list shows one."""
        ...

    async def order_state(self, txid: ExchangeOrderId) -> OrderLookup:
        """Look one order up by txid, with its executions."""
        ...

    async def balances(self) -> Balances:
        """Read the balances alone; raises `ExchangeUnavailable`."""
        ...

    async def ledgers(self, since_us: Micros) -> tuple[LedgerRow, ...]:
        """Return ledger entries that are not trades; raises `ExchangeUnavailable`."""
        ...

    async def status(self) -> str:
        """Return online, maintenance, cancel_only or post_only; raises `ExchangeUnavailable`."""
        ...


class MarketFeed(Protocol):
    """Inputs from the exchange: ticks, order events, connection changes; already decoded."""

    async def run(self) -> None:
        """Connect, reconnect and put inputs into the inbox until cancelled (E1, E2)."""
        ...

    async def history(self, symbol: Symbol, since_us: Micros) -> Sequence[Tick]:
        """Return all public trades from `since_us` on, oldest first, bounded; may raise."""
        ...


class JournalPersistor(Protocol):
    """The one log. `append` returns at once; a group takes effect in the order of the calls."""

    def append(self, group: Group) -> Awaitable[None] | None:
        """Hand a group to the writer; groups with records answer with when they are durable.

        A group without records rides along unsynced and answers None. Raises `StoragePoisoned`
        after a failed fsync, `StateWriteError` when the queue's bound is reached.
        """
        ...

    def oldest_wait_us(self) -> Micros:
        """Return the age of the oldest write that is not acknowledged; 0 if none (SAFETY W1)."""
        ...

    def silent_us(self) -> Micros:
        """Return for how long the disk has owed an answer; "no room" is one (W1). 0 if none."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether the disk takes what is written and room for exits is claimed ahead (J5)."""
        ...

    @property
    def takes_market_data(self) -> bool:
        """Whether market data may be handed over; if not it is left out and read later (J4)."""
        ...

    @property
    def durable_number(self) -> int:
        """The highest input number known to be durable."""
        ...

    @property
    def head(self) -> str:
        """The hash of group `durable_number` (SAFETY J8)."""
        ...


class JournalReader(Protocol):
    """Read-only access to the journal, also of a running engine."""

    def groups(self, first: int = 1) -> Iterable[Group]:
        """Yield groups from number `first` on, oldest first."""
        ...


class StatePersistor(Protocol):
    """One state file with generations: atomic, checksummed, never silently empty."""

    def load(self) -> tuple[bytes | None, int]:
        """Return the newest valid body and its generation; raises `StateCorrupt`."""
        ...

    def save(self, body: bytes) -> int:
        """Store `body`; durable on return. Returns the generation."""
        ...


class DataPersistor(Protocol):
    """Market data in bulk, outside the engine's hot path."""

    def write(self, ticks: Iterable[Tick], instrument: Instrument) -> int:
        """Store ticks as integers at the instrument's scale; returns their number."""
        ...

    def read(self, instrument: Instrument) -> Iterable[Tick]:
        """Yield the stored ticks in order, bit-identical; raises `StateCorrupt`."""
        ...


class AlertChannel(Protocol):
    """Where an alert goes."""

    async def send(self, alert: AlertRaised, stamp: Stamp) -> None:
        """Deliver the alert or raise."""
        ...


class ServiceManager(Protocol):
    """The sd_notify contract; a no-op where nobody listens."""

    def ready(self, status: str) -> None:
        """Tell that start-up is over."""
        ...

    def status(self, text: str) -> None:
        """Tell one line about the present."""
        ...

    def watchdog(self) -> None:
        """Tell that a probe passed through the whole engine (SAFETY W1)."""
        ...

    def stopping(self, status: str) -> None:
        """Tell that a clean stop has begun."""
        ...

    def extend_timeout(self, for_us: Micros) -> None:
        """Ask for more time while starting or stopping."""
        ...
