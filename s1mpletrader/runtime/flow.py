"""What does one strategy link make of one input?

The engine's only door to the workers: a tick or an event of the engine goes in, a `FlowResult`
comes out. Synchronous, deterministic, in memory; the books and ids of the moment are arguments.
"""

from collections.abc import Mapping

import msgspec

from s1mpletrader.errors import InternalError, StateCorrupt
from s1mpletrader.model.base import Value
from s1mpletrader.model.events import BAR_CLOSED, TICK_FLOW_START
from s1mpletrader.model.ids import LinkId, Symbol, WorkerId
from s1mpletrader.model.inputs import MarketTick, Stamp
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin.providers import LedgerProvider
from s1mpletrader.runtime.decisions import NOTHING, FlowResult
from s1mpletrader.runtime.event_adapter import EventAdapter
from s1mpletrader.runtime.link_desk import LinkDesk
from s1mpletrader.runtime.metrics import MetricsCollector
from s1mpletrader.runtime.moment import Ids, Present

BARS = WorkerId("_bars")
"""Under this name the link's own memory stands among the workers' (their names begin otherwise)."""


class BarsState(Value, frozen=True):
    """What the link itself remembers: the bar under way and the window of closed ones."""

    open_bar: Bar | None
    window: tuple[Bar, ...]


class LinkRuntime:
    """The workers of one strategy link, wired."""

    def __init__(self, desk: LinkDesk, adapters: Mapping[WorkerId, EventAdapter]) -> None:
        self._desk = desk
        self._adapters = adapters

    @property
    def link(self) -> LinkId:
        """The strategy link."""
        return self._desk.moment.link

    @property
    def symbol(self) -> Symbol:
        """The only symbol whose ticks this link takes."""
        return self._desk.moment.symbol

    @property
    def metrics(self) -> MetricsCollector:
        """Counters since the start."""
        return self._desk.metrics

    @property
    def workers(self) -> tuple[WorkerId, ...]:
        """All workers, stateful or not, in the order of the blueprint."""
        return tuple(self._adapters)

    @property
    def quarantined(self) -> tuple[WorkerId, ...]:
        """The workers that are skipped, in the order of the blueprint."""
        return tuple(name for name, each in self._adapters.items() if each.is_quarantined)

    @property
    def is_empty(self) -> bool:
        """Whether the link has seen no trade yet, as far as it remembers."""
        return self._desk.bars.open_bar is None

    def quarantine(self, worker: WorkerId) -> None:
        """Skip a worker from now on (as the journal says it was); raises `KeyError`."""
        self._adapters[worker].is_quarantined = True

    def release(self, worker: WorkerId) -> None:
        """Call a worker again (`resume`); raises `KeyError`."""
        self._adapters[worker].is_quarantined = False

    def on_tick(
        self, tick: MarketTick, stamp: Stamp, ledger: LedgerProvider, ids: Ids
    ) -> FlowResult:
        """Run what the trade causes: first the bars it closes, then the tick itself.

        In history (`tick.history`) workers run and remember, and their decisions are dropped.
        Raises `EventBudgetExceeded`, and `InternalError` for another link's symbol.
        """
        desk = self._desk
        if tick.symbol != desk.moment.symbol:
            text = f"link {self.link} trades {self.symbol} and was given a trade of {tick.symbol}"
            raise InternalError(text)
        desk.metrics.ticks_processed += 1
        desk.moment.last_price = tick.price
        closed = desk.bars.add(tick)
        if not closed and not desk.is_wired(TICK_FLOW_START):
            return NOTHING
        desk.moment.begin(Present(stamp, ledger, ids, history=tick.history))
        for bar in closed:
            desk.window.add(bar)
            desk.start(BAR_CLOSED, bar)
        if desk.is_wired(TICK_FLOW_START):
            desk.start(TICK_FLOW_START, tick)
        return self._result()

    def on_event(
        self,
        event: str,
        payload: object,
        stamp: Stamp,
        ledger: LedgerProvider,
        ids: Ids,
    ) -> FlowResult:
        """Run what an event of the engine causes, e.g. CONNECTION_LOST (`ENGINE_EVENTS`)."""
        if not self._desk.is_wired(event):
            return NOTHING
        self._desk.moment.begin(Present(stamp, ledger, ids, history=False))
        self._desk.start(event, payload)
        return self._result()

    def _result(self) -> FlowResult:
        result = self._desk.decisions.take()
        self._desk.moment.end()
        return result

    def states(self) -> dict[WorkerId, bytes]:
        """Return everything the link remembers, as JSON per worker."""
        bars = BarsState(self._desk.bars.open_bar, self._desk.window.bars)
        found = {BARS: msgspec.json.encode(bars)}
        for worker, box in self._desk.boxes.items():
            body = box.encoded()
            if body is not None:
                found[worker] = body
        return found

    def restore(self, states: Mapping[WorkerId, bytes]) -> None:
        """Go on where a link with these states was; raises `StateCorrupt`.

        States of workers that the blueprint no longer names are left out.
        """
        for worker, box in self._desk.boxes.items():
            if worker in states:
                box.restore(states[worker])
        if BARS in states:
            self._restore_bars(states[BARS])

    def _restore_bars(self, body: bytes) -> None:
        try:
            state = msgspec.json.decode(body, type=BarsState)
        except msgspec.DecodeError as error:
            text = f"the bars of link {self.link} cannot be read: {error}"
            raise StateCorrupt(text) from error
        bar = state.open_bar
        if bar is None or not self._desk.bars.makes(bar):
            return  # bars of another interval or symbol: the configuration was changed
        self._desk.bars.open_bar = bar
        self._desk.window.restore(state.window)
        self._desk.moment.last_price = bar.close
