"""Does everything that is named exist, once?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from s1mpletrader.config.configuration import Configuration
from s1mpletrader.config.document import Document, Place
from s1mpletrader.config.manifest import Manifest
from s1mpletrader.config.operation import StrategyLink
from s1mpletrader.config.problem import Problem, did_you_mean
from s1mpletrader.config.worlds import check_worlds
from s1mpletrader.model.events import ENGINE_EVENTS, EVENT_BUS, THREAT_DETECTED
from s1mpletrader.model.ids import UNALLOCATED

STRATEGY_LINKS = "strategy_links"
"""The target of the platform's wiring: every active link."""
ON_EVENT = "on_event"


def check_references(
    configuration: Configuration, manifests: Mapping[str, Manifest]
) -> Iterator[Problem]:
    """Yield every name that leads nowhere, stands twice, or contradicts another."""
    yield from _check_lists(configuration)
    yield from _check_platform(configuration)
    yield from _check_environments(configuration)
    yield from check_worlds(configuration)
    yield from _check_links(configuration)
    for name, blueprint in configuration.blueprints.items():
        document = configuration.blueprint_document(name)
        for category, place, entry in blueprint.workforce.entries():
            yield from _check_plugin(document, place, category, entry.plugin, manifests)


def _check_lists(configuration: Configuration) -> Iterator[Problem]:
    documents = configuration.documents
    links = configuration.operation.strategy_links
    connectors = configuration.connectors.connectors
    environments = configuration.environments.environments
    sources = configuration.data_sources.data_sources
    schedules = configuration.schedule.schedules
    lists: list[tuple[str, str, str, list[str]]] = [
        ("operation", STRATEGY_LINKS, "strategy_link_id", [e.strategy_link_id for e in links]),
        ("connectors", "connectors", "connector_id", [e.connector_id for e in connectors]),
        (
            "environments",
            "environments",
            "environment_id",
            [e.environment_id for e in environments],
        ),
        ("data_sources", "data_sources", "data_source_id", [e.data_source_id for e in sources]),
        ("schedule", "schedules", "schedule_id", [e.schedule_id for e in schedules]),
    ]
    for file, key, id_key, ids in lists:
        places: list[Place] = [(key, at, id_key) for at in range(len(ids))]
        yield from _twice(documents[file], places, ids)
    for name, blueprint in configuration.blueprints.items():
        entries = list(blueprint.workforce.entries())
        places = [(*place, "instance_id") for _, place, _ in entries]
        ids = [entry.instance_id for _, _, entry in entries]
        yield from _twice(configuration.blueprint_document(name), places, ids)
    for name, wiring in configuration.wiring_maps.items():
        places = [("wiring_rules", at, "wiring_id") for at in range(len(wiring.wiring_rules))]
        ids = [rule.wiring_id for rule in wiring.wiring_rules]
        yield from _twice(configuration.wiring_document(name), places, ids)


def _twice(document: Document, places: Sequence[Place], ids: Sequence[str]) -> Iterator[Problem]:
    first: dict[str, Problem] = {}
    for place, name in zip(places, ids, strict=True):
        here = document.problem(place, f'"{name}" is given twice')
        if name in first:
            hint = f"first at line {first[name].line}"
            yield document.problem(place, here.message, hint)
        first.setdefault(name, here)


