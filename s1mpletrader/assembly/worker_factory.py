"""How does a worker get what its manifest asks for?"""

from collections.abc import Mapping

from s1mpletrader.assembly.plugin_contract import Plugin
from s1mpletrader.config.build_specs import WorkerSpec
from s1mpletrader.plugin.workers import Worker
from s1mpletrader.runtime.contract import WorkerContract
from s1mpletrader.runtime.link_desk import LinkDesk


class WorkerFactory:
    """Builds workers of loaded plugins."""

    def __init__(self, plugins: Mapping[str, Plugin]) -> None:
        self._plugins = plugins

    def build(self, spec: WorkerSpec, desk: LinkDesk) -> tuple[Worker, WorkerContract]:
        """Return the worker with its parameters and providers, and what its manifest promises."""
        plugin = self._plugins[spec.plugin]
        providers: dict[str, object] = {
            "ohlcv_window": desk.window,
            "ledger_state": desk.moment,
            "trade_execution": desk.decisions,
            "journaling": desk.decisions,
            "causal_ids": desk.moment,
            "market_clock": desk.moment,
        }
        if plugin.state_type is not None:
            providers["state_persistence"] = desk.box(spec.instance_id, plugin.state_type)
        wanted = {name: providers[name] for name in spec.manifest.requires_capability}
        params = plugin.params_type.model_validate(dict(spec.params))
        worker = plugin.worker_type(instance_id=spec.instance_id, params=params, **wanted)
        facts = plugin.facts
        publishes = frozenset(spec.manifest.publishes)
        contract = WorkerContract(spec.instance_id, facts.requires, facts.produces, publishes)
        return worker, contract
