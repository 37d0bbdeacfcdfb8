"""What is to be built, fully spelled out?

Five specs, the result of `ConfigTranslator.collect_build_specs`. Whoever holds them needs no file,
no default and no further check; the factories of `assembly` turn them into objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from s1mpletrader.config.environments import Connector, Liveness, Reconcile
from s1mpletrader.config.manifest import Manifest
from s1mpletrader.config.operation import Limits
from s1mpletrader.model.ids import Asset, LinkId, Symbol, WorkerId


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """One worker instance: which plugin, with which parameters."""

    instance_id: WorkerId
    plugin: str
    params: Mapping[str, object]
    manifest: Manifest
    warm_up: int = 0
    """Bars that it must have seen before its link trades."""


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """One active strategy link with its workers."""

    link: LinkId
    symbol: Symbol
    interval_s: int
    capital: Decimal
    capital_asset: Asset
    accepts_unprotected: bool
    workers: tuple[WorkerSpec, ...]

    @property
    def warm_up_bars(self) -> int:
        """How many bars its workers must have seen before the link trades."""
        return max((worker.warm_up for worker in self.workers), default=0)

    @property
    def window_bars(self) -> int:
        """How many closed bars its workers may look back on."""
        looking = (
            worker.warm_up
            for worker in self.workers
            if "ohlcv_window" in worker.manifest.requires_capability
        )
        return max(looking, default=0)


@dataclass(frozen=True, slots=True)
class WiringRule:
    """`event` of `source` calls `method` of `target`."""

    source: str
    event: str
    target: WorkerId
    method: str


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """The one world this engine runs in."""

    environment_id: str
    mode: str
    operation_id: str
    connector: Connector
    liveness: Liveness
    reconcile: Reconcile
    reconcile_every_s: int
    limits: Limits
    symbols: tuple[Symbol, ...]


@dataclass(frozen=True, slots=True)
class PersistorSpec:
    """What is stored besides the journal."""

    stateful_workers: tuple[tuple[LinkId, WorkerId], ...]
    archive_format: str


@dataclass(frozen=True, slots=True)
class BuildSpecs:
    """Everything the factories need."""

    platform_wiring_spec: tuple[tuple[str, str], ...]
    """(component, event) of the engine's events that every link is told."""
    workforce_spec: tuple[LinkSpec, ...]
    strategy_wiring_spec: Mapping[LinkId, tuple[WiringRule, ...]]
    environment_spec: EnvironmentSpec
    persistor_spec: PersistorSpec
