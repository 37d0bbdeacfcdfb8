"""What does one input lead to?

A turn collects the records, sends and asks of one input. A record takes effect in the books when
it is written here, so that every later decision of the same input sees it.
"""

from s1mpletrader.core.books import Books
from s1mpletrader.core.effects import Ask, Effects, Send
from s1mpletrader.core.gate import HALT_KINDS, Clears
from s1mpletrader.core.identity import IdSource
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import Micros
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.records import AlertRaised, Discrepancy, HaltCleared, HaltSet, Record


class Turn:
    """One input being decided."""

    def __init__(self, books: Books, stamp: Stamp, ids: IdSource, rules: Rules) -> None:
        self.books = books
        self.stamp = stamp
        self.ids = ids
        self.rules = rules
        self._records: list[Record] = []
        self._sends: list[Send] = []
        self._asks: list[Ask] = []
        self._wake_us: Micros | None = None

    @property
    def now_us(self) -> Micros:
        """The input's protocol time."""
        return self.stamp.protocol_us

    def record(self, *records: Record) -> None:
        """Write records, in order; each takes effect in the books at once."""
        for each in records:
            self._records.append(each)
            self.books.apply(each)

    def note_once(
        self, noted: set[tuple[DiscrepancyKind, str]], what: tuple[DiscrepancyKind, str], found: str
    ) -> None:
        """Note a difference that halts, once a run: look after look shows it until it is over."""
        if what not in noted:
            noted.add(what)
            self.record(Discrepancy(*what, found, "known to the books", "halted"))

    def send(self, send: Send) -> None:
        """Let an order, amend or cancel leave once the group is durable."""
        self._sends.append(send)

    def ask(self, ask: Ask) -> None:
        """Ask the exchange something once the group is handed over."""
        self._asks.append(ask)

    def wake(self, at_us: int) -> None:
        """Ask for a timer input at `at_us` (protocol time); the earliest wish counts."""
        if self._wake_us is None or at_us < self._wake_us:
            self._wake_us = Micros(at_us)

    def alert(self, level: str, name: str, text: str) -> None:
        """Tell a person."""
        self.record(AlertRaised(level, name, text))

    def halt(self, reason: str, scope: str, *, by: str = "engine", why: str) -> None:
        """Shut the gate for `reason`, once; sticky reasons raise an alert."""
        if (reason, scope) in self.books.halts:
            return
        sticky = HALT_KINDS[reason] is not Clears.ITSELF
        self.record(HaltSet(reason, scope, by, why, sticky))
        if sticky:
            self.alert("critical", "halted", f"entries are halted ({reason}, {scope}): {why}")

    def clear(self, reason: str, scope: str, *, by: str = "engine", why: str) -> None:
        """Take a reason from the gate, if it stands."""
        if (reason, scope) in self.books.halts:
            self.record(HaltCleared(reason, scope, by, why))

    @property
    def effects(self) -> Effects:
        """What was decided."""
        return Effects(tuple(self._records), tuple(self._sends), tuple(self._asks), self._wake_us)
