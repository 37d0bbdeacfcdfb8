"""What do all the files say together?"""

from collections.abc import Mapping
from dataclasses import dataclass

from s1mpletrader.config.document import Document
from s1mpletrader.config.environments import (
    Connectors,
    DataSources,
    Environments,
    Schedule,
)
from s1mpletrader.config.operation import Operation, StrategyLink
from s1mpletrader.config.platform import Platform
from s1mpletrader.config.strategy import StrategyBlueprint
from s1mpletrader.config.wiring import WiringMap


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every file, valid by itself; `documents` has the places, by file name without suffix."""

    platform: Platform
    operation: Operation
    connectors: Connectors
    environments: Environments
    data_sources: DataSources
    schedule: Schedule
    platform_wiring_map: WiringMap
    blueprints: Mapping[str, StrategyBlueprint]
    wiring_maps: Mapping[str, WiringMap]
    documents: Mapping[str, Document]

    @property
    def active_links(self) -> tuple[StrategyLink, ...]:
        """The links that run."""
        return tuple(link for link in self.operation.strategy_links if link.is_active)

    def blueprint_document(self, blueprint_id: str) -> Document:
        """Return where a blueprint stands."""
        return self.documents[f"strategies/{blueprint_id}"]

    def wiring_document(self, wiring_map_id: str) -> Document:
        """Return where a wiring map stands."""
        return self.documents[f"wiring/{wiring_map_id}"]
