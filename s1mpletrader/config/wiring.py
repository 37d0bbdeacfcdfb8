"""Who calls whom?

The files: `wiring/<wiring_map_id>.yaml`, `platform_wiring_map.yaml`.
"""

from typing import Annotated, Literal

from s1mpletrader.config.base import ConfigModel, Identifier, like

EventType = Literal["SystemEvent", "CustomEvent"]
AnyEventName = Annotated[str, like(r"[A-Za-z][A-Za-z0-9_]{0,80}", "SIGNAL_GENERATED or ema_OUTPUT")]


class WiringSource(ConfigModel, frozen=True):
    """The component that publishes. SystemEvent: the engine's, or a worker's `<id>_OUTPUT`."""

    component_id: Identifier
    event_name: AnyEventName
    event_type: EventType


class WiringTarget(ConfigModel, frozen=True):
    """The worker that is called; `process` for a standard worker, else a handler."""

    component_id: Identifier
    handler_method: Identifier


class WiringRuleEntry(ConfigModel, frozen=True):
    """One wire."""

    wiring_id: Identifier
    source: WiringSource
    target: WiringTarget


class WiringMap(ConfigModel, frozen=True):
    """A wiring map, of a strategy or of the platform."""

    wiring_rules: tuple[WiringRuleEntry, ...]
