"""Workers that a test scripts, and a link made of them."""

from collections.abc import Callable, Sequence

from s1mpletrader.model.ids import LinkId, WorkerId
from s1mpletrader.plugin import (
    DispositionEnvelope,
    EventDrivenWorker,
    StandardWorker,
    TradingContextProvider,
    Worker,
)
from s1mpletrader.plugin.testing import BTC_USD
from s1mpletrader.runtime.contract import WorkerContract
from s1mpletrader.runtime.event_adapter import EventAdapter
from s1mpletrader.runtime.event_bus import Route, compile_routes
from s1mpletrader.runtime.flow import LinkRuntime
from s1mpletrader.runtime.link_desk import LinkDesk

Answer = Callable[[TradingContextProvider], DispositionEnvelope]
PROCEED = DispositionEnvelope.proceed()
STOP = DispositionEnvelope.stop()


class Scripted(StandardWorker):
    """Does what its test says."""

    def __init__(self, name: str, answer: Answer) -> None:
        super().__init__(instance_id=WorkerId(name))
        self._answer = answer

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        return self._answer(context)


class Listener(EventDrivenWorker):
    """Answers every event as its test says."""

    def __init__(self, name: str, answer: Callable[[object], DispositionEnvelope]) -> None:
        super().__init__(instance_id=WorkerId(name))
        self._answer = answer

    def on_event(self, event: object) -> DispositionEnvelope:
        return self._answer(event)


class Diary:
    """Who ran, in which order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def worker(self, name: str, answer: DispositionEnvelope = PROCEED) -> Scripted:
        """Return a worker that writes its name and answers."""

        def process(context: TradingContextProvider) -> DispositionEnvelope:
            del context
            self.names.append(name)
            return answer

        return Scripted(name, process)

    def listener(self, name: str, answer: DispositionEnvelope = STOP) -> Listener:
        """Return an event handler that writes its name and answers."""

        def react(event: object) -> DispositionEnvelope:
            del event
            self.names.append(name)
            return answer

        return Listener(name, react)


def desk_of(window_bars: int = 0) -> LinkDesk:
    """Return the desk of a link with hourly bars."""
    return LinkDesk(LinkId("btc_trend"), BTC_USD.symbol, 3_600, window_bars)


def wire(
    desk: LinkDesk,
    workers: Sequence[Worker],
    wires: Sequence[tuple[str, str, str]],
    contracts: Sequence[WorkerContract] = (),
) -> LinkRuntime:
    """Return a link; a wire is (source, event, target), its method the kind of the target's."""
    given = {each.worker: each for each in contracts}
    by_id = {worker.instance_id: worker for worker in workers}
    adapters = {}
    for name, worker in by_id.items():
        contract = given.get(name, WorkerContract(name))
        desk.contracts[name] = contract
        adapters[name] = EventAdapter(
            worker, contract, desk.metrics, publish=desk.publish, fail=desk.fail
        )
    routes = [
        Route(
            source,
            event,
            WorkerId(target),
            "process" if isinstance(by_id[WorkerId(target)], StandardWorker) else "on_event",
        )
        for source, event, target in wires
    ]
    desk.bus.wire(compile_routes(routes, lambda r: adapters[r.worker].handler(r.method)))
    return LinkRuntime(desk, adapters)
