"""What must a validator know of a plugin's code?"""

from collections.abc import Mapping
from dataclasses import dataclass

from s1mpletrader.config.manifest import Manifest
from s1mpletrader.model.events import event_name, payload_type


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """A manifest with its DTO names resolved to types."""

    manifest: Manifest
    requires: tuple[type, ...] = ()
    produces: frozenset[type] = frozenset()

    @property
    def is_standard(self) -> bool:
        """Whether it has `process` instead of handlers."""
        return not self.manifest.handlers

    def payload_of(self, event: str) -> type | None:
        """Return what it publishes `event` with: a standard DTO or one that it produces."""
        own = (each for each in self.produces if event_name(each) == event)
        return payload_type(event) or next(own, None)


WorkforceFacts = Mapping[str, PluginFacts]
"""The facts of a strategy's workers, by instance id."""
