"""How does the trader meet the journal and the exchange?

A small honest stand-in of `services.execution_handler` with the same order of steps: an input is
numbered, decided and handed to the journal's writer; when its group is durable its sends leave by
the door, each checked once more; every answer comes back as an input. It decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from s1mpletrader.core.effects import (
    Amend,
    Ask,
    AskBalances,
    AskLook,
    AskOrder,
    Cancel,
    Effects,
    Send,
    Submit,
)
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trader import Trader
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.looks import NotShown, Unavailable
from s1mpletrader.model.orders import Unknown
from s1mpletrader.persistence.journal_file import JournalFile
from tests.fakes.disk import WatchedDisk
from tests.fakes.exchange import FakeExchange
from tests.fakes.messages import AmendRequest, CancelRequest, Delivery
from tests.fakes.temper import MS
from tests.fakes.timeline import Timeline, Whom

DIRECTORY = Path("/state/journal")
SEGMENT_SIZE = 48_000
SUBMIT_TIMEOUT_US = 5 * SECOND
LOOK_TIMEOUT_US = 15 * SECOND
SYNC_US = 2 * MS
RIDE_US = 500 * MS
"""Groups without records are written, unsynced, at the latest after so long."""
TAG = 7


class Witness(Protocol):
    """Who is told at every point where the process could die."""

    def passes(self, point: str) -> None:
        """Note the point, or end the process there."""
        ...


Worker = Callable[[Trader, Turn, inputs.MarketTick], None]


@dataclass(frozen=True)
class Wake:
    """A timer of a decision."""

    at_us: int


@dataclass(frozen=True)
class Flush:
    """The writer takes what is queued."""


@dataclass(frozen=True)
class Overdue:
    """A call had no answer in time: an input says so unless the answer came."""

    name: str
    call: int
    input: inputs.Input


class Engine:
    """One process: volatile, but for what it writes and sends."""

    def __init__(
        self,
        timeline: Timeline,
        exchange: FakeExchange,
        disk: WatchedDisk,
        worker: Worker,
        witness: Witness,
        rules: Rules,
    ) -> None:
        self.timeline = timeline
        self.exchange = exchange
        self.disk = disk
        self.worker = worker
        self.witness = witness
        self.trader = Trader(rules, TAG)
        self.is_connected = False
        self.sent: list[Send] = []
        self._journal: JournalFile
        self._queue: list[tuple[Group, Effects]] = []
        self._wake_us: int | None = None
        """One timer: the earliest wish counts, later ones are wished again when it fires."""
        self._calls = 0
        self._waiting: dict[str, tuple[int, inputs.Input]] = {}
        """Calls without an answer yet, and what to say if the connection ends."""

    # Start.

    def start(self, run: inputs.RunStarted, capital: tuple[inputs.CapitalConfigured, ...]) -> None:
        """Recover: open, fold, begin a run, connect. There is no second path."""
        self._journal = JournalFile.open(
            DIRECTORY, self.disk, version="test", create=True, segment_size=SEGMENT_SIZE
        )
        for group in self._journal.groups():
            self.trader.fold(group)
        self.take(run)
        for each in capital:
            self.take(each)
        self.exchange.connect()

    @property
    def durable_number(self) -> int:
        """The highest input number that survives everything."""
        return self._journal.durable_number

    def groups(self) -> list[Group]:
        """Return the journal as a reader would see it."""
        return list(self._journal.groups())

    def stop(self) -> None:
        """Release the files; for a process that is not killed."""
        self._journal.close()

    # Inputs.

    def handle(self, what: object) -> None:
        """Let one planned thing happen to the process."""
        match what:
            case Delivery(connection, event, call):
                if connection in {0, self.exchange.connection}:
                    self._receive(event, call)
            case Flush():
                self._flush()
            case Wake(at_us):
                if at_us == self._wake_us:
                    self._wake_us = None
                    self.take(inputs.TimerFired())
            case Overdue(name, call, event):
                if self._waiting.get(name, (0,))[0] == call:
                    del self._waiting[name]
                    self.take(event)
            case other:
                raise AssertionError(other)

    def take(self, event: inputs.Input) -> None:
        """Take an input: number it, decide, hand its group over; nothing waits in between."""
        books = self.trader.books
        now = Micros(max(self.timeline.now_us, books.stamp.protocol_us))
        stamp = inputs.Stamp(books.stamp.number + 1, now, now)
        turn = self.trader.begin(stamp, event)
        if isinstance(event, inputs.MarketTick) and not event.history:
            self.worker(self.trader, turn, event)
        effects = self.trader.settle(turn)
        self._queue.append((Group(stamp, event, effects.records), effects))
        self._plan_flush(SYNC_US if effects.records else RIDE_US)
        for ask in effects.asks:
            self._ask(ask)
        if effects.wake_us is not None:
            self._plan_wake(effects.wake_us)

    def _receive(self, event: inputs.Input, call: int) -> None:
        match event:
            case inputs.Submitted(client_id):
                self._waiting.pop(f"submit {client_id}", None)
            case inputs.AmendAnswered(client_id):
                if self._waiting.get(f"amend {client_id}", (0,))[0] != call:
                    return  # too late: a newer amend may be on its way
                del self._waiting[f"amend {client_id}"]
            case inputs.LookTaken():
                if self._waiting.pop("look", None) is None:
                    return  # too late: it was given up
            case inputs.OrderLookedUp(txid):
                self._waiting.pop(f"order {txid}", None)
            case inputs.ConnectionChanged(_, "subscribed"):
                self.is_connected = True
            case inputs.ConnectionChanged(_, "down"):
                self._disconnect(event)
                return
            case _:
                pass
        self.take(event)

    def _disconnect(self, event: inputs.ConnectionChanged) -> None:
        self.is_connected = False
        waiting, self._waiting = self._waiting, {}
        self.take(event)
        for _, answer in waiting.values():
            self.take(answer)
        self.exchange.connect()

    # Durability, then the door.

    def _plan_flush(self, lag_us: int) -> None:
        self.timeline.plan(self.timeline.now_us + lag_us, Whom.ENGINE, Flush())

    def _flush(self) -> None:
        """Write the queued groups, sync if one has records, then let their sends leave."""
        queue, self._queue = self._queue, []
        self._write([group for group, _ in queue])
        self._send_all([effects for _, effects in queue])

    def _write(self, groups: list[Group]) -> None:
        self._journal.append(groups)
        if any(group.records for group in groups):
            self._journal.sync()

    def _send_all(self, effects: list[Effects]) -> None:
        for each in effects:
            for send in each.sends:
                self._send(send)

    def _send(self, send: Send) -> None:
        refusal = self._refuse(send)
        if refusal is not None and isinstance(send, Submit):
            self.take(inputs.NotSentByDoor(send.order.client_id, refusal))
            return
        self.witness.passes(f"before {type(send).__name__}")
        match send:
            case Submit(order):
                lost = inputs.Submitted(order.client_id, Unknown("the connection was lost"))
                late = inputs.Submitted(order.client_id, Unknown("no answer", slow=True))
                self._await(f"submit {order.client_id}", lost, late, SUBMIT_TIMEOUT_US)
                self.exchange.send(order)
            case Amend(client_id, txid, _, qty, trigger, deadline_us):
                unknown = inputs.AmendAnswered(client_id, Unknown("no answer"))
                self._await(f"amend {client_id}", unknown, unknown, SUBMIT_TIMEOUT_US)
                if refusal is None:
                    self.exchange.send(
                        AmendRequest(client_id, txid, qty, trigger, deadline_us, self._calls)
                    )
            case Cancel(client_id, txid_or_none):
                if refusal is None:
                    self.exchange.send(CancelRequest(client_id, txid_or_none))
        self.sent.append(send)
        self.witness.passes(f"after {type(send).__name__}")

    def _refuse(self, send: Send) -> str | None:
        """Ask the door (SAFETY O2): nothing happens between this and the first byte."""
        if not self.is_connected:
            return "not connected"
        if isinstance(send, Submit):
            return self.trader.refuse_at_door(send, Micros(self.timeline.now_us), Micros(0))
        return None

    # Questions and timers.

    def _ask(self, ask: Ask) -> None:
        match ask:
            case AskLook(since_us):
                void = inputs.LookTaken(Unavailable("no answer"))
                self._await("look", void, void, LOOK_TIMEOUT_US)
                self.exchange.look(since_us)
            case AskOrder(txid):
                nothing = _not_shown(txid)
                self._await(f"order {txid}", nothing, nothing, SUBMIT_TIMEOUT_US)
                self.exchange.ask(txid)
            case AskBalances(asked_us):
                self.exchange.ask(balances=True, asked_us=asked_us)

    def _await(self, name: str, lost: inputs.Input, late: inputs.Input, for_us: int) -> None:
        self._calls += 1
        self._waiting[name] = self._calls, lost
        overdue = Overdue(name, self._calls, late)
        self.timeline.plan(self.timeline.now_us + for_us, Whom.ENGINE, overdue)

    def _plan_wake(self, at_us: int) -> None:
        if self._wake_us is None or at_us < self._wake_us:
            self._wake_us = at_us
            self.timeline.plan(at_us, Whom.ENGINE, Wake(at_us))


def _not_shown(txid: ExchangeOrderId) -> inputs.OrderLookedUp:
    return inputs.OrderLookedUp(txid, NotShown("no answer"))
