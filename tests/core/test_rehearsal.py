"""Is a rehearsal the same decisions, without any of their consequences?"""

import copy

import pytest

from s1mpletrader.core import snapshot
from s1mpletrader.core.reconciliation_result import result_of
from s1mpletrader.core.rehearsal import rehearse
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.discrepancies import DiscrepancyKind as Kind
from s1mpletrader.model.groups import Group
from s1mpletrader.model.looks import Partial
from s1mpletrader.model.orders import Unknown
from tests.core.specimens import open_row
from tests.core.test_reactions import complete, foreign_trade
from tests.core.test_trader import Stage, submit_in


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def test_a_rehearsed_look_leaves_books_and_memory_as_they_are(stage: Stage) -> None:
    """SAFETY D8: `reconcile --dry-run` changes nothing."""
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    stage.now += 3 * SECOND
    row = open_row("1", client_id=entry.order.client_id)
    look = complete(stage, open=(row,), trades=(foreign_trade(stage, row.txid),))
    books, memory = snapshot.encode(stage.trader.books), copy.deepcopy(vars(stage.trader.memory))
    found = rehearse(stage.trader, look)
    assert found.result.counts == {Kind.FOUND: 1}
    assert snapshot.encode(stage.trader.books) == books
    assert vars(stage.trader.memory) == memory


def test_a_rehearsal_says_what_the_look_then_does(stage: Stage) -> None:
    entry = submit_in(stage.plan())
    stage.tell(inputs.Submitted(entry.order.client_id, Unknown("timeout")))
    stage.now += 3 * SECOND
    look = complete(stage, open=(open_row(client_id=entry.order.client_id),))
    rehearsed = rehearse(stage.trader, look)
    event = inputs.LookTaken(look)
    stamp = inputs.Stamp(stage.number + 1, Micros(stage.now), Micros(stage.now))
    effects = stage.tell(event)
    assert result_of(Group(stamp, event, effects.records)) == rehearsed.result


def test_only_a_complete_look_has_a_result(stage: Stage) -> None:
    """SAFETY D1."""
    stamp = stage.trader.books.stamp
    assert result_of(Group(stamp, inputs.TimerFired(), ())) is None
    assert result_of(Group(stamp, inputs.LookTaken(Partial("page 2")), ())) is None


def test_a_look_that_changes_nothing_agrees_and_has_no_discrepancies(stage: Stage) -> None:
    stage.now += 3 * SECOND
    found = rehearse(stage.trader, complete(stage))
    assert found.result.agrees
    assert not found.result.counts
    assert not found.plan.corrections
