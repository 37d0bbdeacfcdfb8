"""What does the installation as a whole use?

The file: `platform.yaml`.
"""

from typing import Literal

from pydantic import Field

from s1mpletrader.config.base import ConfigModel, Identifier


class LoggingProfile(ConfigModel, frozen=True):
    """How much is logged, and in which form."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Logging(ConfigModel, frozen=True):
    """The profiles, and the one in use."""

    profile: Identifier = "operations"
    profiles: dict[Identifier, LoggingProfile] = Field(
        default_factory=lambda: {"operations": LoggingProfile()}
    )


class Archiving(ConfigModel, frozen=True):
    """The format of sealed journal segments."""

    format: Literal["parquet"] = "parquet"


class Status(ConfigModel, frozen=True):
    """Where `/livez /readyz /healthz /metrics` answer; loopback only (SAFETY X)."""

    host: Literal["127.0.0.1", "::1"] = "127.0.0.1"
    port: int = Field(default=8480, ge=0, le=65535)
    """0 picks a free one."""


class Platform(ConfigModel, frozen=True):
    """`platform.yaml`."""

    language: Literal["en"] = "en"
    logging: Logging = Logging()
    plugins_root_path: str = "plugins"
    """Relative to the folder that holds the program."""
    own_plugins_root_path: str | None = None
    """A second root for the operator's plugins; it may not exist yet."""
    archiving: Archiving = Archiving()
    status: Status = Status()
