"""In which worlds can the operation run?

`environments.yaml`, `connectors.yaml`, `data_sources.yaml`, `schedule.yaml`.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from s1mpletrader.config.base import ConfigModel, Identifier, like
from s1mpletrader.config.operation import SymbolName
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import SECOND

CLOCK_ERROR_S = Decimal(Rules().clock_error_us) / SECOND
"""E of SAFETY D: how far the exchange's time may be off."""
Seconds = Annotated[Decimal, Field(gt=0, le=86_400)]
CredentialName = Annotated[str, like(r"[a-z][a-z0-9_.-]{0,63}", "kraken.key")]


class Connector(ConfigModel, frozen=True):
    """A connection to an account at an exchange."""

    connector_id: Identifier
    type: Literal["kraken"]
    account: Identifier
    """A name for the account; part of every order's tag and of the account's lock."""
    rest_url: str
    ws_public_url: str
    ws_private_url: str
    key_credential: CredentialName
    """Names of files in the credentials folder; the secrets themselves never stand here."""
    secret_credential: CredentialName
    rate_tier: Literal["starter", "intermediate", "pro"] = "starter"
    rate_decay_factor: Annotated[Decimal, Field(ge=1, le=1_000)] = Decimal(1)
    """How much faster than the real exchange's counters decay; above 1 only simulated ones."""
    submit_timeout_s: Seconds = Decimal(5)
    rest_timeout_s: Seconds = Decimal(10)


class Connectors(ConfigModel, frozen=True):
    """`connectors.yaml`."""

    connectors: tuple[Connector, ...] = Field(min_length=1)


class Liveness(ConfigModel, frozen=True):
    """When is a connection lost? (SAFETY G4; 30 s is the ceiling of the source documents)."""

    silence_max_s: Annotated[Decimal, Field(gt=0, le=30)] = Decimal(10)
    ping_after_s: Seconds = Decimal(5)
    attempts_max: int = Field(default=5, ge=1, le=100)
    """Failed attempts until CONNECTION_LOST."""

    @model_validator(mode="after")
    def asks_before_it_gives_up(self) -> Self:
        """Refuse a ping that would come too late to matter."""
        if self.ping_after_s >= self.silence_max_s:
            text = f"ping_after_s ({self.ping_after_s}) must be below silence_max_s"
            raise ValueError(f"{text} ({self.silence_max_s})")
        return self


class Reconcile(ConfigModel, frozen=True):
    """The patience of reconciliation (SAFETY D5): minimums, not schedules."""

    deadline_s: Seconds = Decimal(5)
    grace_s: Seconds = Decimal(5)
    slow_grace_s: Seconds = Decimal(60)
    look_spacing_s: Seconds = Decimal(2)
    visibility_s: Seconds = Decimal(2)
    lease_s: Seconds = Decimal(30)
    """How long an accepted private call vouches that no newer instance speaks (SAFETY F2)."""

    @model_validator(mode="after")
    def patience_covers_visibility(self) -> Self:
        """Refuse numbers that would call an order lost before the lists could show it."""
        least_s = self.visibility_s + CLOCK_ERROR_S
        if self.grace_s < least_s:
            text = f"grace_s ({self.grace_s}) must be at least visibility_s and {CLOCK_ERROR_S} s"
            raise ValueError(f"{text} of clock error ({least_s})")
        if self.slow_grace_s < self.grace_s:
            text = f"slow_grace_s ({self.slow_grace_s}) must be at least grace_s ({self.grace_s})"
            raise ValueError(text)
        return self

    @model_validator(mode="after")
    def lease_outlives_an_order(self) -> Self:
        """Refuse a lease that could end while an order under it is still to be accepted (F2)."""
        if self.lease_s <= self.deadline_s:
            text = f"lease_s ({self.lease_s}) must be above deadline_s ({self.deadline_s})"
            raise ValueError(text)
        return self


class ExecutionEnvironment(ConfigModel, frozen=True):
    """One world: a connector and how patient to be with it."""

    environment_id: Identifier
    mode: Literal["paper", "live", "backtest"]
    connector_id: Identifier
    liveness: Liveness = Liveness()
    reconcile: Reconcile = Reconcile()


class Environments(ConfigModel, frozen=True):
    """`environments.yaml`."""

    environments: tuple[ExecutionEnvironment, ...] = Field(min_length=1)


class DataSource(ConfigModel, frozen=True):
    """A historical data set."""

    data_source_id: Identifier
    symbol: SymbolName
    path: str


class DataSources(ConfigModel, frozen=True):
    """`data_sources.yaml`."""

    data_sources: tuple[DataSource, ...] = ()


class ScheduleEntry(ConfigModel, frozen=True):
    """Something that happens again and again."""

    schedule_id: Identifier
    event_name: Literal["RECONCILE"]
    every_s: Annotated[int, Field(ge=1, le=86_400)]


class Schedule(ConfigModel, frozen=True):
    """`schedule.yaml`."""

    schedules: tuple[ScheduleEntry, ...]
