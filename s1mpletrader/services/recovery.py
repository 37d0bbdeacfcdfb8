"""How does the engine find itself again?

Start and recovery are one path: checkpoint, then every later group of the journal through the
same books and workers (ARCHITECTURE, the way of a tick). What the exchange did meanwhile is found
out by the first look, what the market did is fed as history.
"""

import logging

from s1mpletrader.errors import StateCorrupt
from s1mpletrader.model.base import Value
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.services.checkpointer import Checkpointer
from s1mpletrader.services.desk import Desk

_log = logging.getLogger(__name__)


class Recovered(Value, frozen=True):
    """What was folded, for the operator."""

    groups: int
    last_number: int
    doubtful_orders: int
    open_trades: int


def recover(desk: Desk, journal: JournalFile, checkpointer: Checkpointer) -> Recovered:
    """Fold checkpoint and journal into the desk; raises what corrupt state raises (exit 65)."""
    last = journal.next_number - 1
    start = checkpointer.restore(desk, first_number=journal.first_number, last_number=last)
    desk.match_quarantines()
    folded = 0
    if start.books_number < last:
        for group in journal.groups(start.books_number + 1, after_head=start.head):
            workers = group.stamp.number > start.workers_number
            desk.fold(group, books=True, workers=workers)
            folded += 1
    books = desk.trader.books
    if books.stamp.number != last:
        text = f"the journal ends at group {last} and the fold at {books.stamp.number}"
        raise StateCorrupt(
            text, hint="restore journal and checkpoint of one backup; nothing was changed"
        )
    doubtful = sum(order.is_in_doubt for order in books.live_orders())
    recovered = Recovered(folded, last, doubtful, len(books.open_trades))
    _log.info(
        "folded %d groups up to %d: %d open trades, %d orders in doubt",
        folded,
        last,
        recovered.open_trades,
        doubtful,
        extra={"event": "STATE_FOLDED"},
    )
    for note in journal.notes:
        _log.warning("journal: %s", note, extra={"event": "JOURNAL_NOTE"})
    return recovered
