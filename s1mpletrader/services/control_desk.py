"""What does a person see of the engine, and how do their commands get in?

`ControlHandler` of the control socket. Views read the books as they are; a command is an input
like any other and is answered when its record is durable (SAFETY G3).
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import to_builtins

from s1mpletrader.core.assignment import parse, refusal
from s1mpletrader.errors import ExchangeUnavailable, S1mpleTraderError, UsageError
from s1mpletrader.host import control_rows
from s1mpletrader.host.control_server import CommandAnswer
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.inputs import OperatorCommand
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor
from s1mpletrader.services.account_check import Finding
from s1mpletrader.services.desk import Desk
from s1mpletrader.services.reconcile_desk import ReconcileDesk
from s1mpletrader.services.reconciliation_service import ReconciliationService
from s1mpletrader.services.watchdog import Watchdog

Row = dict[str, object]
DURABLE_WAIT_S = 2.0


class ControlDesk:
    """Shows books and takes commands; one per engine."""

    def __init__(
        self,
        desk: Desk,
        reconciliation: ReconciliationService,
        journal: JsonlPersistor,
        watchdog: Watchdog,
        now_us: Callable[[], Micros],
        facts: Mapping[str, object],
        check: Callable[[], Awaitable[tuple[Finding, ...]]],
        on_stop: Callable[[str], None],
        on_failure: Callable[[S1mpleTraderError], None],
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._watchdog = watchdog
        self._now_us = now_us
        self._facts = facts
        self._check = check
        self._on_stop = on_stop
        self._on_failure = on_failure
        self._reconcile = ReconcileDesk(desk.trader, reconciliation, self._handle, now_us)

    def status(self) -> Row:
        """Return the status page's facts (docs/control-api.md)."""
        books, memory = self._desk.trader.books, self._desk.trader.memory
        return {
            **self._facts,
            "pid": os.getpid(),
            "up_s": (self._now_us() - books.run_us) / SECOND if memory.has_begun else 0.0,
            "state": self._state(),
            "reasons": self._reasons(),
            "halts": control_rows.halts(books),
            "feed": {
                "exchange": "kraken",
                "state": "subscribed" if memory.is_subscribed else "down",
                "attempts": memory.attempts,
                "detail": "tape ended" if memory.tape_ended else "",
            },
            "reconcile": {
                "result": "agree" if memory.has_agreed else "waiting",
                "age_s": (self._now_us() - books.agreed_us) / SECOND if books.agreed_us else None,
                "next_s": self._next_look_s(),
                "discrepancies": dict(self._reconcile.counts),
            },
            "journal": {
                "number": books.stamp.number,
                "durable": self._journal.durable_number,
                "head": self._journal.head,
                "oldest_wait_s": self._journal.oldest_wait_us() / SECOND,
            },
            "orders_in_doubt": sum(order.is_in_doubt for order in books.live_orders()),
            "unprotected_s": self.unprotected_s(),
            "market_us": books.stamp.market_us,
            "ledgers": {
                link: {asset: amount for asset, amount in ledger.amounts.items() if amount}
                for link, ledger in books.ledgers.items()
            },
            "strategies": self.strategies(),
        }

    def _next_look_s(self) -> float | None:
        trader = self._desk.trader
        if not trader.memory.has_agreed:
            return None
        due_us = trader.books.agreed_us + trader.rules.reconcile_every_us
        return max(due_us - self._now_us(), 0) / SECOND

    def _state(self) -> str:
        books, memory = self._desk.trader.books, self._desk.trader.memory
        if memory.is_stopping:
            return "stopping"
        if not memory.has_begun:
            return "starting"
        if not self._watchdog.is_healthy:
            return "degraded"
        return "halted" if books.halts else "trading"

    def _reasons(self) -> list[str]:
        books, memory = self._desk.trader.books, self._desk.trader.memory
        reasons = [f"{halt.reason} ({halt.scope}): {halt.why}" for halt in books.halts.values()]
        if not memory.has_begun:
            reasons.append("the exchange has not answered yet")
        waits_us = (memory.orders_from_us() or self._now_us()) - self._now_us()
        if waits_us > 0:
            who = "another instance that may still be sending"
            reasons.append(f"this newcomer waits {waits_us / SECOND:.0f} s more for {who}")
        return reasons

    def unprotected_s(self) -> float:
        """Return the seconds of this run in which a holding was not certainly covered."""
        memory, now_us = self._desk.trader.memory, self._now_us()
        running = sum(now_us - since for since in memory.unprotected_since_us.values())
        return (memory.unprotected_for_us + running) / SECOND

    def positions(self) -> Sequence[Row]:
        """Return one row per trade with a holding."""
        return control_rows.positions(self._desk.trader.books)

    def orders(self) -> Sequence[Row]:
        """Return one row per order that is not final, and the latest final ones."""
        return control_rows.orders(self._desk.trader.books)

    def trades(self) -> Sequence[Row]:
        """Return one row per trade, newest last."""
        return control_rows.trades(self._desk.trader.books)

    def strategies(self) -> Sequence[Row]:
        """Return one row per strategy link."""
        symbols = {link_id: each.runtime.symbol for link_id, each in self._desk.links.items()}
        return control_rows.strategies(self._desk.trader.books, symbols)

    async def check(self) -> Sequence[Row]:
        """Return what the account's check found, one row per thing; raises `ExchangeError`."""
        if not self._desk.trader.memory.has_begun:
            text = "the exchange has not answered yet, so it cannot be asked anything"
            raise ExchangeUnavailable(text, hint="s1mpletrader status tells since when")
        return [to_builtins(each) for each in await self._check()]

    async def command(self, command: OperatorCommand) -> CommandAnswer:
        """Carry the command out; answered when its record is durable, or said not to be.

        Raises `UsageError` for a link that is not configured; whatever else it raises ends the
        engine as it would from any other input (`on_failure`).
        """
        if command.link is not None and command.link not in self._desk.links:
            known = ", ".join(self._desk.links)
            raise UsageError(f"no such link: {command.link}", hint=f"links: {known}")
        if command.verb == "stop":
            self._on_stop(command.by)
            return CommandAnswer(accepted=True, text="the engine is stopping")
        if command.verb == "reconcile":
            return await self._reconcile.answer(command)
        if command.verb == "assign":
            why = refusal(self._desk.trader.books, parse(command.arguments))
            if why is not None:
                raise UsageError(why, hint="s1mpletrader status shows the ledgers")
        self._handle(command)
        durable = self._journal.mark()
        try:
            async with asyncio.timeout(DURABLE_WAIT_S):
                await durable
        except TimeoutError:
            return CommandAnswer(
                accepted=True, text=f"{command.verb}: in force, not yet durable", durable=False
            )
        return CommandAnswer(accepted=True, text=self._outcome(command))

    def _handle(self, command: OperatorCommand) -> Group:
        try:
            return self._desk.handle(command)
        except S1mpleTraderError as error:
            self._on_failure(error)
            raise

    def observe(self, group: Group) -> None:
        """Note what looks found, for those who ask."""
        self._reconcile.observe(group)

    def _outcome(self, command: OperatorCommand) -> str:
        halts = self._desk.trader.books.halts.values()
        standing = ", ".join(f"{halt.reason} ({halt.scope})" for halt in halts)
        match command.verb:
            case "resume" if standing:
                return f"still halted: {standing}"
            case "halt":
                return f"halted: {standing}"
            case _:
                return self._state() if not standing else f"halted: {standing}"
