"""Is a command carried out, and its answer true?"""

import asyncio
from typing import cast

import pytest

from s1mpletrader.errors import ExchangeUnavailable, Fenced, S1mpleTraderError
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.looks import Complete
from s1mpletrader.ports import Exchange
from s1mpletrader.services.account_check import Finding, Verdict
from s1mpletrader.services.control_desk import ControlDesk
from s1mpletrader.services.reconciliation_service import ReconciliationService
from s1mpletrader.services.watchdog import Watchdog
from tests.core.test_trader import Stage
from tests.exchange.world import HandClock
from tests.persistence.on_loop import on_loop
from tests.services.test_checkpointer import JOURNAL
from tests.services.test_desk import FENCED, desk_of

NOBODY = cast("Watchdog", None)
NO_EXCHANGE = cast("Exchange", None)


class Office:
    """A control desk of an engine that has started."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.stage.start()
        self.desk = desk_of(self.stage.trader)
        self.failures: list[S1mpleTraderError] = []
        self.control = ControlDesk(
            self.desk,
            ReconciliationService(NO_EXCHANGE, Inbox(HandClock())),
            JOURNAL,
            NOBODY,
            HandClock().wall_us,
            {},
            check=self.check,
            on_stop=lambda _: None,
            on_failure=self.failures.append,
        )

    async def check(self) -> tuple[Finding, ...]:
        return (Finding("key", Verdict.OK, "it may trade"),)

    def look(self, began_us: int) -> None:
        """Let a complete look come back that began then and found nothing."""
        look = Complete(1, Micros(began_us), Micros(began_us), Micros(0), (), (), ())
        self.control.observe(self.desk.handle(inputs.LookTaken(look)))


@on_loop
async def test_a_look_under_way_does_not_answer_a_reconcile() -> None:
    office = Office()
    async with asyncio.TaskGroup() as tasks:
        command = inputs.OperatorCommand("reconcile", "anna")
        answering = tasks.create_task(office.control.command(command))
        await asyncio.sleep(0)
        asked_us = office.desk.trader.books.stamp.protocol_us
        office.look(asked_us - SECOND)
        for _ in range(3):
            await asyncio.sleep(0)
        assert not answering.done()
        office.look(asked_us)
    assert answering.result().text == "a complete look agrees with the books"


@on_loop
async def test_a_command_that_finds_the_engine_fenced_ends_it() -> None:
    """SAFETY F3: it must not go on until the next input happens to come."""
    office = Office()
    office.stage.trader.books.apply(FENCED)
    with pytest.raises(Fenced):
        await office.control.command(inputs.OperatorCommand("halt", "anna"))
    assert [type(each) for each in office.failures] == [Fenced]


@on_loop
async def test_the_accounts_check_is_asked_of_the_engine_once_it_has_begun() -> None:
    """SAFETY F4: one key has one speaker."""
    office = Office()
    (row,) = await office.control.check()
    assert (row["name"], row["verdict"]) == ("key", "ok")
    office.stage.trader.memory.has_begun = False
    with pytest.raises(ExchangeUnavailable, match="has not answered yet"):
        await office.control.check()
