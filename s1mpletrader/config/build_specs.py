"""What is to be built, fully spelled out?

Five specs, the result of `ConfigTranslator.collect_build_specs`. Whoever holds them needs no file,
no default and no further check; the factories of `assembly` turn them into objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from s1mpletrader.config.manifest import Manifest
from s1mpletrader.model.ids import LinkId, Symbol, WorkerId


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """One worker instance: which plugin, with which parameters."""

    instance_id: WorkerId
    plugin: str
    category: str
    params: Mapping[str, object]
    manifest: Manifest
    warm_up: int = 0
    """Bars that it must have seen before its link trades."""


@dataclass(frozen=True, slots=True)
class WiringRule:
    """`event` of `source` calls `method` of `target`."""

    source: str
    event: str
    target: WorkerId
    method: str


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """One active strategy link with its workforce."""

    link: LinkId
    symbol: Symbol
    interval_s: int
    workers: tuple[WorkerSpec, ...]
    wiring: tuple[WiringRule, ...]

    @property
    def warm_up_bars(self) -> int:
        """How many bars its workers must have seen before the link trades."""
        return max((worker.warm_up for worker in self.workers), default=0)

    @property
    def window_bars(self) -> int:
        """How many closed bars its workers may look back on."""
        needs = (w.warm_up for w in self.workers if "ohlcv_window" in _required(w))
        return max(needs, default=0)


def _required(worker: WorkerSpec) -> tuple[str, ...]:
    return worker.manifest.requires_capability
