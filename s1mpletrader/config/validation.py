"""Can this configuration be built?

Three checks, as the source documents name them: references and schema, event chains, dependencies.
Each tells everything it finds; nothing is built while anything is wrong.
"""

from collections.abc import Collection, Iterator, Mapping

from s1mpletrader.config.configuration import Configuration
from s1mpletrader.config.dependencies import check_dependencies
from s1mpletrader.config.event_chain import Chain, check_event_chain
from s1mpletrader.config.facts import PluginFacts
from s1mpletrader.config.problem import Problem


def platform_events(configuration: Configuration) -> Collection[tuple[str, str]]:
    """Return (component, event) of everything that the platform hands to strategies."""
    rules = configuration.platform_wiring_map.wiring_rules
    return frozenset((rule.source.component_id, rule.source.event_name) for rule in rules)


def check_wirings(
    configuration: Configuration, plugins: Mapping[str, PluginFacts]
) -> Iterator[Problem]:
    """Yield what is wrong with the wiring of the links; references must be valid."""
    pairs = dict.fromkeys(
        (link.strategy_config.blueprint_id, link.strategy_config.wiring_map_id)
        for link in configuration.operation.strategy_links
    )
    for blueprint_id, wiring_map_id in pairs:
        workforce = configuration.blueprints[blueprint_id].workforce
        chain = Chain(
            configuration.wiring_maps[wiring_map_id],
            configuration.wiring_document(wiring_map_id),
            {entry.instance_id: plugins[entry.plugin] for _, _, entry in workforce.entries()},
            platform_events(configuration),
        )
        problems = list(check_event_chain(chain))
        yield from problems
        if not problems:
            yield from check_dependencies(chain)
