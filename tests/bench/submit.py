"""How long is an order on its way to the exchange and its answer back, compared with ccxt?

Loopback, the simulated exchange, the same order, turn about in one run. The exchange makes every
accepted order durable before it answers, for all clients alike.
"""

import asyncio
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import ccxt

from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.endpoints import Endpoints
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.kraken import KrakenSettings, open_kraken
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId, Symbol
from s1mpletrader.model.inputs import ConnectionChanged
from s1mpletrader.model.orders import Ack, NewOrder, OrderType, Side, TimeInForce
from s1mpletrader.simulator.auth import DEFAULT_KEYS
from tests.simulator.harness import Running, process

ORDERS = 50
FAR_BELOW = Decimal("1000.0")
QTY = Decimal("0.001")
BTC_USD = Symbol("BTC/USD")


class Latency(NamedTuple):
    """Medians in seconds."""

    ours: float
    ccxt: float


def latency() -> Latency:
    """Place orders by both ways, one after the other."""
    with tempfile.TemporaryDirectory(prefix="s1mpletrader-bench-") as directory:
        options = ("--paused", "--start-bar", "60", "--decay-factor", "1000000")
        with process(Path(directory), *options) as (_, running):
            return Latency(median(asyncio.run(_ours(running))), median(_ccxt(running)))


async def _ours(running: Running) -> list[float]:
    clock, base = SystemClock(), f"127.0.0.1:{running.port}"
    key, inbox = DEFAULT_KEYS["SIM-ENGINE"], Inbox(SystemClock())
    settings = KrakenSettings(
        Endpoints(f"http://{base}", f"ws://{base}/public/v2", f"ws://{base}/private/v2"),
        (BTC_USD,),
        rate_decay_factor=1_000_000.0,
    )
    async with (
        open_kraken(
            settings,
            Credentials.from_text(key.key, key.secret),
            clock=clock,
            dice=lambda: 0.5,
            inbox=inbox,
            on_accepted=lambda _: None,
        ) as kraken,
        asyncio.TaskGroup() as group,
    ):
        kraken.connector.begin(await kraken.connector.server_time_us() // SECOND)
        running_feed = group.create_task(kraken.feed.run())
        while (found := await inbox.get()) is not None:
            if isinstance(found, ConnectionChanged) and found.state == "subscribed":
                break
        took: list[float] = []
        for number in range(ORDERS):
            order = _order(number, Micros(kraken.protocol.now_us() + 5 * SECOND))
            began = time.perf_counter()
            answer = await kraken.connector.submit(order, may_send=lambda: None)
            took.append(time.perf_counter() - began)
            if not isinstance(answer, Ack):
                raise TypeError(f"the order was not taken: {answer}")
            await kraken.connector.cancel(order.client_id, answer.txid)
        running_feed.cancel()
    return took


def _order(number: int, deadline_us: Micros) -> NewOrder:
    return NewOrder(
        client_id=ClientOrderId(f"1b9d6bcd-bbfd-4b2d-9b5d-{number:012}"),
        symbol=BTC_USD,
        side=Side.BUY,
        type=OrderType.LIMIT,
        qty=QTY,
        deadline_us=deadline_us,
        limit_price=FAR_BELOW,
        tif=TimeInForce.GTC,
    )


def _ccxt(running: Running) -> list[float]:
    key = DEFAULT_KEYS["SIM-STRANGER-1"]
    urls = {"api": {"public": running.url, "private": running.url}}
    client: Any = ccxt.kraken(
        {"apiKey": key.key, "secret": key.secret, "urls": urls, "enableRateLimit": False}
    )
    client.load_markets()
    took: list[float] = []
    for _ in range(ORDERS):
        began = time.perf_counter()
        made = client.create_order(BTC_USD, "limit", "buy", float(QTY), float(FAR_BELOW))
        took.append(time.perf_counter() - began)
        client.cancel_order(made["id"], BTC_USD)
    client.session.close()
    return took
