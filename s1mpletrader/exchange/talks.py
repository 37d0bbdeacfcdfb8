"""What is said and heard on the public and on the private line?"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NoReturn

from s1mpletrader.errors import ExchangeError, ExchangeUnavailable
from s1mpletrader.exchange import account_codec, error_codec, request_codec
from s1mpletrader.exchange.account_codec import TOKEN_LIFE_MIN_S, SocketToken
from s1mpletrader.exchange.executions import ExecutionMerge
from s1mpletrader.exchange.frame_codec import (
    Executions,
    Frame,
    Reply,
    SystemState,
    Trades,
)
from s1mpletrader.exchange.frame_socket import FrameSocket
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.market_join import MarketJoin
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.exchange.subscription_watch import ReportWatch, TradeWatch
from s1mpletrader.model.ids import Symbol
from s1mpletrader.ports import Clock

_SUBSCRIBE = "subscribe"
_ADD_ORDER = "add_order"
_TOKEN_AGE_MAX = 2 / 3
"""Of its life, when a token is replaced."""


class PublicTalk:
    """Public trades and the exchange's status."""

    def __init__(
        self,
        symbols: Sequence[Symbol],
        inbox: Inbox,
        on_state: Callable[[SystemState], None],
        *,
        clock: Clock,
        silence_max_s: float,
    ) -> None:
        self._symbols = tuple(symbols)
        self._inbox = inbox
        self._on_state = on_state
        self._clock = clock
        self.watch = TradeWatch(silence_max_s)
        """Told from outside what REST shows."""
        self._join = MarketJoin()
        self._unacknowledged: set[Symbol] = set()
        self._requests = 0

    def next_request(self) -> int:
        """Return a fresh `req_id`."""
        self._requests += 1
        return self._requests

    async def prepare(self) -> None:
        """Need nothing."""

    def opened(self, socket: FrameSocket) -> Sequence[str]:
        """Subscribe to trades; the exchange acknowledges each symbol."""
        del socket
        self._unacknowledged = set(self._symbols)
        self.watch.begin(self._symbols, self._clock.monotonic_us())
        return [request_codec.subscribe_trades(self._symbols, self.next_request())]

    @property
    def is_subscribed(self) -> bool:
        """Whether every symbol was acknowledged."""
        return not self._unacknowledged

    def heard(self, frame: Frame) -> None:
        """Put trades into the inbox; raises `ExchangeUnavailable` for a dead subscription."""
        now_us = self._clock.monotonic_us()
        match frame:
            case Trades():
                for tick in frame.ticks:
                    self.watch.heard(tick.symbol, tick.trade_id, now_us)
                for item in self._join.joined(frame):
                    self._inbox.put(item)
            case SystemState():
                self._on_state(frame)
            case Reply(method=method) if method == _SUBSCRIBE:
                if not frame.ok:
                    raise ExchangeUnavailable(f"subscription refused: {frame.error}")
                if frame.symbol is not None:
                    self._unacknowledged.discard(frame.symbol)
            case _:
                pass
        _drop_if(self.watch.complaint(now_us))

    def lost(self, why: str) -> None:
        """Forget the acknowledgements."""
        del why
        self._unacknowledged = set(self._symbols)

    async def room(self) -> None:
        """Never wait: the inbox drops market data where it comes in (SAFETY J4)."""


class PrivateTalk:
    """Our orders' events, and answers to what was asked on this connection."""

    def __init__(
        self,
        rest: RestClient,
        private: PrivateSocket,
        inbox: Inbox,
        on_state: Callable[[SystemState], None],
        *,
        clock: Clock,
        silence_max_s: float,
    ) -> None:
        self._rest = rest
        self._private = private
        self._inbox = inbox
        self._on_state = on_state
        self._clock = clock
        self._merge = ExecutionMerge()
        self._watch = ReportWatch(silence_max_s)
        self._token = SocketToken("", TOKEN_LIFE_MIN_S)
        self._sequence = 0
        self._is_subscribed = False

    def next_request(self) -> int:
        """Return a fresh `req_id`."""
        return self._private.next_request()

    async def prepare(self) -> None:
        """Fetch a new token; it dies with its connection."""
        self._token = await self._fetch_token()

    async def renew_tokens(self) -> NoReturn:
        """Replace the token well before it expires, for ever; raises `Fenced`.

        A subscription keeps its token alive, says the exchange; orders do not rely on that.
        """
        wait_s = self._token.life_s
        while True:
            await asyncio.sleep(wait_s * _TOKEN_AGE_MAX)
            try:
                token = await self._fetch_token()
            except ExchangeError:
                wait_s = TOKEN_LIFE_MIN_S  # the one in use is still valid
                continue
            self._private.renew(token.text)
            wait_s = token.life_s

    async def _fetch_token(self) -> SocketToken:
        result = await self._rest.private("GetWebSocketsToken", urgent=True)
        return account_codec.read_token(result)

    def opened(self, socket: FrameSocket) -> Sequence[str]:
        """Subscribe to executions; a new subscription counts its messages from 1."""
        self._private.attach(socket, self._token.text)
        self._watch.begin()
        self._sequence = 0
        self._is_subscribed = False
        return [request_codec.subscribe_executions(self._token.text, self.next_request())]

    @property
    def is_subscribed(self) -> bool:
        """Whether the executions subscription was acknowledged."""
        return self._is_subscribed

    def heard(self, frame: Frame) -> None:
        """Put order events into the inbox; match answers to their requests."""
        match frame:
            case Executions():
                self._take(frame)
            case Reply(method=method) if method == _SUBSCRIBE:
                if not frame.ok:
                    raise ExchangeUnavailable(f"subscription refused: {frame.error}")
                self._is_subscribed = True
            case Reply():
                self._answer(frame)
            case SystemState():
                self._on_state(frame)
            case _:
                pass
        _drop_if(self._watch.complaint(self._clock.monotonic_us()))

    def lost(self, why: str) -> None:
        """Leave every unanswered request unknown."""
        self._is_subscribed = False
        self._private.detach(why)

    async def room(self) -> None:
        """Read no further while the inbox is half full of what it must not drop."""
        await self._inbox.room()

    def _take(self, executions: Executions) -> None:
        if executions.sequence <= self._sequence:
            return  # a repeated message
        if executions.sequence != self._sequence + 1:
            raise ExchangeUnavailable(
                f"executions message {self._sequence + 1} is missing, got {executions.sequence}"
            )
        self._sequence = executions.sequence
        for report in executions.reports:
            self._watch.reported(report.txid)
            self._inbox.put(self._merge.merge(report))

    def _answer(self, reply: Reply) -> None:
        late = self._private.answered(reply)
        if late is not None:
            self._inbox.put(late)
        if error_codec.is_about_token(reply.error):
            raise ExchangeUnavailable("the token is not valid any more")
        placed = reply.txid if reply.method == _ADD_ORDER and reply.ok else None
        if placed is not None and not self._merge.knows(placed):  # its report may come first
            self._watch.accepted(placed, self._clock.monotonic_us())


def _drop_if(complaint: str | None) -> None:
    if complaint is not None:
        raise ExchangeUnavailable(complaint)
