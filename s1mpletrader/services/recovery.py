"""How does the engine find itself again?

Start and recovery are one path: checkpoint, then every later group of the journal through the
same books and workers (ARCHITECTURE, the way of a tick). What the exchange did meanwhile is found
out by the first look, what the market did is fed as history.
"""

import logging

from s1mpletrader.errors import StateCorrupt
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.inputs import MarketTick
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.services.checkpointer import Checkpointer, Start
from s1mpletrader.services.desk import Desk

_log = logging.getLogger(__name__)


WARM_UP_GROUPS_MAX = 500_000
"""How far back in the journal a link that remembers nothing is shown what happened."""


class Recovered(Value, frozen=True):
    """What was folded, for the operator."""

    groups: int
    last_number: int
    doubtful_orders: int
    open_trades: int


def recover(
    desk: Desk, journal: JournalFile, checkpointer: Checkpointer, warm_up_us: Micros
) -> Recovered:
    """Fold checkpoint and journal into the desk; raises what corrupt state raises (exit 65).

    A link that remembers nothing is first shown the last `warm_up_us` of what the others saw.
    """
    last = journal.next_number - 1
    start = checkpointer.restore(desk, first_number=journal.first_number, last_number=last)
    desk.match_quarantines()
    if start.empty:
        _warm_up(desk, journal, start, warm_up_us)
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


def _warm_up(desk: Desk, journal: JournalFile, start: Start, warm_up_us: Micros) -> None:
    """Show the links that remember nothing what was traded before the others' memory ends.

    From there on the fold shows them what it shows all; what the market did since is fed as
    history, and until then their symbols are halted `warming_up`.
    """
    first = max(journal.first_number, start.workers_number - WARM_UP_GROUPS_MAX + 1)
    if start.workers_number < first:
        return
    symbols = {desk.links[each].runtime.symbol for each in start.empty}
    books = desk.trader.books
    since_us = {
        symbol: books.last_ticks[symbol].time_us - warm_up_us
        for symbol in symbols & books.last_ticks.keys()
    }
    shown = 0
    for group in journal.groups(first):
        if group.stamp.number > start.workers_number:
            break
        event = group.input
        if isinstance(event, MarketTick) and event.time_us >= since_us.get(event.symbol, 1 << 62):
            desk.remember(group, start.empty)
            shown += 1
    _log.info(
        "%s remembered nothing and was shown %d trades of the journal",
        ", ".join(sorted(start.empty)),
        shown,
        extra={"event": "LINK_WARMED_UP"},
    )
