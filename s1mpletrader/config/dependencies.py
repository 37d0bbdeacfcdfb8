"""Does every worker find what it requires in the tick cache?

Followed along the wires: what an event brings, what the workers before made. A DTO counts as there
only if it is there on every wire that leads to the worker.
"""

from collections.abc import Iterator

from s1mpletrader.config.event_chain import Chain
from s1mpletrader.config.problem import Problem
from s1mpletrader.model.events import output_of, payload_type

Found = dict[str, frozenset[type]]


def check_dependencies(chain: Chain) -> Iterator[Problem]:
    """Yield every DTO that is missing or made twice; the wiring must be without circles."""
    arriving: Found = {}
    for name in _in_order(chain):
        worker = chain.workers[name]
        wires = list(_wires(chain, name, arriving))
        arriving[name] = frozenset.intersection(*(found for _, found in wires))
        for at, found in wires:
            for required in worker.requires:
                if required not in found:
                    makers = [n for n, w in chain.workers.items() if required in w.produces]
                    text = f"{name} requires {required.__name__}, which is not there on this wire"
                    hint = f"{' or '.join(makers)} makes it" if makers else "no worker makes it"
                    yield chain.tell(at, (), text, f"{hint}; wire it before {name}")
            for again in sorted(worker.produces & found, key=lambda each: each.__name__):
                text = f"{name} makes {again.__name__}, which a worker before it has made"
                yield chain.tell(at, (), text)


def _wires(chain: Chain, name: str, arriving: Found) -> Iterator[tuple[int, frozenset[type]]]:
    """Yield each wire into `name`: the rule's number and the DTOs that come with it."""
    for at, rule in enumerate(chain.wiring.wiring_rules):
        if rule.target.component_id != name:
            continue
        source, event = rule.source.component_id, rule.source.event_name
        if source not in chain.workers:
            payload, before = payload_type(event), frozenset[type]()
        else:
            worker = chain.workers[source]
            before = arriving[source] | worker.produces
            payload = None if event == output_of(source) else worker.payload_of(event)
        yield at, before | ({payload} if payload is not None else frozenset())


def _in_order(chain: Chain) -> list[str]:
    """Return the workers so that each comes after all that lead to it."""
    rules = chain.wiring.wiring_rules
    before = {
        name: {
            rule.source.component_id
            for rule in rules
            if rule.target.component_id == name and rule.source.component_id in chain.workers
        }
        for name in chain.workers
    }
    order: list[str] = []
    while len(order) < len(before):
        order += [n for n, needs in before.items() if n not in order and needs <= set(order)]
    return order
