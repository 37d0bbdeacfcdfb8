"""How do tests run an exchange: as a pure venue, inside the test, or as a process?"""

import asyncio
import base64
import contextlib
import functools
import hashlib
import hmac
import itertools
import json
import subprocess
import sys
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator import tape
from s1mpletrader.simulator.auth import DEFAULT_KEYS
from s1mpletrader.simulator.commands import Command, Founded, Place
from s1mpletrader.simulator.control_client import ControlClient, FaultState
from s1mpletrader.simulator.fault_specs import FaultSpec
from s1mpletrader.simulator.main import read_options
from s1mpletrader.simulator.server import Options, serve
from s1mpletrader.simulator.values import Draft, Order, OrderType
from s1mpletrader.simulator.venue import Outcome, Venue

ROOT = Path(__file__).parents[2]
TAPE = ROOT / "data/tapes/coinbase_btcusd_1h.csv"
BARS_USED = 100
"""Bars of the shipped tape that an exchange in a test plays; loading all takes half a second."""
START_S = 10.0
BTC = Symbol("BTC/USD")
SOL = Symbol("SOL/USD")

BARS = """\
ts_open,open,high,low,close,volume_btc
2020-01-01T00:00:00Z,100,110,90,105,4
2020-01-01T01:00:00Z,105,106,80,85,8.00000003
2020-01-01T02:00:00Z,85,85,85,85,0.0
2020-01-01T03:00:00Z,85,120,84,119,2
"""


def small_tape(directory: Path, bars: str = BARS) -> Path:
    """Write a tape of a few bars."""
    path = directory / "tape.csv"
    path.write_text(bars)
    return path


class Bench:
    """A venue with a clock that moves a millisecond a command."""

    def __init__(self, market: tape.Tape, balances: Mapping[str, str] | None = None) -> None:
        self.venue = Venue(market)
        self.now = 1_600_000_000_000_000
        self.log: list[Command] = []
        own = {"USD": "10000", "BTC": "10", "SOL": "50"} if balances is None else balances
        amounts = {Asset(name): Decimal(amount) for name, amount in own.items()}
        names = ("main", "other")
        self.apply(lambda at: Founded(at, 7, market.sha256, dict.fromkeys(names, amounts), {}))

    def apply(self, make: Callable[[Micros], Command]) -> Outcome:
        """Apply the command of the next millisecond and remember it if it was accepted."""
        self.now += 1_000
        command = make(Micros(self.now))
        outcome = self.venue.apply(command)
        self.log.append(command)
        return outcome

    def place(self, account: str = "main", **terms: Any) -> Order:
        """Place an order; by default a market buy of 1 BTC. Returns it as it is afterwards."""
        draft = draft_of(**terms)
        return self.apply(lambda at: Place(at, account, draft)).orders[0]

    def order(self, txid: str, account: str = "main") -> Order:
        """Return an order as it is now."""
        return self.venue.accounts[account].orders[txid]

    def balance(self, asset: str, account: str = "main") -> Decimal:
        """Return a balance."""
        return self.venue.accounts[account].balances[Asset(asset)]


def draft_of(**terms: Any) -> Draft:
    """Return a draft; texts become decimals."""
    defaults: dict[str, Any] = {
        "symbol": BTC,
        "side": Side.BUY,
        "type": OrderType.MARKET,
        "qty": "1",
    }
    merged = defaults | terms
    for name in ("qty", "limit_price", "trigger_price"):
        if isinstance(merged.get(name), str):
            merged[name] = Decimal(merged[name])
    return Draft(**merged)


@dataclass(slots=True)
class Running:
    """An exchange that can be asked over sockets."""

    port: int
    control: ControlClient

    @property
    def url(self) -> str:
        """Where REST is."""
        return f"http://127.0.0.1:{self.port}"

    async def fault(self, kind: Any, **arguments: Any) -> FaultState:
        """Order a fault."""
        spec = FaultSpec(kind, **arguments)
        return await asyncio.to_thread(lambda: self.control.add_fault(spec))

    async def hits(self, kind: str) -> int:
        """Return how often a kind of fault has hit."""
        return (await asyncio.to_thread(self.control.hits))[kind]

    async def until_hit(self, kind: str) -> None:
        """Wait until a kind of fault has hit."""

        async def is_hit() -> bool:
            return await self.hits(kind) > 0

        await eventually(is_hit)

    async def truth(self) -> dict[str, Any]:
        """Return the audit of the main account."""
        audit = await asyncio.to_thread(lambda: self.control.audit("main"))
        return dict(audit["accounts"]["main"])

    async def ask(self, call: Callable[[], Any]) -> Any:
        """Ask the control API without blocking the loop that serves it."""
        return await asyncio.to_thread(call)


