"""What happens to one input, from its number to its effects?

The one consumer's synchronous part (ARCHITECTURE, the way of a tick): number and stamp, books,
workers, decisions, the group to the journal, the effects to those who carry them out. Nothing in
here waits.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from s1mpletrader.core.gate import is_fenced
from s1mpletrader.core.identity import IdSource
from s1mpletrader.core.trader import Trader
from s1mpletrader.core.turn import Turn
from s1mpletrader.errors import Fenced
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.events import CONNECTION_LOST
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import LinkId, WorkerId
from s1mpletrader.ports import JournalPersistor
from s1mpletrader.runtime.decisions import FlowResult
from s1mpletrader.runtime.flow import LinkRuntime
from s1mpletrader.services.execution_handler import ExecutionHandler
from s1mpletrader.services.link_view import LinkView
from s1mpletrader.services.reconciliation_service import ReconciliationService

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """A strategy link at work."""

    runtime: LinkRuntime
    capital: Decimal
    workers: tuple[WorkerId, ...] = ()
    """Those that remember something between two starts."""


class Desk:
    """Takes inputs one at a time; owns the numbering."""

    def __init__(
        self,
        trader: Trader,
        links: Mapping[LinkId, Link],
        journal: JournalPersistor,
        clock: ProtocolClock,
        execution: ExecutionHandler,
        reconciliation: ReconciliationService,
        observers: Sequence[Callable[[Group], None]] = (),
    ) -> None:
        self.trader = trader
        self.links = links
        self.wake_us: Micros | None = None
        """When a timer input is due, in protocol time."""
        self.handled = 0
        """Inputs since the start of this process."""
        self.timers = 0
        """Timer inputs among them: what a probe of the consumer looks for (SAFETY W1)."""
        self._journal = journal
        self._clock = clock
        self._execution = execution
        self._reconciliation = reconciliation
        self._observers = observers

    def handle(self, event: inputs.Input) -> Group:
        """Decide one input, hand its group to the journal and its effects on."""
        trader = self.trader
        stamp = self._stamp(event)
        turn = trader.begin(stamp, event)
        for link in self.links.values():
            self._run_link(turn, link, event)
        effects = trader.settle(turn)
        group = Group(stamp, event, effects.records)
        durable = self._journal.append(group)
        self._execution.perform(stamp, effects, durable)
        for ask in effects.asks:
            self._reconciliation.ask(ask)
        self.wake_us = effects.wake_us
        self.handled += 1
        self.timers += isinstance(event, inputs.TimerFired)
        for observe in self._observers:
            observe(group)
        # before RUN_STARTED the halts are the last run's, and that one has ended already
        if trader.memory.has_begun and is_fenced(trader.books.halts.values()):
            text = "another instance speaks for this account"
            raise Fenced(text, hint="stop one of the two; this one does not start again by itself")
        return group

    @property
    def takes_market_data(self) -> bool:
        """Whether the journal has room for market data (SAFETY J4)."""
        return self._journal.takes_market_data

    def fold(self, group: Group, *, books: bool, workers: bool) -> None:
        """Take in a group of the journal at start: books and workers may begin at different ones.

        Workers see the trades as history: they remember and decide nothing.
        """
        if books:
            self.trader.fold(group)
            if group.records:
                self.match_quarantines()
        if workers:
            self.remember(group, self.links)

    def remember(self, group: Group, links: Collection[LinkId]) -> None:
        """Show a trade of the journal to these links, as history: they decide nothing."""
        event = group.input
        if not isinstance(event, inputs.MarketTick):
            return
        source = IdSource(0, group.stamp, self.trader.maker)
        past = inputs.MarketTick(
            event.symbol,
            event.price,
            event.qty,
            event.side,
            event.trade_id,
            event.time_us,
            history=True,
        )
        for link_id in self.links:
            link = self.links[link_id]
            if link_id in links and link.runtime.symbol == event.symbol:
                view = self._view(link)
                link.runtime.on_tick(past, group.stamp, view, source)

    def match_quarantines(self) -> None:
        """Skip exactly the workers that the books say are quarantined."""
        quarantined = self.trader.books.quarantined
        for link_id, link in self.links.items():
            for worker in link.runtime.workers:
                is_out = worker in link.runtime.quarantined
                if (link_id, worker) in quarantined and not is_out:
                    link.runtime.quarantine(worker)
                elif (link_id, worker) not in quarantined and is_out:
                    link.runtime.release(worker)

    def _stamp(self, event: inputs.Input) -> inputs.Stamp:
        """Give an input its number and times, which never run backwards.

        Until RUN_STARTED the protocol time stands where the last run left it: the exchange has not
        told its time yet, a host's clock that is ahead would hold it back for good, and F2 must
        see how long nobody ran.
        """
        before = self.trader.books.stamp
        market = event.time_us if isinstance(event, inputs.MarketTick) else before.market_us
        is_running = self.trader.memory.has_begun or isinstance(event, inputs.RunStarted)
        now = self._clock.now_us() if is_running else before.protocol_us
        return inputs.Stamp(
            before.number + 1,
            max(before.market_us, market),
            max(before.protocol_us, now),
        )

    def _run_link(self, turn: Turn, link: Link, event: inputs.Input) -> None:
        runtime = link.runtime
        result: FlowResult | None = None
        ids = turn.ids
        if isinstance(event, inputs.MarketTick) and event.symbol == runtime.symbol:
            result = runtime.on_tick(event, turn.stamp, self._view(link), ids)
        elif isinstance(event, inputs.ConnectionChanged):
            is_lost = event.attempts == self.trader.rules.connection_lost_attempts
            if event.state == "down" and is_lost:
                view = self._view(link)
                result = runtime.on_event(CONNECTION_LOST, event, turn.stamp, view, ids)
        elif isinstance(event, inputs.OperatorCommand) and event.verb == "resume":
            self.match_quarantines()
        if result is None:
            return
        for failure in result.failures:
            _log.error(
                "worker %s failed: %s\n%s",
                failure.worker,
                failure.error,
                failure.traceback,
                extra={"event": "WORKER_FAILED", "link": runtime.link},
            )
        self.trader.follow(
            turn,
            runtime.link,
            facts=result.records,
            plans=result.plans,
            exits=result.exits,
            halts=result.halts,
        )

    def _view(self, link: Link) -> LinkView:
        runtime = link.runtime
        return LinkView(self.trader.books, runtime.link, runtime.symbol, link.capital)
