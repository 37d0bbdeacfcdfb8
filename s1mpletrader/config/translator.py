"""How does a valid configuration become specs to build from?"""

from collections.abc import Callable, Mapping

from s1mpletrader.config.build_specs import (
    BuildSpecs,
    EnvironmentSpec,
    LinkSpec,
    PersistorSpec,
    WiringRule,
    WorkerSpec,
)
from s1mpletrader.config.configuration import Configuration
from s1mpletrader.config.manifest import Manifest
from s1mpletrader.config.operation import StrategyLink
from s1mpletrader.config.strategy import WorkerEntry
from s1mpletrader.config.validation import platform_events
from s1mpletrader.model.ids import Asset, LinkId, Symbol, WorkerId

Params = Callable[[str, Mapping[str, object]], Mapping[str, object]]
"""A plugin's name and the parameters as written -> all its parameters, defaults filled in."""


class ConfigTranslator:
    """Joins what the files say of the active links; the configuration has been validated."""

    def __init__(
        self, configuration: Configuration, manifests: Mapping[str, Manifest], params: Params
    ) -> None:
        self._configuration = configuration
        self._manifests = manifests
        self._params = params

    def collect_build_specs(self) -> BuildSpecs:
        """Return the five specs."""
        links = self._configuration.active_links
        workforce = tuple(self._link(link) for link in links)
        return BuildSpecs(
            platform_wiring_spec=tuple(sorted(platform_events(self._configuration))),
            workforce_spec=workforce,
            strategy_wiring_spec={
                LinkId(link.strategy_link_id): self._wiring(link) for link in links
            },
            environment_spec=self._environment(links),
            persistor_spec=PersistorSpec(
                tuple(
                    (link.link, worker.instance_id)
                    for link in workforce
                    for worker in link.workers
                    if "state_persistence" in worker.manifest.requires_capability
                ),
                self._configuration.platform.archiving.format,
            ),
        )

    def _link(self, link: StrategyLink) -> LinkSpec:
        blueprint = self._configuration.blueprints[link.strategy_config.blueprint_id]
        return LinkSpec(
            link=LinkId(link.strategy_link_id),
            symbol=Symbol(link.symbol),
            interval_s=blueprint.interval_s,
            capital=link.capital.amount,
            capital_asset=Asset(link.capital.asset),
            accepts_unprotected=link.protection.unprotected == "accept",
            workers=tuple(self._worker(entry) for _, _, entry in blueprint.workforce.entries()),
        )

    def _worker(self, entry: WorkerEntry) -> WorkerSpec:
        manifest = self._manifests[entry.plugin]
        params = self._params(entry.plugin, entry.params)
        said = manifest.warm_up
        warm_up = int(said) if said.isdigit() else int(str(params[said]))
        return WorkerSpec(WorkerId(entry.instance_id), entry.plugin, params, manifest, warm_up)

    def _wiring(self, link: StrategyLink) -> tuple[WiringRule, ...]:
        wiring_map = self._configuration.wiring_maps[link.strategy_config.wiring_map_id]
        return tuple(
            WiringRule(
                rule.source.component_id,
                rule.source.event_name,
                WorkerId(rule.target.component_id),
                rule.target.handler_method,
            )
            for rule in wiring_map.wiring_rules
        )

    def _environment(self, links: tuple[StrategyLink, ...]) -> EnvironmentSpec:
        configuration = self._configuration
        wanted = links[0].execution_environment_id
        environment = next(
            e for e in configuration.environments.environments if e.environment_id == wanted
        )
        connector = next(
            c
            for c in configuration.connectors.connectors
            if c.connector_id == environment.connector_id
        )
        return EnvironmentSpec(
            environment_id=environment.environment_id,
            mode=environment.mode,
            operation_id=configuration.operation.operation_id,
            connector=connector,
            liveness=environment.liveness,
            reconcile=environment.reconcile,
            reconcile_every_s=configuration.schedule.schedules[0].every_s,
            limits=configuration.operation.limits,
            symbols=tuple(dict.fromkeys(Symbol(link.symbol) for link in links)),
        )
