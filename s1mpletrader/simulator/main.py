"""How is the simulated exchange started, and how does it end?"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from s1mpletrader.errors import S1mpleTraderError
from s1mpletrader.model.ids import Asset
from s1mpletrader.simulator import audit_screen, feed, scenario
from s1mpletrader.simulator.auth import TOKEN_LIFE_S
from s1mpletrader.simulator.commands import Rules
from s1mpletrader.simulator.control_client import ControlClient
from s1mpletrader.simulator.exchange import SPEED_MAX
from s1mpletrader.simulator.fault_specs import SECONDS_MAX
from s1mpletrader.simulator.pairs import ASSET_BY_NAME
from s1mpletrader.simulator.rate_limits import TIERS
from s1mpletrader.simulator.refusal import DUPLICATE_CLIENT_ID
from s1mpletrader.simulator.server import Options, serve

DEFAULT_PORT = 8481
DEFAULT_BALANCES = {"USD": Decimal(10_000), "BTC": Decimal(1), "SOL": Decimal(50)}
CONTROL_NAME = "control.sock"
DIFFERENCES = 5
QUEUE_MAX = 100


def run(argv: Sequence[str]) -> int:
    """Run the exchange until SIGTERM or SIGINT; returns the exit code."""
    try:
        if argv[:1] == ["audit"]:
            return _audit(argv[1:])
        asyncio.run(_until_stopped(read_options(argv)))
    except asyncio.CancelledError:
        return 0
    except S1mpleTraderError as problem:
        return _report(problem)
    except ExceptionGroup as group:
        known = group.subgroup(S1mpleTraderError)
        if known is None:
            raise
        return _report(_first(known))
    return 0


def _audit(argv: Sequence[str]) -> int:
    """Print the truth of a running exchange; 5 if it contradicts itself."""
    parser = argparse.ArgumentParser(
        prog="s1mpletrader exchange audit", description="What the exchange knows, as tables."
    )
    parser.add_argument("--control", type=Path, help="its socket (default STATE/control.sock)")
    parser.add_argument("--state", type=Path, default=Path("var/exchange"), help="its --state")
    parser.add_argument("--account", help="only this account")
    parser.add_argument("--json", action="store_true", help="for programs")
    given = parser.parse_args(argv)
    client = ControlClient(given.control or given.state / CONTROL_NAME)
    found = client.audit(given.account)
    text = json.dumps(found) if given.json else audit_screen.screen(found)
    sys.stdout.write(f"{text}\n")
    return 0 if audit_screen.is_sound(found) else DIFFERENCES


def read_options(argv: Sequence[str]) -> Options:
    """Return what the command line asks for; ends the process for nonsense (exit 2)."""
    given = _parser().parse_args(argv)
    return Options(
        tape=given.tape,
        state=given.state,
        control=given.control or given.state / CONTROL_NAME,
        port=given.port,
        speed=given.speed,
        paused=given.paused or given.step,
        only_steps=given.step,
        feed=feed.checked(given.feed) if given.feed else "",
        decay_factor=given.decay_factor,
        tier=TIERS[given.rate_tier],
        rules=Rules(
            stops_hold=given.stops_hold == "at-once",
            amend_stops=not given.refuse_amending_stops,
            stop_avoids_itself=not given.stops_trade_with_own,
            ledger_first=given.ledger_first,
            duplicate_error=given.duplicate_error,
            queue_ahead=given.queue,
            open_orders_max=TIERS[given.rate_tier].open_orders_max,
        ),
        balances={
            Asset(name): amount for name, amount in (DEFAULT_BALANCES | dict(given.balance)).items()
        },
        start_bar=given.start_bar,
        seed=given.seed,
        token_life_s=given.token_life,
        closed_orders_cost=given.closed_orders_cost,
        is_connecting_limited=given.limit_connects,
        idle_max_s=given.idle_close,
        scenario=None if given.scenario is None else scenario.load(given.scenario),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="s1mpletrader exchange",
        description="A simulated Kraken spot exchange on this host, with durable state.",
    )
    add = parser.add_argument
    market = parser.add_mutually_exclusive_group(required=True)
    market.add_argument("--tape", type=Path, help="CSV of hourly BTC/USD bars")
    market.add_argument("--feed", default="", help="wss:// address of a public feed of this kind")
    add("--state", type=Path, required=True, help="directory of accounts, orders, tape position")
    add("--port", type=_port, default=DEFAULT_PORT, help="0 picks a free one (default 8481)")
    add("--control", type=Path, help="Unix socket (default STATE/control.sock)")
    add("--speed", type=_speed, default=1.0, help="market seconds per second, or max")
    add("--paused", action="store_true", help="start with the market standing still")
    add("--step", action="store_true", help="the market moves only by steps of the control API")
    add("--start-bar", type=int, default=0, help="bars that are history at the first start")
    add("--decay-factor", type=_factor, default=1.0, help="rate counters decay faster by this")
    add("--rate-tier", choices=sorted(TIERS), default="starter")
    add("--balance", type=_balance, action="append", default=[], help="ASSET=AMOUNT at first start")
    add("--stops-hold", choices=("at-once", "when-triggered"), default="at-once")
    add("--refuse-amending-stops", action="store_true")
    add("--seed", type=int, default=0, help="of the ids; 0: the moment of the first start")
    add("--queue", type=_fraction, help="resting limits wait behind this fraction of a level")
    _add_switches(parser)
    add("--token-life", type=_life, default=TOKEN_LIFE_S, help="seconds (default 900)")
    add("--scenario", type=Path, help="YAML file of faults to play from the start")
    return parser


def _add_switches(parser: argparse.ArgumentParser) -> None:
    """Add what nobody could verify at the real exchange."""
    add = parser.add_argument
    add("--stops-trade-with-own", action="store_true", help="no self-trade prevention for them")
    add("--ledger-first", action="store_true", help="balances are told before executions")
    add("--duplicate-error", default=DUPLICATE_CLIENT_ID, help="words for a client id in use")
    add("--closed-orders-cost", type=int, choices=(1, 2), default=1)
    add("--limit-connects", action="store_true", help="refuse the 151st WebSocket in 10 minutes")
    add("--idle-close", type=_seconds, default=0.0, help="end WebSockets without subscriptions")


async def _until_stopped(options: Options) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
    await serve(options, _announce)


def _announce(port: int) -> None:
    sys.stdout.write(f"listening on http://127.0.0.1:{port}\n")
    sys.stdout.flush()


def _report(problem: S1mpleTraderError) -> int:
    hint = f"\n  {problem.hint}" if problem.hint else ""
    sys.stderr.write(f"s1mpletrader exchange: {problem}{hint}\n")
    return problem.exit_code


def _first(group: ExceptionGroup[S1mpleTraderError]) -> S1mpleTraderError:
    inner: ExceptionGroup[S1mpleTraderError] | S1mpleTraderError = group
    while isinstance(inner, ExceptionGroup):
        inner = inner.exceptions[0]
    return inner


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 1 << 16:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return port


def _speed(text: str) -> float:
    speed = SPEED_MAX if text == "max" else float(text)
    if not 0 < speed <= SPEED_MAX:
        raise argparse.ArgumentTypeError(f"a speed is above 0 and at most {SPEED_MAX:.0f}")
    return speed


def _factor(text: str) -> float:
    factor = float(text)
    if not 1 <= factor <= SPEED_MAX:
        raise argparse.ArgumentTypeError(f"a factor is 1 to {SPEED_MAX:.0f}")
    return factor


def _fraction(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not 0 <= value <= QUEUE_MAX:
        raise argparse.ArgumentTypeError(f"a fraction of a level is 0 to {QUEUE_MAX}")
    return value


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= SECONDS_MAX:
        raise argparse.ArgumentTypeError(f"0 to {SECONDS_MAX:.0f} seconds")
    return seconds


def _life(text: str) -> int:
    life = int(text)
    if not 1 <= life <= TOKEN_LIFE_S:
        raise argparse.ArgumentTypeError(f"a token lives 1 to {TOKEN_LIFE_S} seconds")
    return life


def _balance(text: str) -> tuple[str, Decimal]:
    name, _, amount = text.partition("=")
    try:
        value = Decimal(amount)
    except InvalidOperation:
        value = Decimal(-1)
    if name not in ASSET_BY_NAME or not value.is_finite() or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not ASSET=AMOUNT, e.g. USD=10000")
    return name, value
