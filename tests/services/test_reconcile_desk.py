"""Is a person told what a look found, what it would do, and what became of their order?"""

import asyncio
from typing import Any, cast

import pytest

from s1mpletrader.core import snapshot
from s1mpletrader.errors import ExchangeUnavailable, UsageError
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.host.control_server import CommandAnswer
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.looks import Look, Partial
from s1mpletrader.model.orders import OrderStatus
from s1mpletrader.ports import Exchange
from s1mpletrader.services import reconcile_desk
from s1mpletrader.services.reconcile_desk import ReconcileDesk
from s1mpletrader.services.reconciliation_service import ReconciliationService
from tests.core.specimens import open_row
from tests.core.test_corrections import stubborn
from tests.core.test_reactions import complete, reasons
from tests.core.test_trader import Stage
from tests.exchange.world import HandClock
from tests.persistence.on_loop import on_loop


class Showing:
    """An exchange that shows one look."""

    def __init__(self) -> None:
        self.shown: Look = Partial("nothing was prepared")

    async def look(self, since_us: Micros, *, balances: bool) -> Look:
        assert balances
        assert since_us >= 0
        return self.shown


class Office:
    """A reconcile desk over a trader that is driven by hand."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.stage.start()
        self.exchange = Showing()
        service = ReconciliationService(cast("Exchange", self.exchange), Inbox(HandClock()))
        self.desk = ReconcileDesk(
            self.stage.trader, service, self.handle, lambda: Micros(self.stage.now)
        )

    def handle(self, event: inputs.Input) -> Group:
        self.stage.now += 3 * SECOND
        effects = self.stage.tell(event)
        group = Group(self.stage.trader.books.stamp, event, effects.records)
        self.desk.observe(group)
        return group

    def look(self, **changes: Any) -> None:
        self.stage.now += 3 * SECOND
        look = complete(self.stage, **changes)
        self.handle(inputs.LookTaken(look))

    async def ask(self, *words: str, looks: int = 0, **shown: Any) -> CommandAnswer:
        """Ask, let the looks come back meanwhile, and return the answer."""
        async with asyncio.TaskGroup() as tasks:
            command = inputs.OperatorCommand("reconcile", "anna", arguments=words)
            asking = tasks.create_task(self.desk.answer(command))
            for _ in range(looks):
                await asyncio.sleep(0)
                self.look(**shown)
        return asking.result()


@on_loop
async def test_a_look_that_agrees_is_said_in_one_line() -> None:
    answer = await Office().ask(looks=1)
    assert (answer.text, answer.exit_code) == ("a complete look agrees with the books", 0)


@on_loop
async def test_every_difference_is_named_and_the_exit_code_is_5() -> None:
    """NAMES: 5 differences found."""
    office = Office()
    answer = await office.ask(looks=1, open=(open_row(client_id=None, txid="OF"),))
    assert answer.exit_code == 5
    assert answer.details == ("foreign_order: OF: buy 10 BTC/USD, client id none; left alone",)
    assert office.desk.counts == {"foreign_order": 1}


@on_loop
async def test_a_dry_run_says_what_would_be_done_and_does_nothing() -> None:
    """SAFETY D8."""
    office = Office()
    office.exchange.shown = complete(office.stage, open=(open_row(client_id=None, txid="OF"),))
    before = snapshot.encode(office.stage.trader.books)
    answer = await office.ask("dry-run")
    assert answer.exit_code == 5
    assert answer.details == (
        "by itself: foreign_order: OF: buy 10 BTC/USD, client id none; left alone",
    )
    assert snapshot.encode(office.stage.trader.books) == before


@on_loop
async def test_a_dry_run_without_a_complete_look_proves_nothing() -> None:
    """SAFETY D1."""
    answer = await Office().ask("dry-run")
    assert (answer.text, answer.exit_code) == ("no complete look: nothing was prepared", 69)


@on_loop
async def test_a_dry_run_offers_a_plan_and_its_id_orders_it() -> None:
    """SAFETY D8: from the first line of the screen to the verdict in the books."""
    office = Office()
    entry, shown = stubborn(office.stage)
    assert reasons(office.stage) == {"balance"}
    office.stage.now += 3 * SECOND
    office.exchange.shown = complete(office.stage, **shown)
    offer = await office.ask("dry-run")
    assert offer.details[0].startswith("for you: not_placed: entry ")
    plan_id = offer.text.rpartition(" ")[2]
    done = await office.ask("apply", plan_id, looks=2, **shown)
    assert (done.accepted, done.exit_code) == (True, 0)
    books = office.stage.trader.books
    assert books.orders[entry.order.client_id].status is OrderStatus.NOT_PLACED


@on_loop
async def test_a_plan_that_is_no_longer_the_same_changes_nothing_and_says_so() -> None:
    answer = await Office().ask("apply", "12345678", looks=1)
    assert not answer.accepted
    assert answer.text == "nothing was changed: nothing is left to correct"
    assert answer.exit_code == 5


@on_loop
async def test_a_question_without_an_answer_in_time_is_69(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile_desk, "LOOK_WAIT_S", 0.01)
    answer = await Office().ask()
    assert answer.exit_code == 69


@on_loop
async def test_without_a_connection_it_is_said_at_once() -> None:
    office = Office()
    office.handle(inputs.ConnectionChanged(1, "down"))
    command = inputs.OperatorCommand("reconcile", "anna")
    with pytest.raises(ExchangeUnavailable, match="not connected"):
        await office.desk.answer(command)


@on_loop
async def test_a_word_that_reconcile_does_not_know_is_refused_with_its_usage() -> None:
    command = inputs.OperatorCommand("reconcile", "anna", arguments=("hard",))
    with pytest.raises(UsageError, match="reconcile cannot hard"):
        await Office().desk.answer(command)
