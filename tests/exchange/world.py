"""How do tests reach the fake exchange through the real connector?"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from s1mpletrader.core.backoff import Backoff
from s1mpletrader.core.connection import ConnectionLimits
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.endpoints import Endpoints
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.kraken import Kraken, KrakenSettings, open_kraken
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId, Symbol
from s1mpletrader.model.inputs import ConnectionChanged, Input
from s1mpletrader.model.orders import NewOrder, OrderType, Side, TimeInForce
from tests.exchange.fake_kraken import KEY, SECRET, FakeKraken

BTC_USD = Symbol("BTC/USD")
CLIENT_ID = ClientOrderId("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")
EPOCH = 1_700_000_000
Result = TypeVar("Result")
Wanted = TypeVar("Wanted", bound=Input)


class RealClock:
    """The host's clocks."""

    def wall_us(self) -> Micros:
        return Micros(time.time_ns() // 1_000)

    def monotonic_us(self) -> Micros:
        return Micros(time.monotonic_ns() // 1_000)

    def boottime_us(self) -> Micros:
        return self.monotonic_us()


@dataclass
class HandClock:
    """Clocks that move by hand."""

    monotonic: int = 10 * SECOND
    wall: int = EPOCH * SECOND

    def wall_us(self) -> Micros:
        return Micros(self.wall)

    def monotonic_us(self) -> Micros:
        return Micros(self.monotonic)

    def boottime_us(self) -> Micros:
        return Micros(self.monotonic)


QUICK = ConnectionLimits(
    silence_max_s=0.4,
    ping_after_s=0.2,
    ping_every_s=0.3,
    backoff=Backoff(first_s=0.02, most_s=0.05),
)


@dataclass
class World:
    """The connector, its inbox and the fake behind it."""

    fake: FakeKraken
    kraken: Kraken
    inbox: Inbox
    accepted: list[Micros] = field(default_factory=list)
    taken: list[Input] = field(default_factory=list)
    patience_s: float = 5.0

    async def until(self, kind: type[Wanted], /, **fields: Any) -> Wanted:
        """Take inputs until one of this kind with these fields comes."""
        async with asyncio.timeout(self.patience_s):
            while (item := await self.inbox.get()) is not None:
                self.taken.append(item)
                if isinstance(item, kind) and all(
                    getattr(item, name) == value for name, value in fields.items()
                ):
                    return item
        raise AssertionError(f"no {kind.__name__} {fields} in {self.taken}")

    async def subscribed(self) -> ConnectionChanged:
        return await self.until(ConnectionChanged, state="subscribed")


def settings(fake: FakeKraken, **over: Any) -> KrakenSettings:
    s = "s" if fake.tls else ""
    values: dict[str, Any] = {
        "endpoints": Endpoints(
            f"http{s}://{fake.base}",
            f"ws{s}://{fake.base}/public/v2",
            f"ws{s}://{fake.base}/private/v2",
        ),
        "symbols": (BTC_USD,),
        "rate_decay_factor": 1_000.0,
        "submit_timeout_s": 0.3,
        "rest_timeout_s": 0.5,
        "history_pause_s": 0.0,
        "limits": QUICK,
    }
    return KrakenSettings(**values | over)


@asynccontextmanager
async def world(
    fake: FakeKraken, *, connect: bool = True, market_max: int = 1_000, **over: Any
) -> AsyncIterator[World]:
    """Yield a connector on the fake; with `connect` its feed runs."""
    clock = RealClock()
    inbox = Inbox(clock, market_max=market_max)
    accepted: list[Micros] = []
    async with (
        fake.serve(),
        open_kraken(
            settings(fake, **over),
            Credentials.from_text(KEY, SECRET),
            clock=clock,
            dice=lambda: 0.5,
            inbox=inbox,
            on_accepted=accepted.append,
        ) as kraken,
        asyncio.TaskGroup() as group,
    ):
        kraken.connector.begin(EPOCH)
        running = group.create_task(kraken.feed.run()) if connect else None
        try:
            yield World(fake, kraken, inbox, accepted)
        finally:
            if running:
                running.cancel()


def play(scene: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a scene to its end, bounded."""

    async def bounded() -> Result:
        async with asyncio.timeout(20):
            return await scene()

    try:
        return asyncio.run(bounded())
    except BaseExceptionGroup as group:
        failure: BaseException = group
        while isinstance(failure, BaseExceptionGroup) and len(failure.exceptions) == 1:
            failure = failure.exceptions[0]
        raise failure from None


def an_order(**over: Any) -> NewOrder:
    values: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "symbol": BTC_USD,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "qty": Decimal("0.01000000"),
        "deadline_us": Micros(time.time_ns() // 1_000 + 5 * SECOND),
        "limit_price": Decimal("30000.0"),
        "tif": TimeInForce.IOC,
    }
    return NewOrder(**values | over)


def pass_door() -> str | None:
    """Let every order out."""
    return None