def _check_platform(configuration: Configuration) -> Iterator[Problem]:
    logging = configuration.platform.logging
    if logging.profile not in logging.profiles:
        place = ("logging", "profile")
        yield _unknown(
            configuration.documents["platform"], place, "profile", logging.profile, logging.profiles
        )
    times = len(configuration.schedule.schedules)
    if times != 1:
        text = f"RECONCILE must be scheduled once, it is {times} times"
        yield configuration.documents["schedule"].problem(("schedules",), text)
    document = configuration.documents["platform_wiring_map"]
    published = {(event.component, name) for name, event in ENGINE_EVENTS.items()}
    published.add((EVENT_BUS, THREAT_DETECTED))
    for at, rule in enumerate(configuration.platform_wiring_map.wiring_rules):
        source, target = rule.source, rule.target
        if (source.component_id, source.event_name) not in published:
            text = f"{source.component_id} publishes no {source.event_name}"
            known = ", ".join(f"{component} {event}" for component, event in sorted(published))
            yield document.problem(("wiring_rules", at, "source"), text, f"known: {known}")
        if (target.component_id, target.handler_method) != (STRATEGY_LINKS, ON_EVENT):
            text = f"the platform's events go to {STRATEGY_LINKS}, method {ON_EVENT}"
            yield document.problem(("wiring_rules", at, "target"), text)


def _check_environments(configuration: Configuration) -> Iterator[Problem]:
    document = configuration.documents["environments"]
    connectors = [each.connector_id for each in configuration.connectors.connectors]
    for at, environment in enumerate(configuration.environments.environments):
        if environment.connector_id not in connectors:
            place = ("environments", at, "connector_id")
            yield _unknown(document, place, "connector", environment.connector_id, connectors)
    active = configuration.active_links
    document = configuration.documents["operation"]
    if not active:
        yield document.problem((STRATEGY_LINKS,), "no strategy link is active")
    for at, link in enumerate(configuration.operation.strategy_links):
        first = active[0].execution_environment_id if active else ""
        if link.is_active and link.execution_environment_id != first:
            text = f"one engine runs one environment: this link is in another than {first}"
            place = (STRATEGY_LINKS, at, "execution_environment_id")
            yield document.problem(place, text, "run it as an instance of its own, @NAME")


def _check_links(configuration: Configuration) -> Iterator[Problem]:
    document = configuration.documents["operation"]
    environments = [each.environment_id for each in configuration.environments.environments]
    for at, link in enumerate(configuration.operation.strategy_links):
        here = (STRATEGY_LINKS, at)
        names: list[tuple[Place, str, str, Iterable[str]]] = [
            (
                ("execution_environment_id",),
                "environment",
                link.execution_environment_id,
                environments,
            ),
            (
                ("strategy_config", "blueprint_id"),
                "blueprint",
                link.strategy_config.blueprint_id,
                configuration.blueprints,
            ),
            (
                ("strategy_config", "wiring_map_id"),
                "wiring map",
                link.strategy_config.wiring_map_id,
                configuration.wiring_maps,
            ),
        ]
        for place, kind, name, known in names:
            if name not in known:
                yield _unknown(document, (*here, *place), kind, name, known)
        yield from _check_money(document, here, link)


def _check_money(document: Document, here: Place, link: StrategyLink) -> Iterator[Problem]:
    if link.strategy_link_id == UNALLOCATED:
        text = f'"{UNALLOCATED}" is the name of what belongs to no link'
        yield document.problem((*here, "strategy_link_id"), text, "choose another name")
    quote = link.symbol.partition("/")[2]
    if link.capital.asset != quote:
        text = f"the capital of a link that trades {link.symbol} must be in {quote}"
        yield document.problem((*here, "capital", "asset"), text)


def _check_plugin(
    document: Document,
    place: Place,
    category: str,
    plugin: str,
    manifests: Mapping[str, Manifest],
) -> Iterator[Problem]:
    if plugin not in manifests:
        yield _unknown(document, (*place, "plugin"), "plugin", plugin, manifests)
    elif manifests[plugin].identification.type != category:
        found = manifests[plugin].identification.type
        text = f'"{plugin}" belongs under {found}, not under {category}'
        yield document.problem((*place, "plugin"), text)


def _unknown(
    document: Document, place: Place, kind: str, name: str, known: Iterable[str]
) -> Problem:
    names = list(known)
    hint = did_you_mean(name, names) or f"known: {', '.join(names) or 'none'}"
    return document.problem(place, f'unknown {kind} "{name}"', hint)
