"""Does a start find everything again, also for a link that was not there before?"""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import cast
from unittest.mock import patch

import msgspec
import pytest

from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trader import Trader
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.checkpoint_store import CheckpointStore
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.jsonl_persistor import Position
from s1mpletrader.ports import StatePersistor
from s1mpletrader.runtime.flow import LinkRuntime
from s1mpletrader.services import recovery
from s1mpletrader.services.books_picture import BooksPicture
from s1mpletrader.services.checkpointer import SCHEMA, Checkpointer, WorkerMemory
from s1mpletrader.services.desk import Link
from s1mpletrader.services.recovery import recover
from tests.core.test_trader import INSTRUMENT
from tests.runtime.world import HOUR_US, LINK, Tape, ema_cross_link, hourly
from tests.services.test_desk import desk_of

RUN = inputs.RunStarted("0", "3", "c", "paper", 5, 9, 1, "h", "b", instruments=(INSTRUMENT,))
HOURS = 40
PRICES = [str(100 + hour % 7) for hour in range(HOURS)]
TICKS = tuple(hourly((each, each, each, each) for each in PRICES))
WARM_UP_US = Micros(31 * HOUR_US)
WARM_UP_TICKS = 31 * 4 + 1


def checkpointer(state: Path) -> Checkpointer:
    store = CheckpointStore(state, SystemDisk(), schema=SCHEMA)
    store.load(first_number=1, last_number=1 << 60)
    memory = WorkerMemory(lambda _link, _worker: cast("StatePersistor", None))
    return Checkpointer(store, memory, ThreadPoolExecutor(1))


def traded(state: Path, *, after: int) -> JournalFile:
    """Return a journal of all ticks, with a checkpoint before the last `after`, of no link."""
    journal = JournalFile.open(state / "journal", SystemDisk(), version="1", create=True)
    trader, writing = Trader(Rules(), tag=7), checkpointer(state)
    events: tuple[inputs.Input, ...] = (RUN, *TICKS)
    for number, event in enumerate(events, 1):
        group = Group(inputs.Stamp(number, Micros(number), Micros(number)), event, ())
        journal.append([group])
        trader.fold(group)
        if number == len(TICKS) + 1 - after:
            journal.sync()
            position = Position(number, journal.head)
            writing._save(position, BooksPicture(trader.books), {})
    journal.sync()
    return journal


def started(state: Path, journal: JournalFile, warm_up_us: Micros = WARM_UP_US) -> LinkRuntime:
    """Return a new link after a start on that journal."""
    link = ema_cross_link()
    desk = desk_of(Trader(Rules(), tag=7), links={LINK: Link(link, Decimal(10_000))})
    assert recover(desk, journal, checkpointer(state), warm_up_us).last_number == len(TICKS) + 1
    return link


def shown(count: int) -> LinkRuntime:
    """Return a link that saw the last `count` ticks as history."""
    link, tape = ema_cross_link(), Tape()
    for each in TICKS[-count:]:
        past = msgspec.structs.replace(each, history=True)
        link.on_tick(past, tape.stamp(each.time_us), tape.books, tape.ids)
    return link


@pytest.mark.parametrize("after", [0, 1, 5, len(TICKS)])
def test_a_new_link_on_a_known_symbol_is_warm_when_it_starts(tmp_path: Path, after: int) -> None:
    """ARCHITECTURE decision 6: a new link is fed what it missed, from the journal first."""
    link = started(tmp_path, traded(tmp_path, after=after), Micros(HOURS * HOUR_US))
    assert link.states() == shown(len(TICKS)).states()


def test_a_new_link_is_shown_no_more_than_its_warm_up(tmp_path: Path) -> None:
    link = started(tmp_path, traded(tmp_path, after=0))
    assert link.metrics.ticks_processed == WARM_UP_TICKS
    assert link.states() == shown(WARM_UP_TICKS).states()


def test_a_new_link_looks_back_only_so_far(tmp_path: Path) -> None:
    journal = traded(tmp_path, after=0)
    with patch.object(recovery, "WARM_UP_GROUPS_MAX", 10):
        assert started(tmp_path, journal).metrics.ticks_processed == 10


def test_a_start_that_leaves_a_new_link_cold_is_noticed(tmp_path: Path) -> None:
    """The sabotage."""
    journal = traded(tmp_path, after=1)
    with patch.object(recovery, "_warm_up"):
        assert started(tmp_path, journal).states() != shown(WARM_UP_TICKS).states()