@contextlib.asynccontextmanager
async def exchange(directory: Path, *more: str) -> AsyncIterator[Running]:
    """Run an exchange in this loop, paused unless `more` says otherwise."""
    arguments = [*arguments_of(directory), "--paused", *more]
    options = read_options([one for one in arguments if one != "--running"])
    if "--running" in more:
        options = msgspec.structs.replace(options, paused=False)
    async with _served(options) as running:
        yield running


@contextlib.asynccontextmanager
async def follower(directory: Path, leader: Running) -> AsyncIterator[Running]:
    """Run an exchange that plays the feed of another."""
    url = f"ws://127.0.0.1:{leader.port}/public/v2"
    options = read_options(["--feed", url, "--state", str(directory / "state"), "--port", "0"])
    async with _served(options) as running:
        yield running


@contextlib.asynccontextmanager
async def _served(options: Options) -> AsyncIterator[Running]:
    ports: asyncio.Queue[int] = asyncio.Queue()
    task = asyncio.get_running_loop().create_task(serve(options, ports.put_nowait))
    getter = asyncio.get_running_loop().create_task(ports.get())
    try:
        async with asyncio.timeout(START_S):
            await asyncio.wait({task, getter}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
        yield Running(getter.result(), ControlClient(options.control))
    finally:
        getter.cancel()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def arguments_of(directory: Path) -> list[str]:
    """Return the usual command line of a test."""
    own = directory / "tape.csv"
    if not own.exists():
        own.write_text(_first_bars())
    return [
        *("--tape", str(own)),
        *("--state", str(directory / "state")),
        *("--port", "0"),
        *("--decay-factor", "100"),
    ]


@functools.cache
def _first_bars() -> str:
    with TAPE.open() as file:
        return "".join(itertools.islice(file, BARS_USED + 1))


@contextlib.contextmanager
def process(
    directory: Path, *more: str, module: str = "s1mpletrader.simulator"
) -> Iterator[tuple[subprocess.Popen[str], Running]]:
    """Run an exchange as a process of its own; killed at the end."""
    command = [sys.executable, "-m", module, *arguments_of(directory), *more]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            port = int(line.rsplit(":", 1)[1]) if line else 0
            yield child, Running(port, ControlClient(directory / "state/control.sock"))
        finally:
            child.kill()


class Client:
    """A client that signs; nonces count up from 1."""

    def __init__(self, running: Running, key: str = "SIM-ENGINE") -> None:
        self._running = running
        self._key = DEFAULT_KEYS[key]
        self._session = aiohttp.ClientSession()
        self.nonce = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def public(self, method: str, **params: str) -> dict[str, Any]:
        """Return the whole answer of a public call."""
        async with self._session.get(f"{self._running.url}/0/public/{method}", params=params) as r:
            return decode(await r.read())

    async def private(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the whole answer of a private call."""
        async with self.post(method, **params) as response:
            return decode(await response.read())

    async def raw(self, method: str, body: bytes) -> int:
        """Make a private call with a signed body of any kind; returns the HTTP status."""
        self.nonce += 1
        nonce = str(self.nonce)
        is_json = body[:1] == b"{"
        if is_json:
            body = body.replace(b'"nonce":', b'"nonce":' + nonce.encode() + b',"n":', 1)
        else:
            body = body + b"&nonce=" + nonce.encode()
        path = f"/0/private/{method}"
        headers = {
            "API-Key": self._key.key,
            "API-Sign": sign(self._key.secret, path, nonce, body),
            "Content-Type": "application/json" if is_json else "application/x-www-form-urlencoded",
        }
        url = self._running.url + path
        async with self._session.post(url, data=body, headers=headers) as response:
            return response.status

    async def json(self, method: str, **params: Any) -> dict[str, Any]:
        """Make a private call whose body is JSON."""
        self.nonce += 1
        nonce = str(self.nonce)
        body = msgspec.json.encode({"nonce": nonce, **params})
        path = f"/0/private/{method}"
        headers = {
            "API-Key": self._key.key,
            "API-Sign": sign(self._key.secret, path, nonce, body),
            "Content-Type": "application/json",
        }
        url = self._running.url + path
        async with self._session.post(url, data=body, headers=headers) as response:
            return decode(await response.read())

    def post(self, method: str, **params: Any) -> Any:
        """Return the request of a private call, to be entered."""
        self.nonce += 1
        nonce = str(params.pop("nonce", self.nonce))
        body = urllib.parse.urlencode({"nonce": nonce, **params}).encode()
        path = f"/0/private/{method}"
        headers = {
            "API-Key": self._key.key,
            "API-Sign": sign(self._key.secret, path, nonce, body),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._session.post(self._running.url + path, data=body, headers=headers)

    async def socket(self, path: str = "/private/v2") -> "Socket":
        """Open a WebSocket and read its status message."""
        opened = Socket(await self._session.ws_connect(self._running.url + path))
        status = await opened.receive()
        assert status["channel"] == "status"
        return opened

    async def trader(self) -> "Socket":
        """Open a private WebSocket with a token."""
        token = (await self.private("GetWebSocketsToken"))["result"]["token"]
        opened = await self.socket()
        opened.token = token
        return opened


class Socket:
    """A WebSocket with everything it has said so far."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.token = ""
        self.heard: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        """Return the next message; raises `ConnectionError` when closed."""
        message = await self.ws.receive(timeout=5)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(str(message.type))
        self.heard.append(decode(message.data))
        return self.heard[-1]

    async def send(self, method: str, req_id: int = 1, **params: Any) -> None:
        """Send a request; the token is added."""
        if self.token:
            params["token"] = self.token
        await self.ws.send_str(
            msgspec.json.encode({"method": method, "params": params, "req_id": req_id}).decode()
        )

    async def ask(self, method: str, req_id: int = 1, **params: Any) -> dict[str, Any]:
        """Send a request and return its reply."""
        await self.send(method, req_id, **params)
        return await self.until(lambda message: message.get("req_id") == req_id)

    async def until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the next message that is the one."""
        while True:
            message = await self.receive()
            if is_it(message):
                return message

    async def channel(self, name: str, kind: str | None = "update") -> dict[str, Any]:
        """Return the next message of a channel."""
        return await self.until(lambda m: m.get("channel") == name and m.get("type") == kind)


WS_BUY: dict[str, Any] = {
    "symbol": "BTC/USD",
    "side": "buy",
    "order_type": "market",
    "order_qty": 0.1,
}
REST_BUY = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "0.1"}
WS_STOP: dict[str, Any] = {
    "symbol": "BTC/USD",
    "side": "sell",
    "order_type": "stop-loss",
    "order_qty": 0.1,
    "triggers": {"price": 100},
}
WS_LIMIT: dict[str, Any] = {
    "symbol": "BTC/USD",
    "side": "buy",
    "order_type": "limit",
    "limit_price": 1000,
    "order_qty": 0.1,
}
"""Rests far below the market, which is above 2,000."""


def decode(body: bytes | str) -> dict[str, Any]:
    """Return a message with exact decimals."""
    message: dict[str, Any] = json.loads(body, parse_float=Decimal)
    return message


def sign(secret: str, path: str, nonce: str, body: bytes) -> str:
    """Sign as a client does, written apart from the exchange's own code."""
    digest = hashlib.sha256(nonce.encode() + body).digest()
    mac = hmac.new(base64.b64decode(secret), path.encode() + digest, hashlib.sha512)
    return base64.b64encode(mac.digest()).decode()


def in_loop(coroutine: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine with a limit."""

    async def limited() -> None:
        async with asyncio.timeout(30):
            await coroutine()

    asyncio.run(limited())


async def eventually(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Wait until another program says so; the test's own limit bounds it."""
    while not await is_so():  # noqa: ASYNC110 - the event is in the other program
        await asyncio.sleep(0.01)
