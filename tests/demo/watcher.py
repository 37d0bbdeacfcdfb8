"""What is happening, in plain lines, as the journal tells it?"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from s1mpletrader.model import inputs, records
from s1mpletrader.model.groups import Group
from s1mpletrader.model.orders import OrderRole
from tests.rig.processes import Rig

SHORT = 8


class Watcher:
    """Follows a journal and tells what matters; remembers what the story needs."""

    def __init__(self, rig: Rig, say: Callable[[str], None]) -> None:
        self._rig = rig
        self._say = say
        self._next = 1
        self._roles: dict[str, OrderRole] = {}
        self._doubtful: set[str] = set()
        self.opened = 0
        self.closed = 0
        self.last_closed_id = ""
        self.is_verbose = False
        """Tell also what happens to connection, doubt and gate."""

    def look(self) -> int:
        """Tell what is new; return the number of new groups."""
        count = 0
        for group in self._rig.groups(self._next):
            self._next = group.stamp.number + 1
            count += 1
            for line in self._lines(group):
                self._say(line)
        return count

    def _lines(self, group: Group) -> Iterator[str]:
        if self.is_verbose and isinstance(group.input, inputs.ConnectionChanged):
            change = group.input
            tries = f", attempt {change.attempts}" if change.attempts else ""
            yield f"connection: {change.state}{tries} {change.why}".rstrip()
        for record in group.records:
            yield from self._always(record)
            if self.is_verbose:
                yield from self._in_detail(record)

    def _always(self, record: records.Record) -> Iterator[str]:
        match record:
            case records.Intended(intended, role):
                self._roles[intended.client_id] = role
            case records.Filled(filled, fill) if self._roles[filled] is OrderRole.ENTRY:
                yield f"bought {fill.qty} at {fill.price}"
            case records.TradeOpened():
                self.opened += 1
            case records.TradeClosed(trade_id, cause, profit, fees):
                self.closed += 1
                self.last_closed_id = trade_id
                sign = "+" if profit > Decimal(0) else ""
                yield f"closed trade {self.closed}: {sign}{profit:.2f} (fees {fees:.2f}), {cause}"
            case _:
                pass  # not part of the short story

    def _in_detail(self, record: records.Record) -> Iterator[str]:
        match record:
            case records.HaltSet(reason, scope, _, why):
                yield f"halted ({reason}, {scope}): {why}"
            case records.HaltCleared(reason, scope, _, why):
                yield f"halt lifted ({reason}, {scope}): {why}"
            case records.WentUnknown(client_id, why):
                self._doubtful.add(client_id)
                yield f"{self._name(client_id)} is in doubt: {why}"
            case records.Acked(client_id, txid, by) if client_id in self._doubtful:
                self._doubtful.discard(client_id)
                yield f"{self._name(client_id)} exists after all: {txid}, told by the {by}; adopted"
            case records.Discrepancy(_, subject, found, expected, action):
                yield f"{subject} was {expected} here; {found}: {action}"
            case records.NotPlaced(client_id, evidence):
                yield f"{self._name(client_id)} never reached the exchange: {evidence}"
            case records.LookAgreed():
                yield "a complete look at the exchange agrees with the books"
            case _:
                pass  # the longer story is told by `why`

    def _name(self, client_id: str) -> str:
        return f"{self._roles.get(client_id, 'order')} {client_id[-SHORT:]}"
