"""Are real money and play money kept apart?

The mode of an environment says which it is; its connector must not say otherwise.
"""

from collections.abc import Iterator

from s1mpletrader.config.addresses import host_of, is_loopback
from s1mpletrader.config.configuration import Configuration
from s1mpletrader.config.environments import Connector, ExecutionEnvironment
from s1mpletrader.config.problem import Problem

_ADDRESSES = ("rest_url", "ws_public_url", "ws_private_url")


def check_worlds(configuration: Configuration) -> Iterator[Problem]:
    """Yield what is wrong with the environment of the active links, the first one's."""
    used = [link.execution_environment_id for link in configuration.active_links[:1]]
    for at, environment in enumerate(configuration.environments.environments):
        if environment.environment_id in used:
            yield from _check_world(configuration, at, environment)


def _check_world(
    configuration: Configuration, at: int, environment: ExecutionEnvironment
) -> Iterator[Problem]:
    if environment.mode == "backtest":
        document = configuration.documents["environments"]
        text = "the engine runs environments of mode live or paper; a backtest connects to nothing"
        yield document.problem(("environments", at, "mode"), text)
        return
    for place, connector in enumerate(configuration.connectors.connectors):
        if connector.connector_id == environment.connector_id:
            yield from _check_connector(configuration, place, connector, environment.mode)


def _check_connector(
    configuration: Configuration, at: int, connector: Connector, mode: str
) -> Iterator[Problem]:
    document = configuration.documents["connectors"]
    if mode == "live" and connector.rate_decay_factor != 1:
        text = "only a simulated exchange forgets faster: a live one would be asked too often"
        place = ("connectors", at, "rate_decay_factor")
        yield document.problem(place, text, "leave rate_decay_factor out where mode is live")
    for key in _ADDRESSES:
        if mode == "paper" and not is_loopback(host_of(getattr(connector, key))):
            text = f"paper trading needs an exchange on this host, {key} is elsewhere"
            hint = "an exchange elsewhere takes real orders: mode: live"
            yield document.problem(("connectors", at, key), text, hint)
