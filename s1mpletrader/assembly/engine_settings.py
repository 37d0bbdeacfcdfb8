"""What must be known to put an engine together?

Made from the configuration, and checked, before anything starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from s1mpletrader.core.rules import Rules
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.kraken import KrakenSettings
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset, LinkId, WorkerId
from s1mpletrader.persistence.instance_file import Instance
from s1mpletrader.runtime.flow import LinkRuntime

PROBE_EVERY_US = Micros(SECOND)
"""How often the watchdog probes, at least: a slow journal shuts the gate within a second more."""


@dataclass(frozen=True, slots=True)
class ConfiguredLink:
    """A link's workers, and the capital that the configuration gives it."""

    runtime: LinkRuntime
    capital_asset: Asset
    capital: Decimal
    workers: tuple[WorkerId, ...]
    """Those that remember something between two starts."""
    accepts_unprotected: bool


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Everything an engine needs to know; made from the configuration, checked by then."""

    operation: str
    account: str
    environment: str
    state: Path
    control: Path
    config_hash: str
    rules: Rules
    kraken: KrakenSettings
    credentials: Credentials
    links: Mapping[LinkId, ConfiguredLink]
    warm_up_us: Micros
    instance: Instance
    status_host: str = "127.0.0.1"
    status_port: int = 8480
    probe_every_us: Micros = PROBE_EVERY_US
    checkpoint_every_s: float = 60.0
