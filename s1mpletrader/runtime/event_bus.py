"""Who runs next?

The wiring is compiled once into one tuple of steps per event. CONTINUE runs the next step inline,
STOP and PUBLISH jump past the steps that only follow on CONTINUE, and a published event waits its
turn in a queue: every flow runs to completion before the next begins, whoever published it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from s1mpletrader.errors import ConfigurationError, EventBudgetExceeded
from s1mpletrader.model.events import output_of
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.runtime.metrics import MetricsCollector
from s1mpletrader.runtime.trading_context import TickContext

EVENTS_MAX = 1_000
"""Events that one tick or one bar may cause."""
STEPS_MAX = 1_000
"""Steps of one compiled event: a wiring whose branches meet again and again multiplies them."""


class Flow:
    """One event on its way through its steps."""

    __slots__ = ("context", "event", "payload", "source")

    def __init__(self, source: str, event: str, payload: object, context: TickContext) -> None:
        self.source = source
        self.event = event
        self.payload = payload
        self.context = context


Handler = Callable[[Flow], bool]
"""A worker's handler; answers whether the chain goes on (CONTINUE)."""


@dataclass(frozen=True, slots=True)
class Route:
    """One wiring rule: this event of this component calls this method of this worker."""

    source: str
    event: str
    worker: WorkerId
    method: str


@dataclass(frozen=True, slots=True)
class Step:
    """A handler, and where its branch ends: the index of the step after it."""

    handler: Handler
    past: int


Origin = tuple[str, str]
"""Who published what: a component's id and the event's name."""


def compile_routes(
    routes: Iterable[Route], handler_of: Callable[[Route], Handler]
) -> dict[Origin, tuple[Step, ...]]:
    """Return the steps of every event, in wiring order; raises `ConfigurationError` on a loop."""
    by_origin: dict[Origin, list[Route]] = {}
    for route in routes:
        by_origin.setdefault((route.source, route.event), []).append(route)
    return {origin: tuple(_flat(origin, by_origin, handler_of, 0, ())) for origin in by_origin}


def _flat(
    origin: Origin,
    by_origin: Mapping[Origin, list[Route]],
    handler_of: Callable[[Route], Handler],
    begin: int,
    trail: tuple[str, ...],
) -> list[Step]:
    event = origin[1]
    if event in trail:
        text = f"the wiring runs in a circle: {' -> '.join((*trail, event))}"
        raise ConfigurationError(text, hint="a worker cannot come after itself")
    steps: list[Step] = []
    for route in by_origin.get(origin, ()):
        at = begin + len(steps) + 1
        if at > STEPS_MAX:
            text = f"the wiring of {(*trail, event)[0]} has more than {STEPS_MAX} steps"
            raise ConfigurationError(text, hint="wire each worker once")
        output = (route.worker, output_of(route.worker))
        after = _flat(output, by_origin, handler_of, at, (*trail, event))
        steps += [Step(handler_of(route), at + len(after)), *after]
    return steps


class EventBus:
    """Delivers one event at a time, in the order of publication, to completion."""

    def __init__(self, metrics: MetricsCollector, *, events_max: int = EVENTS_MAX) -> None:
        self._steps: Mapping[Origin, tuple[Step, ...]] = {}
        self._metrics = metrics
        self._events_max = events_max
        self._queue: deque[Flow] = deque()

    def wire(self, steps: Mapping[Origin, tuple[Step, ...]]) -> None:
        """Take the compiled wiring; once, before the first event."""
        self._steps = steps

    def is_wired(self, source: str, event: str) -> bool:
        """Return whether anybody listens to this event of this component."""
        return (source, event) in self._steps

    def publish(self, flow: Flow) -> None:
        """Let `flow` wait its turn; nothing runs until `drain`."""
        self._metrics.events_published += 1
        self._queue.append(flow)

    def drain(self) -> None:
        """Run until nothing waits; raises `EventBudgetExceeded` beyond `events_max` events."""
        for _ in range(self._events_max):
            if not self._queue:
                return
            self._run(self._queue.popleft())
        if self._queue:
            names = sorted({flow.event for flow in self._queue})
            dropped = len(self._queue)
            self._queue.clear()
            text = (
                f"one input caused more than {self._events_max} events;"
                f" {dropped} were dropped: {', '.join(names)}"
            )
            raise EventBudgetExceeded(text, hint="two workers answer each other without end")

    def _run(self, flow: Flow) -> None:
        steps = self._steps.get((flow.source, flow.event), ())
        at = 0
        while at < len(steps):
            step = steps[at]
            at = at + 1 if step.handler(flow) else step.past
