"""Which states can be reached, is a property broken in one, and can each still come to rest?

Breadth-first over an explicit graph, so every trace is a shortest one; then backwards from the
states at rest for liveness. A label that begins with `!` is a fault: it is explored, but no way to
rest may rely on it. `?` marks a person's help.
"""

import gc
import time
from array import array
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

S = TypeVar("S", bound=Hashable)


class Model(Protocol[S]):
    """A graph: where it begins, where it goes, what must not be, where it may stay."""

    def initial(self) -> S:
        """Return the first state."""
        ...

    def successors(self, state: S) -> list[tuple[str, S]]:
        """Return what can happen next, with a label each."""
        ...

    def violations(self, state: S) -> list[str]:
        """Return the broken properties."""
        ...

    def is_at_rest(self, state: S) -> bool:
        """Return whether nothing is unfinished."""
        ...


@dataclass(slots=True)
class Result:
    """What an exploration found."""

    states: int = 0
    transitions: int = 0
    is_complete: bool = False
    violations: dict[str, list[str]] = field(default_factory=dict)
    """Property -> shortest trace to a state that breaks it."""
    stuck: int = 0
    """States without a fault-free way to rest."""
    stuck_trace: list[str] = field(default_factory=list)
    seconds: float = 0.0


class _Graph:
    """States in the order of their discovery, with the way they were found and all edges."""

    def __init__(self) -> None:
        self.index: dict[Hashable, int] = {}
        self.parents = array("l")
        self.labels: list[str] = []
        self.sources = array("l")
        self.targets = array("l")

    def trace(self, index: int) -> list[str]:
        steps = []
        while index > 0:
            steps.append(self.labels[index])
            index = self.parents[index]
        return steps[::-1]


def explore(
    model: Model[S],
    *,
    states_max: int = 6_000_000,
    seconds_max: float = 1800.0,
    first_only: bool = False,
    liveness: bool = True,
    only: str = "",
) -> Result:
    """Explore everything reachable; `first_only` stops at the first broken property.

    Only properties that begin with `only` count.
    """
    with _without_collector():
        result, graph, order = _search(model, states_max, seconds_max, first_only, only)
        if liveness and result.is_complete and not result.violations:
            _find_stuck(model, graph, order, result)
        return result


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the cycle collector from walking millions of acyclic states again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _search(
    model: Model[S],
    states_max: int,
    seconds_max: float,
    first_only: bool,
    only: str,
) -> tuple[Result, _Graph, list[S]]:
    begun = time.process_time()
    result, graph = Result(is_complete=True), _Graph()
    first = model.initial()
    order = [first]
    graph.index[first] = 0
    graph.parents.append(-1)
    graph.labels.append("")
    at = 0
    while at < len(order):
        is_late = at & 4095 == 0 and time.process_time() - begun > seconds_max
        if len(order) > states_max or is_late:
            result.is_complete = False
            break
        broken = [each for each in model.violations(order[at]) if each.startswith(only)]
        for text in broken:
            result.violations.setdefault(text, graph.trace(at))
        if broken and first_only:
            result.is_complete = False
            break
        if not broken:  # nothing behind a violation is explored
            result.transitions += _expand(model, graph, order, at)
        at += 1
    result.states = len(order)
    result.seconds = time.process_time() - begun
    return result, graph, order


def _expand(model: Model[S], graph: _Graph, order: list[S], at: int) -> int:
    index = graph.index
    followers = model.successors(order[at])
    for label, state in followers:
        found = index.get(state)
        if found is None:
            found = index[state] = len(order)
            order.append(state)
            graph.parents.append(at)
            graph.labels.append(label)
        if label[0] != "!":
            graph.sources.append(at)
            graph.targets.append(found)
    return len(followers)


def _find_stuck(model: Model[S], graph: _Graph, order: list[S], result: Result) -> None:
    """Walk backwards from rest over fault-free edges; what is not met is stuck."""
    count = len(order)
    start = array("l", bytes(8 * (count + 1)))
    for target in graph.targets:
        start[target + 1] += 1
    for each in range(count):
        start[each + 1] += start[each]
    cursor, back = array("l", start), array("l", bytes(8 * len(graph.sources)))
    for source, target in zip(graph.sources, graph.targets, strict=True):
        back[cursor[target]] = source
        cursor[target] += 1
    is_good = bytearray(count)
    todo = [each for each in range(count) if model.is_at_rest(order[each])]
    for each in todo:
        is_good[each] = 1
    while todo:
        target = todo.pop()
        for at in range(start[target], start[target + 1]):
            source = back[at]
            if not is_good[source]:
                is_good[source] = 1
                todo.append(source)
    result.stuck = count - sum(is_good)
    if result.stuck:
        result.stuck_trace = graph.trace(is_good.index(0))
