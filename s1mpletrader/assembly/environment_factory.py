"""What does the configured world need to become real?

The only place that knows how live and paper differ: addresses, credentials, patience. The engine
behind it is the same.
"""

import hashlib
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from s1mpletrader.config.build_specs import EnvironmentSpec
from s1mpletrader.core.connection import ConnectionLimits
from s1mpletrader.core.rules import Rules
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.endpoints import Endpoints
from s1mpletrader.exchange.kraken import KrakenSettings
from s1mpletrader.host.credential_files import read_credential
from s1mpletrader.model.base import SECOND, Micros

LOCKS = Path("/run/lock/s1mpletrader")


def micros(seconds: Decimal) -> Micros:
    """Return configured seconds as microseconds."""
    return Micros(int(seconds * SECOND))


class EnvironmentFactory:
    """Makes the parts of one execution environment."""

    def __init__(self, spec: EnvironmentSpec) -> None:
        self._spec = spec

    def rules(self) -> Rules:
        """Return the numbers that govern orders and looks."""
        patience, limits = self._spec.reconcile, self._spec.limits
        return Rules(
            deadline_for_us=micros(patience.deadline_s),
            grace_us=micros(patience.grace_s),
            slow_grace_us=micros(patience.slow_grace_s),
            look_spacing_us=micros(patience.look_spacing_s),
            visibility_us=micros(patience.visibility_s),
            lease_us=micros(patience.lease_s),
            reconcile_every_us=micros(Decimal(self._spec.reconcile_every_s)),
            connection_lost_attempts=self._spec.liveness.attempts_max,
            price_band=limits.price_band,
            order_cost_max=limits.order_cost_max,
        )

    def kraken(self) -> KrakenSettings:
        """Return the connector's settings; raises `ConfigurationError` for an open address."""
        connector, liveness = self._spec.connector, self._spec.liveness
        return KrakenSettings(
            endpoints=Endpoints(
                connector.rest_url, connector.ws_public_url, connector.ws_private_url
            ),
            symbols=self._spec.symbols,
            rate_tier=connector.rate_tier,
            rate_decay_factor=float(connector.rate_decay_factor),
            submit_timeout_s=float(connector.submit_timeout_s),
            rest_timeout_s=float(connector.rest_timeout_s),
            history_pause_s=float(1 / connector.rate_decay_factor),
            limits=ConnectionLimits(
                silence_max_s=float(liveness.silence_max_s),
                ping_after_s=float(liveness.ping_after_s),
                attempts_max=liveness.attempts_max,
            ),
        )

    def credentials(self, directory: Path) -> Credentials:
        """Return the account's key; raises `ConfigurationError` where it cannot be read."""
        connector = self._spec.connector
        return Credentials.from_text(
            read_credential(directory, connector.key_credential),
            read_credential(directory, connector.secret_credential),
        )

    def account_lock(self, state: Path) -> tuple[Path, str]:
        """Return where the lock of the exchange account lies, and its name (SAFETY J9).

        A live account has one place per host; a paper account lives beside its state.
        """
        connector = self._spec.connector
        host = urlsplit(connector.rest_url).netloc
        name = hashlib.sha256(f"{host}\0{connector.account}".encode()).hexdigest()[:32]
        return (LOCKS if self._spec.mode == "live" else state / "run"), name
