"""What does another exchange's public feed say is traded?

A small reader of the trade channel, of its own: paper trading on live prices. It reconnects for
ever and reads the last 50 trades again each time, so that a short gap closes by itself.
"""

import asyncio
import urllib.parse
from collections.abc import Awaitable, Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal

import aiohttp

from s1mpletrader.errors import ConfigurationError, ExchangeProtocolError, ExchangeUnavailable
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator import wire
from s1mpletrader.simulator.pairs import PAIRS
from s1mpletrader.simulator.refusal import Refused

FRAME_MAX = 1 << 20
TRADES_MAX = 10_000
"""Trades one frame may hold."""
SILENCE_MAX_S = 10.0
"""No frame, not even a heartbeat, for so long: the connection is dead."""
BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
FIRST_MAX_S = 60.0
"""How long the first start waits for a trade of every pair."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NUMBER_MAX = Decimal(10) ** 15
Heard = Callable[[Sequence[Tick]], Awaitable[None]]


def checked(url: str) -> str:
    """Return the address of a feed; raises `ConfigurationError` for one that cannot be."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "wss" or (parts.scheme == "ws" and parts.hostname in LOOPBACK):
        return url
    raise ConfigurationError(
        f"{url}: a feed is a wss:// address (ws:// on this host)",
        hint="Kraken's is wss://ws.kraken.com/v2",
    )


class Feed:
    """The trades of all pairs, for as long as it runs."""

    def __init__(self, url: str, heard: Heard) -> None:
        self.is_connected = False
        self.failures = 0
        """Connections that ended or were never made."""
        self.bad_frames = 0
        self._url = url
        self._heard = heard

    @property
    def state(self) -> dict[str, object]:
        """How the feed is, for whoever asks the control API."""
        return {
            "connected": self.is_connected,
            "failures": self.failures,
            "bad_frames": self.bad_frames,
        }

    async def run(self) -> None:
        """Read until cancelled; waits longer after each failure until a trade comes."""
        failed_in_a_row = 0
        while True:
            try:
                await self._read()
            except ExchangeProtocolError:
                self.bad_frames += 1
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            was_useful, self.is_connected = self.is_connected, False
            self.failures += 1
            failed_in_a_row = 0 if was_useful else failed_in_a_row + 1
            await asyncio.sleep(BACKOFF_S[min(failed_in_a_row, len(BACKOFF_S) - 1)])

    async def _read(self) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(self._url, max_msg_size=FRAME_MAX) as ws,
        ):
            await ws.send_str(subscription())
            while True:
                message = await ws.receive(timeout=SILENCE_MAX_S)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                ticks = trades(message.data)
                if ticks:
                    self.is_connected = True
                    await self._heard(ticks)


async def first_trades(url: str) -> tuple[Tick, ...]:
    """Return trades to begin with, at least one of every pair; raises `ExchangeUnavailable`."""
    found: list[Tick] = []
    complete = asyncio.Event()

    async def heard(ticks: Sequence[Tick]) -> None:
        found.extend(ticks)
        if {tick.symbol for tick in found} == set(PAIRS):
            complete.set()

    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(Feed(url, heard).run())
        try:
            async with asyncio.timeout(FIRST_MAX_S):
                await complete.wait()
        except TimeoutError:
            known = ", ".join(sorted({tick.symbol for tick in found})) or "nothing"
            raise ExchangeUnavailable(
                f"{url}: no trade of every pair within {FIRST_MAX_S:.0f} s (heard {known})",
                hint="is the address right, and can this host reach it?",
            ) from None
        finally:
            reading.cancel()
    return tuple(found)


def subscription() -> str:
    """Return the request for the trades of all pairs, the last 50 first."""
    params = {"channel": "trade", "symbol": list(PAIRS), "snapshot": True}
    return wire.encode({"method": "subscribe", "params": params, "req_id": 1}).decode()


def trades(text: str) -> list[Tick]:
    """Return the trades of a frame, none of other frames; raises `ExchangeProtocolError`."""
    try:
        message = wire.decode(text)
        if message.get("channel") != "trade":
            return []
        rows = message.get("data")
        if not isinstance(rows, list) or len(rows) > TRADES_MAX:
            raise ExchangeProtocolError("a trade frame without a list of trades, or too many")
        return [_tick(row) for row in rows]
    except (Refused, TypeError, KeyError, ValueError, OverflowError) as problem:
        raise ExchangeProtocolError(f"not a trade of the feed: {problem!r:.200}") from None


def _tick(row: dict[str, object]) -> Tick:
    pair = PAIRS[Symbol(str(row["symbol"]))]
    price = _positive(row["price"], "price").quantize(pair.price_tick, ROUND_HALF_UP)
    qty = _positive(row["qty"], "qty").quantize(pair.qty_step, ROUND_HALF_UP)
    return Tick(
        symbol=pair.symbol,
        price=max(price, pair.price_tick),
        qty=max(qty, pair.qty_step),
        side=Side(str(row["side"])),
        trade_id=int(_positive(row["trade_id"], "trade_id")),
        time_us=wire.parse_moment(row["timestamp"], "timestamp"),
    )


def _positive(value: object, name: str) -> Decimal:
    number = wire.parse_decimal(value, name)
    if not 0 < number < NUMBER_MAX:
        raise ExchangeProtocolError(f"{name} is {number}")
    return number
