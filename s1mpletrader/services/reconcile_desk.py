"""What is answered when a person asks how books and exchange compare?

`reconcile` waits for a look of its own; `--dry-run` takes one that nobody else sees and rehearses
it; `--apply PLAN_ID` orders the corrections that such a rehearsal offered (SAFETY D8).
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable

from s1mpletrader.core.asking import look_since
from s1mpletrader.core.corrections import Plan
from s1mpletrader.core.reconciliation_result import ReconciliationResult, result_of
from s1mpletrader.core.rehearsal import rehearse
from s1mpletrader.core.trader import Trader
from s1mpletrader.errors import ExchangeUnavailable, UsageError
from s1mpletrader.host.control_server import CommandAnswer
from s1mpletrader.model.base import Micros
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.groups import Group
from s1mpletrader.model.inputs import OperatorCommand
from s1mpletrader.model.looks import Complete
from s1mpletrader.model.records import Discrepancy, PlanDecided
from s1mpletrader.services.reconciliation_service import ReconciliationService

LOOK_WAIT_S = 45.0
"""Two looks in a row may have to wait for the exchange's rate limit (SAFETY D9)."""
RESULTS_MAX = 100
"""How many results are remembered for those who wait for one."""
EXIT_DIFFERENCES = 5
EXIT_UNAVAILABLE = 69
USAGE = "reconcile [--dry-run | --apply PLAN_ID]"


class ReconcileDesk:
    """Answers one question at a time; several may wait."""

    def __init__(
        self,
        trader: Trader,
        reconciliation: ReconciliationService,
        handle: Callable[[OperatorCommand], Group],
        now_us: Callable[[], Micros],
    ) -> None:
        self._trader = trader
        self._reconciliation = reconciliation
        self._handle = handle
        self._now_us = now_us
        self.counts: Counter[DiscrepancyKind] = Counter()
        """What this run's looks and messages found, by kind."""
        self._results: deque[ReconciliationResult] = deque(maxlen=RESULTS_MAX)
        self._decided: dict[str, PlanDecided] = {}
        self._news = asyncio.Event()

    def observe(self, group: Group) -> None:
        """Note what looks found and what became of plans."""
        result = result_of(group)
        if result is not None:
            self._results.append(result)
        for record in group.records:
            if isinstance(record, Discrepancy):
                self.counts[record.kind] += 1
            elif isinstance(record, PlanDecided):
                self._decided = {record.plan_id: record}
        self._news.set()

    async def answer(self, command: OperatorCommand) -> CommandAnswer:
        """Answer within `LOOK_WAIT_S`; raises `UsageError`, `ExchangeUnavailable`."""
        if not self._trader.memory.is_subscribed:
            text = "the exchange is not connected; the engine looks as soon as it is"
            raise ExchangeUnavailable(text, hint="s1mpletrader status names the reason")
        try:
            async with asyncio.timeout(LOOK_WAIT_S):
                match command.arguments:
                    case ():
                        return await self._look(command)
                    case ("dry-run",):
                        return await self._rehearse()
                    case ("apply", plan_id):
                        return await self._apply(command, plan_id)
                    case words:
                        text = f"reconcile cannot {' '.join(words)}"
                        raise UsageError(text, hint=USAGE)
        except TimeoutError:
            text = f"no complete look within {LOOK_WAIT_S:.0f} s; the engine keeps asking"
            return CommandAnswer(accepted=True, text=text, exit_code=EXIT_UNAVAILABLE)

    async def _look(self, command: OperatorCommand) -> CommandAnswer:
        """Answer with what a look found that began after the question."""
        asked_us = self._handle(command).stamp.protocol_us
        while not self._results or self._results[-1].began_us < asked_us:
            await self._wait()
        found = self._results[-1]
        if not found.discrepancies:
            return CommandAnswer(accepted=True, text=_agreement(found))
        text = f"{len(found.discrepancies)} differences were found and dealt with"
        details = tuple(_line(each) for each in found.discrepancies)
        return CommandAnswer(accepted=True, text=text, details=details, exit_code=EXIT_DIFFERENCES)

    async def _rehearse(self) -> CommandAnswer:
        trader = self._trader
        since_us = look_since(trader.books, trader.memory, self._now_us())
        look = await self._reconciliation.look(since_us)
        if not isinstance(look, Complete):
            text = f"no complete look: {look.why}"
            return CommandAnswer(accepted=True, text=text, exit_code=EXIT_UNAVAILABLE)
        found = rehearse(trader, look)
        by_itself = [f"by itself: {_line(each)}" for each in found.result.discrepancies]
        details = (*by_itself, *_plan_lines(found.plan))
        if not details:
            return CommandAnswer(accepted=True, text=_agreement(found.result))
        text = f"{len(by_itself)} differences the engine deals with by itself"
        if found.plan.plan_id:
            text += (
                f"; {len(found.plan.corrections)} are left to you."
                f" To order exactly these: s1mpletrader reconcile --apply {found.plan.plan_id}"
            )
        return CommandAnswer(accepted=True, text=text, details=details, exit_code=EXIT_DIFFERENCES)

    async def _apply(self, command: OperatorCommand, plan_id: str) -> CommandAnswer:
        self._decided.pop(plan_id, None)
        self._handle(command)
        while plan_id not in self._decided:
            await self._wait()
        decided = self._decided.pop(plan_id)
        if not decided.applied:
            text = f"nothing was changed: {decided.why}"
            hint = "see s1mpletrader reconcile --dry-run"
            return CommandAnswer(
                accepted=False, text=text, details=(hint,), exit_code=EXIT_DIFFERENCES
            )
        text = f"plan {plan_id} is carried out; when a look agrees: s1mpletrader resume"
        return CommandAnswer(accepted=True, text=text)

    async def _wait(self) -> None:
        self._news.clear()
        await self._news.wait()


def _agreement(found: ReconciliationResult) -> str:
    if found.agrees:
        return "a complete look agrees with the books"
    return "a complete look shows nothing new; it does not open the gate yet"


def _line(each: Discrepancy) -> str:
    return f"{each.kind}: {each.subject}: {each.found}; {each.action}"


def _plan_lines(plan: Plan) -> list[str]:
    return [f"for you: {c.kind}: {c.subject}: {c.found} -> {c.action}" for c in plan.corrections]
