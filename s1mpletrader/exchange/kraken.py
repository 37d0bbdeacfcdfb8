"""How are the parts of the Kraken connector put together?"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp

from s1mpletrader.core.connection import ConnectionLimits
from s1mpletrader.core.rate_budget import TIERS, OrderBudget, RateBudget, RateTier
from s1mpletrader.errors import ConfigurationError
from s1mpletrader.exchange.account_inspector import AccountInspector
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.endpoints import Endpoints
from s1mpletrader.exchange.frame_socket import open_session
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.kraken_connector import KrakenConnector
from s1mpletrader.exchange.live_data_source import LiveDataSource
from s1mpletrader.exchange.order_pace import OrderPace
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Symbol
from s1mpletrader.ports import Clock


class KrakenSettings(Value, frozen=True):
    """What the configuration says about the connector."""

    endpoints: Endpoints
    symbols: tuple[Symbol, ...]
    rate_tier: str = "starter"
    rate_decay_factor: float = 1.0
    submit_timeout_s: float = 5.0
    rest_timeout_s: float = 10.0
    history_pause_s: float = 1.0
    """Between pages of public trades: the exchange allows an address about one a second."""
    limits: ConnectionLimits = ConnectionLimits()


class Kraken(NamedTuple):
    """The connector, its feed and the clock they keep."""

    connector: KrakenConnector
    feed: LiveDataSource
    protocol: ProtocolClock
    inspector: AccountInspector
    """Asks what `check --online` asks, with the engine's own nonces and budget (SAFETY F4)."""


@asynccontextmanager
async def open_kraken(
    settings: KrakenSettings,
    credentials: Credentials,
    *,
    clock: Clock,
    dice: Callable[[], float],
    inbox: Inbox,
    on_accepted: Callable[[Micros], None],
) -> AsyncIterator[Kraken]:
    """Yield the connector; raises `ConfigurationError` for an unknown rate tier.

    `dice` draws jitter from [0, 1). `on_accepted` is told when each accepted private REST call
    was sent, in protocol time (the lease, SAFETY F2).
    """
    tier = _tier(settings)
    protocol = ProtocolClock(clock)
    private = PrivateSocket(
        clock=clock, protocol=protocol, submit_timeout_s=settings.submit_timeout_s
    )
    async with open_session() as session:
        rest = _rest(settings, credentials, session, protocol, clock, dice, on_accepted)
        connector = KrakenConnector(
            rest,
            private,
            OrderPace(OrderBudget(tier, decay_factor=settings.rate_decay_factor)),
            clock=clock,
            protocol=protocol,
            history_pause_s=settings.history_pause_s,
        )
        feed = LiveDataSource(
            session,
            settings.endpoints,
            settings.symbols,
            connector=connector,
            rest=rest,
            private=private,
            clock=clock,
            protocol=protocol,
            dice=dice,
            inbox=inbox,
            limits=settings.limits,
            ask_every_s=settings.history_pause_s,
        )
        inspector = AccountInspector(connector, rest, protocol)
        yield Kraken(connector, feed, protocol, inspector)


@asynccontextmanager
async def open_inspector(
    settings: KrakenSettings, credentials: Credentials, *, clock: Clock, dice: Callable[[], float]
) -> AsyncIterator[AccountInspector]:
    """Yield what `check --online` asks with: REST alone, nothing is subscribed to."""
    protocol = ProtocolClock(clock)
    async with open_session() as session:
        rest = _rest(settings, credentials, session, protocol, clock, dice, lambda _: None)
        connector = KrakenConnector(
            rest,
            PrivateSocket(clock=clock, protocol=protocol),
            OrderPace(OrderBudget(_tier(settings))),
            clock=clock,
            protocol=protocol,
        )
        yield AccountInspector(connector, rest, protocol)


def _rest(
    settings: KrakenSettings,
    credentials: Credentials,
    session: aiohttp.ClientSession,
    protocol: ProtocolClock,
    clock: Clock,
    dice: Callable[[], float],
    on_accepted: Callable[[Micros], None],
) -> RestClient:
    return RestClient(
        session,
        settings.endpoints.rest_url,
        credentials,
        clock=clock,
        protocol=protocol,
        dice=dice,
        budget=RateBudget(_tier(settings), decay_factor=settings.rate_decay_factor),
        on_accepted=on_accepted,
        timeout_s=settings.rest_timeout_s,
    )


def _tier(settings: KrakenSettings) -> RateTier:
    tier = TIERS.get(settings.rate_tier)
    if tier is None:
        raise ConfigurationError(
            f"unknown rate_tier {settings.rate_tier!r}", hint=f"one of {', '.join(TIERS)}"
        )
    return tier
