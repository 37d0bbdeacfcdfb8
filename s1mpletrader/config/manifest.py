"""What does a plugin say about itself?

The keys are the author's (docs/plugin-guide.md); `plugin_api` and `warm_up` are ours. The model is
here, below `plugin`, because the validators of the wiring read it too.
"""

from typing import Annotated, Literal, Self

from pydantic import StrictBool, model_validator

from s1mpletrader.config.base import ConfigModel, Identifier, like

Category = Literal[
    "context_workers",
    "opportunity_workers",
    "threat_workers",
    "planning_workers",
    "execution_workers",
]
Capability = Literal[
    "ohlcv_window",
    "state_persistence",
    "ledger_state",
    "trade_execution",
    "journaling",
    "causal_ids",
    "market_clock",
]
EventName = Annotated[str, like(r"[A-Z][A-Z0-9_]{0,63}", "SIGNAL_GENERATED")]
MethodName = Annotated[str, like(r"on_[a-z0-9_]{1,60}", "on_signal")]
DottedName = Annotated[str, like(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", "dtos.EmaPair")]

WARM_UP_MAX = 10_000
"""The most bars a worker may ask to see before it decides."""
WarmUp = Annotated[str, like(r"(\d{1,5}|[a-z][a-z0-9_]{0,63})", "30 or the name of a parameter")]
"""A number of bars, or the name of the parameter that says it."""


class Identification(ConfigModel, frozen=True):
    """Who the plugin is; `name` is the folder's, `type` and `subtype` the folders' above it."""

    name: Identifier
    display_name: str = ""
    type: Category
    subtype: Identifier
    version: Annotated[str, like(r"\d+\.\d+\.\d+", "1.0.0")]
    description: str = ""
    author: str = ""


class RequiredDto(ConfigModel, frozen=True):
    """A DTO that must be in the tick cache; `expected_path` is the module it is imported from."""

    dto_type: Identifier
    expected_path: DottedName


class ProducedDto(ConfigModel, frozen=True):
    """A DTO that the worker makes; `local_path` is `dtos` or below it, or a module of the model."""

    dto_type: Identifier
    local_path: DottedName
    description: str = ""


class StateCapability(ConfigModel, frozen=True):
    """What the worker remembers; `state_dto` is the dotted name of a frozen msgspec Struct."""

    enabled: StrictBool
    state_dto: DottedName


class Publication(ConfigModel, frozen=True):
    """An event that the worker may publish."""

    event_name: EventName
    description: str = ""


class Invocation(ConfigModel, frozen=True):
    """The handler of an event."""

    method: MethodName


class Listening(ConfigModel, frozen=True):
    """An event that the worker has a handler for."""

    listens_to: EventName
    invokes: Invocation


class EventsCapability(ConfigModel, frozen=True):
    """What the worker publishes and reacts to."""

    enabled: StrictBool
    publishes: tuple[Publication, ...] = ()
    wirings: tuple[Listening, ...] = ()

    @model_validator(mode="after")
    def events_have_one_handler(self) -> Self:
        """Refuse a second handler, which could only hide the first."""
        events = [each.listens_to for each in self.wirings]
        for event in events:
            if events.count(event) > 1:
                text = f"{event} has two handlers"
                raise ValueError(text)
        return self


class JournalingCapability(ConfigModel, frozen=True):
    """Whether the worker writes reasons into the journal."""

    enabled: StrictBool


class Capabilities(ConfigModel, frozen=True):
    """What the worker can do besides reading and writing the tick cache."""

    state: StateCapability | None = None
    events: EventsCapability | None = None
    journaling: JournalingCapability | None = None


class Manifest(ConfigModel, frozen=True):
    """A plugin's `manifest.yaml`."""

    plugin_api: int
    identification: Identification
    warm_up: WarmUp = "0"
    """Bars that the worker must have seen, and that its `ohlcv_window` holds."""
    requires_capability: tuple[Capability, ...] = ()
    requires_dtos: tuple[RequiredDto, ...] = ()
    produces_dtos: tuple[ProducedDto, ...] = ()
    capabilities: Capabilities = Capabilities()

    @model_validator(mode="after")
    def capabilities_agree(self) -> Self:
        """Refuse a capability that is required but not described, and the reverse."""
        state, journaling = self.capabilities.state, self.capabilities.journaling
        for name, is_enabled in (
            ("state_persistence", state is not None and state.enabled),
            ("journaling", journaling is not None and journaling.enabled),
        ):
            if (name in self.requires_capability) is not is_enabled:
                text = f"{name} must be required and enabled under capabilities, or neither"
                raise ValueError(text)
        if "ohlcv_window" in self.requires_capability and self.warm_up == "0":
            text = "ohlcv_window needs warm_up: the number of bars to keep"
            raise ValueError(text)
        return self

    @property
    def publishes(self) -> tuple[str, ...]:
        """The events that the worker may publish."""
        events = self.capabilities.events
        return tuple(each.event_name for each in events.publishes) if events else ()

    @property
    def handlers(self) -> dict[str, str]:
        """The handler method of every event that the worker listens to."""
        events = self.capabilities.events
        return {each.listens_to: each.invokes.method for each in events.wirings} if events else {}
