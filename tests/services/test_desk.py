"""Does one input after another find its way, whatever the books say?"""

from collections.abc import Awaitable, Mapping
from typing import cast

import pytest

from s1mpletrader.core.gate import ACCOUNT
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trader import Trader
from s1mpletrader.errors import Fenced
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import LinkId
from s1mpletrader.ports import AlertChannel, Exchange, JournalPersistor
from s1mpletrader.services.desk import Desk, Link
from s1mpletrader.services.execution_handler import ExecutionHandler
from s1mpletrader.services.reconciliation_service import ReconciliationService
from tests.exchange.world import HandClock

NOBODY = cast("Exchange", None)
"""The exchange is never asked here."""
RUN = inputs.RunStarted("0", "3", "c", "paper", 5, 9, 1, "host", "boot", instruments=())
FENCED = records.HaltSet("fenced", ACCOUNT, "engine", "a newer instance", sticky=True)


class Notes:
    """A journal that takes everything."""

    takes_market_data = True
    has_room = True
    durable_number = 0
    head = ""

    def __init__(self) -> None:
        self.groups: list[Group] = []

    def append(self, group: Group) -> Awaitable[None] | None:
        self.groups.append(group)
        return None

    def oldest_wait_us(self) -> Micros:
        return Micros(0)

    def silent_us(self) -> Micros:
        return Micros(0)


def desk_of(
    trader: Trader,
    journal: JournalPersistor | None = None,
    links: Mapping[LinkId, Link] | None = None,
) -> Desk:
    clock = HandClock()
    protocol, inbox = ProtocolClock(clock), Inbox(clock)
    execution = ExecutionHandler(NOBODY, trader, inbox, protocol, cast("AlertChannel", None))
    return Desk(
        trader,
        links or {},
        journal or Notes(),
        protocol,
        execution,
        ReconciliationService(NOBODY, inbox),
    )


def test_a_run_that_was_fenced_does_not_end_the_next_one_before_it_begins() -> None:
    """A person looked after the other instance and starts this one: it must be able to start."""
    trader = Trader(Rules(), tag=7)
    trader.fold(Group(inputs.Stamp(1, Micros(1), Micros(1)), RUN, (FENCED,)))
    desk = desk_of(trader)
    desk.handle(inputs.TimerFired())  # the watchdog's first probe comes before RUN_STARTED
    desk.handle(RUN)
    assert ("fenced", ACCOUNT) not in trader.books.halts


def test_an_input_that_fences_ends_the_process() -> None:
    desk = desk_of(Trader(Rules(), tag=7))
    desk.handle(RUN)
    desk.trader.books.apply(FENCED)
    with pytest.raises(Fenced):
        desk.handle(inputs.TimerFired())
