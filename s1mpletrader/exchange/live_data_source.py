"""How do market data and order events come in, and how is a lost connection noticed?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple, NoReturn

import aiohttp

from s1mpletrader.core.connection import ConnectionLimits, Phase
from s1mpletrader.errors import ExchangeError, Fenced
from s1mpletrader.exchange.endpoints import Endpoints
from s1mpletrader.exchange.frame_codec import SystemState
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.kraken_connector import KrakenConnector
from s1mpletrader.exchange.line import Line
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.exchange.talks import PrivateTalk, PublicTalk
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import ConnectionChanged, ExchangeStatus, Input, InstrumentsChanged
from s1mpletrader.model.market import Tick
from s1mpletrader.ports import Clock

TAPE_ENDED = "tape ended"
"""Detail of an `ExchangeStatus`: the simulated exchange has no more trades to play."""

INSTRUMENTS_EVERY_S = 3_600.0
"""Steps, minimums and fees change rarely, and with notice."""


class _Told(NamedTuple):
    state: str
    attempts: int
    connection: int


class LiveDataSource:
    """Two lines, public and private, seen as one connection: as good as the worse of them.

    `run` connects and reconnects; `inputs` yields what came in. The connection's number counts
    private connections, so that a look is void once that changes.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoints: Endpoints,
        symbols: Sequence[Symbol],
        *,
        connector: KrakenConnector,
        rest: RestClient,
        private: PrivateSocket,
        clock: Clock,
        protocol: ProtocolClock,
        dice: Callable[[], float],
        inbox: Inbox,
        limits: ConnectionLimits,
        ask_every_s: float,
    ) -> None:
        self._connector = connector
        self._clock = clock
        # often enough that a dead subscription is found within `silence_max_s`
        self._ask_every_s = max(ask_every_s, limits.silence_max_s / 10)
        self._private_socket = private
        self._inbox = inbox
        self._told = _Told("down", 0, 0)
        self._status = ExchangeStatus("")

        def line(url: str, talk: PublicTalk | PrivateTalk, name: str) -> Line:
            return Line(
                session,
                url,
                talk,
                clock=clock,
                protocol=protocol,
                dice=dice,
                limits=limits,
                on_change=lambda why: self._tell(f"{name}: {why}" if why else ""),
            )

        silence_max_s = limits.silence_max_s
        self._public_talk = PublicTalk(
            symbols, inbox, self._tell_status, clock=clock, silence_max_s=silence_max_s
        )
        self._private_talk = PrivateTalk(
            rest, private, inbox, self._tell_status, clock=clock, silence_max_s=silence_max_s
        )
        self._public = line(endpoints.ws_public_url, self._public_talk, "public")
        self._private = line(endpoints.ws_private_url, self._private_talk, "private")

    async def run(self) -> None:
        """Keep both lines connected until cancelled; raises `Fenced`."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._public.run())
                group.create_task(self._private.run())
                group.create_task(self._private_talk.renew_tokens())
                group.create_task(self._ask_for_quiet_symbols())
                group.create_task(self._refresh_instruments())
        except ExceptionGroup as failures:
            # the reaction to Fenced (exit 79) must not depend on how deep it is wrapped
            for failure in failures.exceptions:
                if isinstance(failure, Fenced):
                    raise failure from None
            raise

    async def inputs(self) -> AsyncIterator[Input]:
        """Yield what is in the inbox until it is closed."""
        while (item := await self._inbox.get()) is not None:
            yield item

    async def history(self, symbol: Symbol, since_us: Micros) -> Sequence[Tick]:
        """Return all public trades from `since_us` on, oldest first."""
        return await self._connector.history(symbol, since_us)

    async def _ask_for_quiet_symbols(self) -> NoReturn:
        """Compare what REST shows with what the subscription of a quiet symbol brought."""
        watch = self._public_talk.watch
        while True:
            await asyncio.sleep(self._ask_every_s)
            if self._public.state.phase is not Phase.SUBSCRIBED:
                continue
            symbol = watch.next_question(self._clock.monotonic_us())
            if symbol is None:
                continue
            try:
                shown = await self._connector.last_trade_id(symbol)
            except ExchangeError:
                continue  # nothing was learned
            if shown is not None:
                watch.shown(symbol, shown, self._clock.monotonic_us())

    async def _refresh_instruments(self) -> NoReturn:
        """Read the exchange's rules again now and then; what changed is an input."""
        while True:
            await asyncio.sleep(INSTRUMENTS_EVERY_S)
            try:
                changed = await self._connector.changed_instruments()
            except ExchangeError:
                continue  # next time
            if changed:
                self._inbox.put(InstrumentsChanged(changed))

    def _tell(self, why: str) -> None:
        """Report the connection when it changed; a failed attempt is a change."""
        lines = (self._public, self._private)
        phases = {line.state.phase for line in lines}
        if any(line.is_silent and line.state.phase is not Phase.DOWN for line in lines):
            state = "silent"
        elif phases & {Phase.DOWN, Phase.DIALLING}:
            state = "down"
        elif Phase.OPEN in phases:
            state = "up"
        else:
            state = "subscribed"
        attempts = max(line.state.attempts for line in lines)
        told = _Told(state, attempts, self._private_socket.connection)
        if told == self._told:
            return
        self._told = told
        self._inbox.put(ConnectionChanged(told.connection, state, attempts, why))

    def _tell_status(self, state: SystemState) -> None:
        status = ExchangeStatus(state.status, TAPE_ENDED if state.tape_ended else "")
        if status != self._status:
            self._status = status
            self._inbox.put(status)
