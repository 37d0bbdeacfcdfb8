"""What does a worker see of the current flow?"""

from collections.abc import Mapping
from typing import Self

from s1mpletrader.errors import PluginError
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.plugin.context import BaseContext, Identified, RequiredDtos
from s1mpletrader.runtime.contract import WorkerContract
from s1mpletrader.runtime.metrics import MetricsCollector
from s1mpletrader.runtime.moment import Moment
from s1mpletrader.runtime.tick_cache import TickCache


class TickContext:
    """The `TradingContextProvider` of one flow."""

    __slots__ = ("_cache", "_contracts", "_metrics", "_moment")

    def __init__(
        self,
        moment: Moment,
        cache: TickCache,
        contracts: Mapping[WorkerId, WorkerContract],
        metrics: MetricsCollector,
    ) -> None:
        self._moment = moment
        self._cache = cache
        self._contracts = contracts
        self._metrics = metrics

    def branch(self, payload: object) -> Self:
        """Return the context of a flow that starts here with `payload`."""
        cache = self._cache.branch(payload)
        return type(self)(self._moment, cache, self._contracts, self._metrics)

    def get_base_context(self) -> BaseContext:
        """Return time, price, link and symbol."""
        return self._moment.base_context()

    def get_required_dtos(self, worker: Identified) -> RequiredDtos:
        """Return what the worker's manifest requires; raises `PluginError` if one is missing."""
        found = {}
        for dto_type in self._contracts[worker.instance_id].requires:
            dto = self._cache.get(dto_type)
            if dto is None:
                text = f"{worker.instance_id} requires {dto_type.__name__}, which no worker made"
                raise PluginError(text, hint="is its producer wired before it?")
            found[dto_type] = dto
        return RequiredDtos(found)

    def set_result_dto(self, worker: Identified, dto: object) -> None:
        """Put a result into the tick cache; raises `PluginError` for an undeclared type (F2)."""
        declared = self._contracts[worker.instance_id].produces
        if type(dto) not in declared:
            self._metrics.validation_errors += 1
            names = ", ".join(sorted(each.__name__ for each in declared)) or "nothing"
            text = f"{worker.instance_id} produced {type(dto).__name__}, its manifest says {names}"
            raise PluginError(text, hint="add it to produces_dtos in manifest.yaml")
        self._cache.put(dto)
