"""What runs while the exchange is up, and in which order does it come up?

State folded from the log -> the one writer -> the control socket -> the clients' port.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from s1mpletrader.durable.atomic_file import make_directory
from s1mpletrader.durable.disk import Disk, SystemDisk
from s1mpletrader.durable.locks import DirectoryLock
from s1mpletrader.errors import ConfigurationError, Locked
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.ids import Asset
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator import tape
from s1mpletrader.simulator.actions import Actions
from s1mpletrader.simulator.auth import DEFAULT_KEYS, TOKEN_LIFE_S, Doorkeeper
from s1mpletrader.simulator.clock import MarketClock, WallClock
from s1mpletrader.simulator.commands import Command, Configured, Founded, Rules
from s1mpletrader.simulator.connection import Connection
from s1mpletrader.simulator.control_api import ControlApi
from s1mpletrader.simulator.desk import Desk
from s1mpletrader.simulator.event_log import NAME, EventLog
from s1mpletrader.simulator.exchange import Exchange
from s1mpletrader.simulator.faults import Faults
from s1mpletrader.simulator.feed import Feed, first_trades
from s1mpletrader.simulator.live_tape import LiveTape
from s1mpletrader.simulator.network import Network
from s1mpletrader.simulator.rate_limits import RateLimits, Tier
from s1mpletrader.simulator.rest_api import BODY_MAX, RestApi
from s1mpletrader.simulator.scenario import Scenario
from s1mpletrader.simulator.venue import Venue
from s1mpletrader.simulator.ws_api import WsApi

HOST = "127.0.0.1"
STOP_MAX_S = 2.0
"""How long open connections may take to end at a clean stop."""


class Options(Value, frozen=True):
    """How an exchange is to run."""

    tape: Path | None
    """None: the market is that of `feed`."""
    state: Path
    control: Path
    port: int
    speed: float
    paused: bool
    decay_factor: float
    tier: Tier
    rules: Rules
    balances: dict[Asset, Decimal]
    """Of every account, at the first start."""
    start_bar: int
    seed: int
    scenario: Scenario | None = None
    token_life_s: int = TOKEN_LIFE_S
    closed_orders_cost: int = 1
    is_connecting_limited: bool = False
    idle_max_s: float = 0.0
    """When a WebSocket without a subscription is closed; 0: never."""
    feed: str = ""
    """Address of a public feed of the same protocol."""
    only_steps: bool = False
    """Whether the market moves only when a client asks for a step."""


async def serve(options: Options, announce: Callable[[int], None]) -> None:
    """Serve until cancelled; `announce` is told the port once clients can connect."""
    clock, disk = WallClock(), SystemDisk()
    make_directory(options.state, disk)
    with DirectoryLock(options.state, disk).acquire():
        first: tuple[Tick, ...] = ()
        if options.feed and not (options.state / NAME).exists():
            first = await first_trades(options.feed)
        venue, log = restore(options, disk, clock.wall_us(), first)
        try:
            await _run(
                Exchange(venue, log, clock, _market_clock(options, venue, clock)), options, announce
            )
        finally:
            log.close()


def _market_clock(options: Options, venue: Venue, clock: WallClock) -> MarketClock:
    """Return market time going on from the last trade: it stood still while the exchange did."""
    return MarketClock(
        venue.market_us(), clock.monotonic_us(), options.speed, running=not options.paused
    )


async def _run(exchange: Exchange, options: Options, announce: Callable[[int], None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(exchange.run())
        feed = Feed(options.feed, exchange.hear) if options.feed else None
        if feed is not None:
            tasks.create_task(feed.run())
        async with _doors(exchange, options, tasks, feed) as port:
            announce(port)
            await asyncio.Event().wait()


def restore(
    options: Options, disk: Disk, now_us: Micros, first: tuple[Tick, ...] = ()
) -> tuple[Venue, EventLog]:
    """Return the venue as its log says, or a newly founded one."""
    venue = Venue(LiveTape() if options.tape is None else tape.load(options.tape))
    log, commands = EventLog.open(options.state, disk)
    for command in commands:
        venue.apply(command)
    missing: list[Command] = []
    if not commands:
        missing.append(_founded(options, venue.tape, now_us, first))
    if not commands or venue.book.rules != options.rules:
        missing.append(Configured(Micros(max(now_us, venue.at_us)), options.rules))
    for command in missing:
        venue.apply(command)
    if missing:
        log.append(missing)
    return venue, log


def _founded(
    options: Options, market: tape.Tape, now_us: Micros, first: tuple[Tick, ...]
) -> Founded:
    begin = 0
    if market.ends:
        begin = market.begin_us() + options.start_bar * tape.BAR_S * SECOND
        if begin >= market.end_us():
            raise ConfigurationError(f"the tape has no bar {options.start_bar}")
    accounts = sorted({key.account for key in DEFAULT_KEYS.values()})
    return Founded(
        at_us=now_us,
        seed=options.seed or now_us,
        tape_sha256=market.sha256,
        balances=dict.fromkeys(accounts, options.balances),
        played=market.upto(Micros(begin)) if market.ends else {},
        ticks=first,
    )


@asynccontextmanager
async def _doors(
    exchange: Exchange, options: Options, tasks: asyncio.TaskGroup, feed: Feed | None
) -> AsyncIterator[int]:
    """Open the control socket and the clients' port; yields the port."""
    faults, doorkeeper = Faults(), _doorkeeper(options, exchange.venue)
    limits = RateLimits(
        options.tier,
        options.decay_factor,
        closed_orders_cost=options.closed_orders_cost,
        is_connecting_limited=options.is_connecting_limited,
    )
    desk = Desk(exchange, limits)
    connections: set[Connection] = set()
    network = Network(exchange.clock, connections)
    actions = Actions(desk, network, doorkeeper, faults, tasks)
    ws_api = WsApi(desk, doorkeeper, faults, actions, connections, tasks, options.idle_max_s)
    exchange.listeners.append(ws_api.publish)
    clients = web.Application(middlewares=[network.guard], client_max_size=BODY_MAX)
    clients.add_routes(RestApi(desk, doorkeeper, faults, actions).routes())
    clients.add_routes(ws_api.routes())
    if options.scenario is not None:
        actions.play(options.scenario)
    control = ControlApi(
        desk, faults, network, actions, only_steps=options.only_steps, feed=feed
    ).application()
    control_runner, clients_runner = _runner(control), _runner(clients)
    try:
        await control_runner.setup()
        options.control.unlink(missing_ok=True)
        await web.UnixSite(control_runner, str(options.control)).start()
        await clients_runner.setup()
        site = web.TCPSite(clients_runner, HOST, options.port)
        await site.start()
        yield clients_runner.addresses[0][1]
    except OSError as problem:
        raise Locked(
            f"cannot listen on port {options.port} or {options.control}: {problem}",
            hint="is another exchange running? --port 0 picks a free port",
        ) from problem
    finally:
        await clients_runner.cleanup()
        await control_runner.cleanup()


def _doorkeeper(options: Options, venue: Venue) -> Doorkeeper:
    """Return the keys of the accounts there are: an old state may lack a newer one."""
    known = {name: key for name, key in DEFAULT_KEYS.items() if key.account in venue.accounts}
    return Doorkeeper(known, options.token_life_s)


def _runner(application: web.Application) -> web.AppRunner:
    return web.AppRunner(application, access_log=None, shutdown_timeout=STOP_MAX_S)
