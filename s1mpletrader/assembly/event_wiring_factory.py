"""How does a link's wiring become calls?"""

from collections.abc import Sequence

from s1mpletrader.assembly.worker_factory import WorkerFactory
from s1mpletrader.config.build_specs import LinkSpec, WiringRule
from s1mpletrader.runtime.event_adapter import EventAdapter
from s1mpletrader.runtime.event_bus import Route, compile_routes
from s1mpletrader.runtime.flow import LinkRuntime
from s1mpletrader.runtime.link_desk import LinkDesk


class EventWiringFactory:
    """Builds the runtime of a strategy link."""

    def __init__(self, workers: WorkerFactory) -> None:
        self._workers = workers

    def build(self, spec: LinkSpec, wiring: Sequence[WiringRule]) -> LinkRuntime:
        """Return the link's workers, each behind its adapter, wired."""
        desk = LinkDesk(spec.link, spec.symbol, spec.interval_s, spec.window_bars)
        adapters = {}
        for worker_spec in spec.workers:
            worker, contract = self._workers.build(worker_spec, desk)
            desk.contracts[contract.worker] = contract
            adapters[contract.worker] = EventAdapter(
                worker, contract, desk.metrics, publish=desk.publish, fail=desk.fail
            )
        routes = [Route(rule.source, rule.event, rule.target, rule.method) for rule in wiring]
        handler_of = {
            route: adapters[route.worker].handler(route.method) for route in routes
        }.__getitem__
        desk.bus.wire(compile_routes(routes, handler_of))
        return LinkRuntime(desk, adapters)
