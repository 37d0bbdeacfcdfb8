"""What would an engine be like whose every wait is short?

The real engine with the waits that the configuration does not name cut down, so that a chaos run
sees hundreds of faults in minutes. The first argument is a sabotage (tests/chaos/sabotages.py) or
`honest`.
"""

import functools
import os
import sys

from msgspec.structs import replace

from s1mpletrader.assembly.environment_factory import EnvironmentFactory
from s1mpletrader.cli.main import run
from s1mpletrader.core.backoff import Backoff
from s1mpletrader.core.rules import Rules
from s1mpletrader.exchange.kraken import KrakenSettings
from s1mpletrader.host import machine
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.services import operation_service
from tests.chaos.sabotages import SABOTAGES

BACKOFF = Backoff(first_s=0.1, most_s=0.5)
CONNECTS_MAX = 100_000
"""Chaos breaks more connections in ten minutes than a real exchange would tolerate."""
RETRY_US = Micros(SECOND // 4)
EMERGENCY_RETRY_US = Micros(SECOND)


def hurry() -> None:
    """Shorten the waits that no file of the configuration names."""
    honest_rules, honest_kraken = EnvironmentFactory.rules, EnvironmentFactory.kraken

    def rules(self: EnvironmentFactory) -> Rules:
        return replace(
            honest_rules(self),
            look_retry_us=RETRY_US,
            retry_us=RETRY_US,
            emergency_retry_us=EMERGENCY_RETRY_US,
        )

    def kraken(self: EnvironmentFactory) -> KrakenSettings:
        settings = honest_kraken(self)
        limits = replace(settings.limits, connects_max=CONNECTS_MAX, backoff=BACKOFF)
        return replace(settings, limits=limits)

    EnvironmentFactory.rules = rules  # type: ignore[method-assign]
    EnvironmentFactory.kraken = kraken  # type: ignore[method-assign]
    vars(operation_service)["Backoff"] = functools.partial(
        Backoff, first_s=BACKOFF.first_s, most_s=BACKOFF.most_s
    )


if __name__ == "__main__":
    hurry()
    if (name := sys.argv.pop(1)) != "honest":
        SABOTAGES[name].patch()
    if "HOST_ID" in os.environ:
        vars(machine)["host_id"] = lambda: os.environ["HOST_ID"]
    sys.exit(run())
