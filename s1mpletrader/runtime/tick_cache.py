"""What have the workers of this flow found out so far?

A map from DTO type to DTO that dies with the tick. Each published event starts a flow of its own:
it sees what the flow that published it saw, and nothing of its siblings, so that two opportunities
of one tick can never mix their plans.
"""

from typing import Self

from s1mpletrader.runtime.metrics import MetricsCollector


class TickCache:
    """The DTOs of one flow."""

    __slots__ = ("_dtos", "_metrics")

    def __init__(self, dtos: dict[type, object], metrics: MetricsCollector) -> None:
        self._dtos = dtos
        self._metrics = metrics

    def get(self, dto_type: type) -> object | None:
        """Return the flow's DTO of this type, None if there is none."""
        found = self._dtos.get(dto_type)
        if found is None:
            self._metrics.cache_misses += 1
        else:
            self._metrics.cache_hits += 1
        return found

    def put(self, dto: object) -> None:
        """Keep `dto` under its own type; a newer one replaces it."""
        self._dtos[type(dto)] = dto

    def branch(self, payload: object) -> Self:
        """Return the cache of a flow that starts here with `payload`."""
        return type(self)({**self._dtos, type(payload): payload}, self._metrics)


class TickCacheManager:
    """Opens a cache per tick and forgets it when the next one opens."""

    def __init__(self, metrics: MetricsCollector) -> None:
        self._metrics = metrics

    def open(self, *payloads: object) -> TickCache:
        """Return a fresh cache that knows only `payloads`."""
        return TickCache({type(payload): payload for payload in payloads}, self._metrics)
