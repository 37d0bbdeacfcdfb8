"""What did a worker's manifest promise?"""

from dataclasses import dataclass

from s1mpletrader.model.ids import WorkerId


@dataclass(frozen=True, slots=True)
class WorkerContract:
    """A manifest with its names resolved to types; checked on every hop (SPEC F2)."""

    worker: WorkerId
    requires: tuple[type, ...] = ()
    produces: frozenset[type] = frozenset()
    publishes: frozenset[str] = frozenset()
