"""Does every event of a strategy reach somebody, and does every chain end?"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from s1mpletrader.config.document import Document, Place
from s1mpletrader.config.facts import WorkforceFacts
from s1mpletrader.config.problem import Problem, did_you_mean
from s1mpletrader.config.wiring import WiringMap, WiringRuleEntry
from s1mpletrader.model.events import ENGINE_TAKES, EVENT_BUS, output_of

PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Chain:
    """A strategy's wiring, its workers, and the engine's events that reach it."""

    wiring: WiringMap
    document: Document
    workers: WorkforceFacts
    engine_events: Collection[tuple[str, str]]
    """(component, event) that the platform's wiring map hands to strategies."""

    def tell(self, at: int, key: Place, message: str, hint: str = "") -> Problem:
        """Return a problem of rule number `at`."""
        return self.document.problem(("wiring_rules", at, *key), message, hint)


def check_event_chain(chain: Chain) -> Iterator[Problem]:
    """Yield every wire that leads nowhere, every event nobody hears, every circle."""
    wrong = list(_check_wires(chain))
    yield from wrong
    if not wrong:  # a mistyped name would be told again, as a worker that nobody reaches
        yield from _check_hearing(chain)
        yield from _check_circles(chain)


def _check_wires(chain: Chain) -> Iterator[Problem]:
    seen: dict[tuple[str, str, str, str], int] = {}
    for at, rule in enumerate(chain.wiring.wiring_rules):
        source, target = rule.source, rule.target
        yield from _check_source(chain, at, rule)
        yield from _check_target(chain, at, rule)
        wire = (source.component_id, source.event_name, target.component_id, target.handler_method)
        if wire in seen:
            twin = chain.wiring.wiring_rules[seen[wire]].wiring_id
            yield chain.tell(at, (), f"the same wire as {twin}: its worker would run twice")
        seen.setdefault(wire, at)


def _check_source(chain: Chain, at: int, rule: WiringRuleEntry) -> Iterator[Problem]:
    component, event = rule.source.component_id, rule.source.event_name
    place = ("source", "event_name")
    if component in chain.workers:
        publishes = chain.workers[component].manifest.publishes
        is_output = event == output_of(component)
        if not is_output and event not in publishes:
            known = [output_of(component), *publishes]
            hint = did_you_mean(event, known) or f"it publishes {', '.join(known)}"
            yield chain.tell(at, place, f"{component} publishes no {event}", hint)
            return
        expected = "SystemEvent" if is_output else "CustomEvent"
    elif any(component == each for each, _ in chain.engine_events):
        if (component, event) not in chain.engine_events:
            known = [name for each, name in sorted(chain.engine_events) if each == component]
            hint = f"platform_wiring_map.yaml hands over {', '.join(known)}"
            yield chain.tell(at, place, f"{component} hands over no {event}", hint)
            return
        expected = "CustomEvent" if component == EVENT_BUS else "SystemEvent"
    else:
        known = [*chain.workers, *(each for each, _ in sorted(chain.engine_events))]
        text = f'"{component}" is neither in the workforce nor in platform_wiring_map.yaml'
        yield chain.tell(at, ("source", "component_id"), text, did_you_mean(component, known))
        return
    if rule.source.event_type != expected:
        yield chain.tell(at, ("source", "event_type"), f"{event} is a {expected}")


def _check_target(chain: Chain, at: int, rule: WiringRuleEntry) -> Iterator[Problem]:
    component, method = rule.target.component_id, rule.target.handler_method
    if component not in chain.workers:
        text = f'"{component}" is not in the workforce'
        hint = did_you_mean(component, chain.workers)
        yield chain.tell(at, ("target", "component_id"), text, hint)
        return
    worker, event = chain.workers[component], rule.source.event_name
    place = ("target", "handler_method")
    if worker.is_standard:
        if method != PROCESS:
            text = f"{component} is a standard worker: its method is {PROCESS}"
            yield chain.tell(at, place, text)
        return
    handlers = worker.manifest.handlers
    if event not in handlers:
        text = f"{component} has no handler for {event}"
        hint = f"its manifest listens to {', '.join(handlers)}"
        yield chain.tell(at, place, text, hint)
    elif handlers[event] != method:
        text = f"{component} handles {event} with {handlers[event]}, not {method}"
        yield chain.tell(at, place, text)


def _check_hearing(chain: Chain) -> Iterator[Problem]:
    rules = chain.wiring.wiring_rules
    sent = {(rule.source.component_id, rule.source.event_name) for rule in rules}
    reached = {(rule.target.component_id, rule.source.event_name) for rule in rules}
    called = {component for component, _ in reached}
    for name, worker in chain.workers.items():
        if name not in called:
            text = f"{name} is in the workforce, and no wire reaches it"
            yield chain.document.problem(("wiring_rules",), text)
        for event in worker.manifest.publishes:
            if (name, event) not in sent and event not in ENGINE_TAKES:
                text = f"{name} publishes {event}, and nobody hears it"
                yield chain.document.problem(("wiring_rules",), text, "wire it to a worker")
        for event in worker.manifest.handlers:
            is_published = any(event in each.manifest.publishes for each in chain.workers.values())
            if is_published and (name, event) not in reached:
                text = f"{name} listens to {event}, which is published but not wired to it"
                yield chain.document.problem(("wiring_rules",), text)


def _check_circles(chain: Chain) -> Iterator[Problem]:
    after: dict[str, list[str]] = {name: [] for name in chain.workers}
    for rule in chain.wiring.wiring_rules:
        if rule.source.component_id in after:
            after[rule.source.component_id].append(rule.target.component_id)
    finished: set[str] = set()
    for start in chain.workers:
        circle = _circle(start, after, finished, [])
        if circle:
            text = f"the wiring runs in a circle: {' -> '.join(circle)}"
            hint = "no worker may come after itself"
            yield chain.document.problem(("wiring_rules",), text, hint)


def _circle(
    name: str, after: dict[str, list[str]], finished: set[str], trail: list[str]
) -> list[str]:
    """Return the first circle reached from `name`, empty if there is none."""
    if name in trail:
        return [*trail[trail.index(name) :], name]
    if name in finished:
        return []
    for follower in after.get(name, ()):
        found = _circle(follower, after, finished, [*trail, name])
        if found:
            finished.add(name)
            return found
    finished.add(name)
    return []
