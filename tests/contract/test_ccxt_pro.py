"""Does every WebSocket call that ccxt.pro has for the real exchange work on the simulated one?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest

from s1mpletrader.simulator.auth import DEFAULT_KEYS
from tests.simulator.harness import Running, process

pytestmark = [
    pytest.mark.slow,
    # ccxt's own loop leaves sockets to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
BTC = "BTC/USD"
PATIENCE_S = 20.0
Scene = Callable[[Any, Running], Awaitable[None]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("exchange")
    options = ("--paused", "--start-bar", "40", "--decay-factor", "10000")
    with process(directory, *options) as (_, found):
        yield found


@asynccontextmanager
async def connected(running: Running) -> AsyncIterator[Any]:
    key = DEFAULT_KEYS["SIM-STRANGER-1"]
    sockets = f"ws://127.0.0.1:{running.port}"
    ws = {"publicV2": f"{sockets}/public/v2", "privateV2": f"{sockets}/private/v2"}
    urls = {"api": {"public": running.url, "private": running.url, "ws": ws}}
    client = ccxt.pro.kraken(
        {"apiKey": key.key, "secret": key.secret, "urls": urls, "enableRateLimit": False}
    )
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


def play(running: Running, scene: Scene) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE_S), connected(running) as client:
            await scene(client, running)

    asyncio.run(bounded())


async def step(running: Running, count: int = 1) -> None:
    await running.ask(lambda: running.control.step(count))


async def while_the_market_moves(running: Running, watched: Awaitable[Any]) -> Any:
    """Return what was watched for, letting the tape go on until it comes."""
    task = asyncio.get_running_loop().create_task(_of(watched))
    while not task.done():
        await step(running)
        await asyncio.wait({task}, timeout=0.1)
    return task.result()


async def _of(watched: Awaitable[Any]) -> Any:
    return await watched


@pytest.mark.parametrize(
    ("watch", "holds"),
    [
        ("watch_ticker", lambda found: found["last"] > 0),
        ("watch_trades", lambda found: found[-1]["price"] > 0),
        ("watch_order_book", lambda found: found["bids"][0][0] < found["asks"][0][0]),
        ("watch_ohlcv", lambda found: found[-1][4] > 0),
    ],
)
def test_public_channels(running: Running, watch: str, holds: Callable[[Any], bool]) -> None:
    async def scene(client: Any, exchange: Running) -> None:
        for _ in range(2):
            found = await while_the_market_moves(exchange, getattr(client, watch)(BTC))
            assert holds(found)

    play(running, scene)


def test_the_best_bid_and_ask(running: Running) -> None:
    async def scene(client: Any, exchange: Running) -> None:
        found = await while_the_market_moves(exchange, client.watch_bids_asks([BTC]))
        assert found[BTC]["bid"] < found[BTC]["ask"]

    play(running, scene)


@pytest.mark.parametrize(
    ("watch", "key", "order"),
    [
        ("watch_orders", "id", ("limit", "buy", 0.01, 1_000.0)),
        ("watch_my_trades", "order", ("market", "buy", 0.01)),
    ],
)
def test_orders_trades_and_balances_of_the_account(
    running: Running, watch: str, key: str, order: tuple[Any, ...]
) -> None:
    async def scene(client: Any, exchange: Running) -> None:
        await step(exchange)
        balance = await client.watch_balance()
        assert balance["USD"]["total"] > 0
        made = await client.create_order_ws(BTC, *order)
        seen: set[str] = set()
        while made["id"] not in seen:
            seen |= {row[key] for row in await getattr(client, watch)()}
        await client.cancel_all_orders_ws()

    play(running, scene)


def test_an_order_is_placed_changed_and_cancelled(running: Running) -> None:
    async def scene(client: Any, _: Running) -> None:
        made = await client.create_order_ws(BTC, "limit", "buy", 0.01, 1_000.0)
        await client.edit_order_ws(made["id"], BTC, "limit", "buy", 0.02, 1_001.0)
        order = await client.fetch_order(made["id"])
        assert (order["amount"], order["price"]) == (0.02, 1_001.0)
        await client.cancel_order_ws(made["id"])
        assert (await client.fetch_order(made["id"]))["status"] == "canceled"

    play(running, scene)


def test_many_orders_are_cancelled(running: Running) -> None:
    async def scene(client: Any, _: Running) -> None:
        await client.cancel_all_orders_ws()
        ids = [
            (await client.create_order_ws(BTC, "limit", "buy", 0.01, 1_000.0))["id"]
            for _ in range(4)
        ]
        await client.cancel_orders_ws(ids[:2])
        assert {o["id"] for o in await client.fetch_open_orders(BTC)} == set(ids[2:])
        await client.cancel_all_orders_ws()
        assert await client.fetch_open_orders(BTC) == []

    play(running, scene)
