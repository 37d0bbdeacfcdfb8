"""What has the engine written since the last cycle?

Follows the journal of a running engine group by group, so that a cycle costs what is new in it and
not what the account has seen. The books of all groups are kept beside what is new.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from s1mpletrader.core.books import Books
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.model import inputs, records
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ClientOrderId
from s1mpletrader.model.looks import Complete
from s1mpletrader.model.orders import OrderRole
from s1mpletrader.persistence.journal_reader import JournalReader


@dataclass
class News:
    """What one cycle has brought."""

    groups: int = 0
    halts: list[records.HaltSet] = field(default_factory=list)
    discrepancies: Counter[str] = field(default_factory=Counter)
    entries_despite_halt: list[ClientOrderId] = field(default_factory=list)
    entries_despite_doubt: list[ClientOrderId] = field(default_factory=list)
    booked: Counter[str] = field(default_factory=Counter)
    """Entries of the exchange's ledger that are no trades, by kind."""
    looks: list[Complete] = field(default_factory=list)
    runs: int = 0


class Witness:
    """Reads along."""

    def __init__(self, journal: Path) -> None:
        self._reader = JournalReader(journal, SystemDisk())
        self.books = Books()
        self.intended_us: dict[ClientOrderId, int] = {}
        """When each order was intended, by the stamp of its group."""
        self.seen: set[str] = set()
        """Orders of the exchange that the judge has seen in earlier cycles."""
        self.lingering: frozenset[str] = frozenset()
        """Reasons that the cycle before explains still."""
        self.lingering_skew_s = 0.0
        self.news = News()

    def follow(self) -> Books:
        """Fold what is new; return the books as they are now."""
        for group in self._reader.groups(self.books.stamp.number + 1):
            self._take(group)
        return self.books

    def begin(self) -> None:
        """Begin a cycle."""
        self.follow()
        self.news = News()

    def _take(self, group: Group) -> None:
        news, books = self.news, self.books
        news.groups += 1
        news.runs += isinstance(group.input, inputs.RunStarted)
        books.absorb_input(group.stamp, group.input)
        if isinstance(group.input, inputs.LookTaken) and isinstance(group.input.look, Complete):
            news.looks.append(group.input.look)
        for record in group.records:
            if isinstance(record, records.Intended):
                self._take_intent(record, group.stamp.protocol_us)
            elif isinstance(record, records.HaltSet):
                news.halts.append(record)
            elif isinstance(record, records.Discrepancy):
                news.discrepancies[record.kind] += 1
            elif isinstance(record, records.Booked):
                news.booked[record.kind] += 1
            books.apply(record)

    def _take_intent(self, intent: records.Intended, now_us: int) -> None:
        client_id = intent.order.client_id
        self.intended_us[client_id] = now_us
        scopes = {"account", f"link:{intent.link}", f"symbol:{intent.order.symbol}"}
        is_halted = any(halt.scope in scopes for halt in self.books.halts.values())
        if intent.role is OrderRole.ENTRY and is_halted:
            self.news.entries_despite_halt.append(client_id)
        if intent.role is OrderRole.ENTRY and self.books.is_locked(intent.order.symbol):
            self.news.entries_despite_doubt.append(client_id)
