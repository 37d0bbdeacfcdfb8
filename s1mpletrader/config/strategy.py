"""Which workers make a strategy?

The files: `strategies/<blueprint_id>.yaml`.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from s1mpletrader.config.base import ConfigModel, Identifier, like
from s1mpletrader.config.document import Place

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class WorkerEntry(ConfigModel, frozen=True):
    """One worker instance."""

    instance_id: Identifier
    plugin: Identifier
    params: dict[Identifier, object] = Field(default_factory=dict)


class Workforce(ConfigModel, frozen=True):
    """The workers by category; the order is only for the reader, the wiring decides."""

    context_workers: tuple[WorkerEntry, ...] = ()
    opportunity_workers: tuple[WorkerEntry, ...] = ()
    threat_workers: tuple[WorkerEntry, ...] = ()
    planning_workers: tuple[WorkerEntry, ...] = ()
    execution_workers: tuple[WorkerEntry, ...] = ()

    def entries(self) -> Iterator[tuple[str, Place, WorkerEntry]]:
        """Yield category, place in the document and entry of every worker."""
        for category in type(self).model_fields:
            for at, entry in enumerate(getattr(self, category)):
                yield category, ("workforce", category, at), entry


class StrategyBlueprint(ConfigModel, frozen=True):
    """A strategy without a market: the same blueprint can serve many links."""

    display_name: str
    version: str
    bar_interval: Annotated[str, like(r"[1-9]\d{0,2}[smhd]", "15m or 1h")]
    """How long a bar is: a number and `s`, `m`, `h` or `d`, e.g. `1h`."""
    workforce: Workforce

    @property
    def interval_s(self) -> int:
        """The bar interval in seconds."""
        return int(self.bar_interval[:-1]) * _UNITS_S[self.bar_interval[-1]]
