"""What do the workers of one link share?

Built before the workers (they are given its providers) and before the wiring (it publishes what
they answer). One desk, one link: nothing is shared between links.
"""

from typing import TypeVar

import msgspec

from s1mpletrader.model.events import ENGINE_EVENTS, EVENT_BUS, THREAT_DETECTED
from s1mpletrader.model.ids import LinkId, Symbol, WorkerId
from s1mpletrader.model.signals import CriticalEvent
from s1mpletrader.runtime.bars import BarBuilder
from s1mpletrader.runtime.contract import WorkerContract
from s1mpletrader.runtime.decisions import Decisions, WorkerFailure
from s1mpletrader.runtime.event_bus import EventBus, Flow
from s1mpletrader.runtime.metrics import MetricsCollector
from s1mpletrader.runtime.moment import Moment
from s1mpletrader.runtime.ohlcv_window import OhlcvWindow
from s1mpletrader.runtime.tick_cache import TickCacheManager
from s1mpletrader.runtime.trading_context import TickContext
from s1mpletrader.runtime.worker_states import StateBox

WORKER_FAILED = "WORKER_FAILED"
"""The kind of threat that a failing worker is."""

S = TypeVar("S", bound=msgspec.Struct)


class LinkDesk:
    """The providers and the bus of one strategy link."""

    def __init__(self, link: LinkId, symbol: Symbol, interval_s: int, window_bars: int = 0) -> None:
        self.metrics = MetricsCollector()
        self.moment = Moment(link, symbol)
        self.decisions = Decisions(self.moment)
        self.bars = BarBuilder(symbol, interval_s)
        self.window = OhlcvWindow(window_bars)
        self.bus = EventBus(self.metrics)
        self.boxes: dict[WorkerId, StateBox[msgspec.Struct]] = {}
        self.contracts: dict[WorkerId, WorkerContract] = {}
        self._caches = TickCacheManager(self.metrics)

    def box(self, worker: WorkerId, state_type: type[msgspec.Struct]) -> StateBox[msgspec.Struct]:
        """Return the memory of one worker."""
        return self.boxes.setdefault(worker, StateBox(worker, state_type))

    def is_wired(self, event: str) -> bool:
        """Return whether any worker listens to this event of the engine."""
        return self.bus.is_wired(ENGINE_EVENTS[event].component, event)

    def start(self, event: str, payload: object) -> None:
        """Begin with an empty cache, publish an event of the engine and run what it causes."""
        cache = self._caches.open(payload)
        context = TickContext(self.moment, cache, self.contracts, self.metrics)
        self.bus.publish(Flow(ENGINE_EVENTS[event].component, event, payload, context))
        self.bus.drain()

    def publish(self, source: str, event: str, payload: object, flow: Flow) -> None:
        """Queue what `source` published in `flow`, and note what it means for the engine."""
        self.decisions.published(payload)
        self.bus.publish(Flow(source, event, payload, flow.context.branch(payload)))

    def fail(self, failure: WorkerFailure, flow: Flow) -> None:
        """Record a worker's failure and publish it as a threat."""
        self.decisions.failed(failure)
        threat = CriticalEvent(
            self.moment.new_threat_id(),
            WORKER_FAILED,
            failure.worker,
            failure.error,
            self.moment.now_us(),
        )
        self.publish(EVENT_BUS, THREAT_DETECTED, threat, flow)
