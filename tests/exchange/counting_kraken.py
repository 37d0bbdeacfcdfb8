"""What does an exchange count that answers in virtual time?

The counters are the simulated exchange's own, with the real figures of the Starter tier; a request
takes a random time to get there, and its answer to get back.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from s1mpletrader.core.rate_budget import TIERS as OUR_TIERS
from s1mpletrader.core.rate_budget import OrderBudget, RateBudget
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.frame_codec import Reply
from s1mpletrader.exchange.kraken_connector import KrakenConnector
from s1mpletrader.exchange.order_pace import OrderPace
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.simulator import rate_limits
from s1mpletrader.simulator.refusal import Refused
from tests.exchange.fake_kraken import ASSETS, KEY, PAIRS, SECRET, TOKEN, order_row, trade_row
from tests.exchange.virtual_time import JumpingClock

TRAVEL_MAX_S = 0.4
TXID = "OAAAAA-BBBBB-CCCCCC"
LISTS: dict[str, Any] = {
    "Time": {"unixtime": 1_700_000_000},
    "Assets": ASSETS,
    "AssetPairs": PAIRS,
    "GetWebSocketsToken": {"token": TOKEN},
    "OpenOrders": {"open": {}},
    "ClosedOrders": {"closed": {}, "count": 0},
    "TradesHistory": {"trades": {}, "count": 0},
    "Ledgers": {"ledger": {}, "count": 0},
    "BalanceEx": {"ZUSD": {"balance": "10000", "hold_trade": "0"}},
    "QueryOrders": {
        TXID: order_row(status="closed", vol_exec="0.01", closetm=1.5, trades=["T1"], opentm=1)
    },
    "QueryTrades": {"T1": trade_row(TXID, time=1, vol="0.01")},
}


class _Content:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        yield self._body


@dataclass
class CountingKraken:
    """Answers every call, and keeps what it would have refused."""

    clock: JumpingClock
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - weather
    limits: rate_limits.RateLimits = field(
        default_factory=lambda: rate_limits.RateLimits(rate_limits.TIERS["starter"])
    )
    refused: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    placed: dict[str, tuple[str, int]] = field(default_factory=dict)
    private: PrivateSocket | None = None
    is_clear: bool = True

    # --- as a REST session ---

    @asynccontextmanager
    async def request(self, _: str, url: str, **options: Any) -> AsyncIterator[Any]:
        call = urlsplit(url).path.rpartition("/")[2]
        self.calls.append(call)
        await self._travel()
        error: list[str] = []
        if "/private/" in url:
            assert dict(parse_qsl(options["data"].decode()))["nonce"]
            error = self._charge(lambda at: self.limits.charge_rest(KEY, call, at))
        await self._travel()
        answer: dict[str, Any] = {"error": error} if error else {"error": [], "result": LISTS[call]}
        yield SimpleNamespace(status=200, content=_Content(json.dumps(answer).encode()))

    # --- as a private WebSocket ---

    def write(self, text: str) -> bool:
        loop = asyncio.get_running_loop()
        loop.call_later(self.dice.uniform(0, TRAVEL_MAX_S), self._take, json.loads(text))
        return True

    def _take(self, asked: dict[str, Any]) -> None:
        params, now = asked["params"], self.clock.monotonic_us()
        txid = TXID
        match asked["method"]:
            case "add_order":
                txid, symbol = f"O{len(self.placed):017}", params["symbol"]
                self.placed[txid] = (symbol, now)
                cost = rate_limits.PLACE_COST
            case "amend_order":
                symbol, since = self.placed[params["order_id"]]
                cost = rate_limits.amend_cost(now - since)
            case _:
                symbol, since = self.placed[params["order_id"][0]]
                cost = rate_limits.cancel_cost(now - since)
        # a real exchange counts cancels without refusing them: here they are told, too
        error = self._charge(lambda at: self.limits.charge_order("main", symbol, cost, at))
        asyncio.get_running_loop().call_later(
            self.dice.uniform(0, TRAVEL_MAX_S), self._reply, asked, txid, "".join(error)
        )

    def _reply(self, asked: dict[str, Any], txid: str, error: str) -> None:
        assert self.private is not None
        self.private.answered(
            Reply(
                method=asked["method"],
                req_id=asked["req_id"],
                ok=not error,
                error=error,
                txid=ExchangeOrderId(txid),
                channel="",
                symbol=None,
                time_in_us=None,
                time_out_us=None,
            )
        )

    def _charge(self, charge: Any) -> list[str]:
        try:
            charge(self.clock.monotonic_us())
        except Refused as refused:
            self.refused.append(refused.code)
            return [refused.code]
        return []

    async def _travel(self) -> None:
        await asyncio.sleep(self.dice.uniform(0, TRAVEL_MAX_S))


def connector(kraken: CountingKraken) -> tuple[KrakenConnector, RestClient]:
    """Return the real connector, connected to it."""
    clock = kraken.clock
    protocol = ProtocolClock(clock)
    private = PrivateSocket(clock=clock, protocol=protocol)
    tier = OUR_TIERS["starter"]
    session: Any = kraken
    rest = RestClient(
        session,
        "https://kraken.example",
        Credentials.from_text(KEY, SECRET),
        clock=clock,
        protocol=protocol,
        dice=kraken.dice.random,
        budget=RateBudget(tier),
        on_accepted=lambda _: None,
    )
    made = KrakenConnector(
        rest, private, OrderPace(OrderBudget(tier)), clock=clock, protocol=protocol
    )
    made.begin(1_700_000_000)
    kraken.private = private
    private.attach(session, TOKEN)
    return made, rest


def in_s(clock: JumpingClock, seconds: float) -> Micros:
    """Return a deadline."""
    return Micros(clock.wall_us() + round(seconds * SECOND))
