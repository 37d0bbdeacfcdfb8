"""What runs while the engine runs, and in which order does it start and stop?

Start: recovered books -> the exchange's time -> an epoch of our own -> instruments -> one input
RUN_STARTED -> connect -> looks -> trade. No answer of the exchange is waited for before READY: the
engine is up, says that it does not trade and why, and keeps asking (SAFETY W3).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from s1mpletrader.core.backoff import Backoff
from s1mpletrader.core.protection import bare_quantity
from s1mpletrader.core.trades import Trade
from s1mpletrader.errors import ConfigurationError, ExchangeError
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.orders import OrderRole
from s1mpletrader.ports import Clock, Exchange, MarketFeed, ServiceManager
from s1mpletrader.services.desk import Desk
from s1mpletrader.services.history_keeper import HistoryKeeper

_log = logging.getLogger(__name__)

YIELD_EVERY = 64
"""Inputs handled in a row before other tasks get a turn."""
TIMER_STEP_S = 0.02
STOP_WAIT_US = Micros(30 * SECOND)
"""How long a stop waits for orders in doubt and exits under way (SAFETY W4)."""
HISTORY_CHUNK = 500


class Beginning(Value, frozen=True):
    """What a run says of itself before it knows the exchange."""

    version: str
    python: str
    config_hash: str
    environment: str
    start_bits: int
    seed: int
    host_id: str
    boot_id: str
    capital: tuple[inputs.CapitalConfigured, ...]
    warm_up_us: Micros


class OperationService:
    """Runs the operation: connects, consumes, feeds history, wakes, stops."""

    def __init__(
        self,
        desk: Desk,
        inbox: Inbox,
        exchange: Exchange,
        feed: MarketFeed,
        clock: Clock,
        notifier: ServiceManager,
        beginning: Beginning,
        draw_epoch: Callable[[Micros], Awaitable[int]],
        now_us: Callable[[], Micros],
        jitter: Callable[[], float],
    ) -> None:
        self._desk = desk
        self._inbox = inbox
        self._exchange = exchange
        self._feed = feed
        self._clock = clock
        self._notifier = notifier
        self._beginning = beginning
        self._draw_epoch = draw_epoch
        self._now_us = now_us
        self._jitter = jitter
        self._keepers: dict[Symbol, HistoryKeeper] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Run until cancelled; raises `Fenced` and what ends the process."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(self._consume())
            tasks.create_task(self._wake())
            await self._begin()
            await self._feed.run()

    async def _begin(self) -> None:
        """Ask the exchange for its time and rules until it answers, then start the run."""
        beginning, attempt = self._beginning, 0
        while True:
            try:
                epoch = await self._draw_epoch(await self._exchange.server_time_us())
                instruments = await self._exchange.load_instruments()
                break
            except ExchangeError as error:
                attempt += 1
                text = f"up, NOT trading: the exchange does not answer ({error})"
                self._notifier.status(text)
                _log.warning("%s", text, extra={"event": "EXCHANGE_UNAVAILABLE"})
                await asyncio.sleep(Backoff().delay_s(attempt, self._jitter()))
        used = {link.runtime.symbol for link in self._desk.links.values()}
        unknown = used - {each.symbol for each in instruments}
        if unknown:
            text = f"the exchange does not list {', '.join(sorted(unknown))}"
            raise ConfigurationError(text, hint="correct `symbol` of the link in operation.yaml")
        self._desk.handle(
            inputs.RunStarted(
                version=beginning.version,
                python=beginning.python,
                config_hash=beginning.config_hash,
                environment=beginning.environment,
                epoch=epoch,
                start_bits=beginning.start_bits,
                seed=beginning.seed,
                host_id=beginning.host_id,
                boot_id=beginning.boot_id,
                instruments=instruments,
            )
        )
        for capital in beginning.capital:
            self._desk.handle(capital)
        books = self._desk.trader.books
        for symbol in sorted(used):
            last = books.last_ticks.get(symbol)
            self._keepers[symbol] = HistoryKeeper(symbol, last, beginning.warm_up_us)

    async def _consume(self) -> None:
        """Take inputs one at a time, in the order of the inbox: the one consumer."""
        count = 0
        while True:
            event = await self._inbox.get()
            if event is None:
                return
            self._take(event)
            count += 1
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    def _take(self, event: inputs.Input) -> None:
        keeper = self._keepers.get(event.symbol) if isinstance(event, inputs.MarketTick) else None
        if keeper is None or not isinstance(event, inputs.MarketTick):
            self._desk.handle(event)
            return
        if not self._desk.takes_market_data:
            return  # storage stalls: this trade becomes a gap that is filled when it answers
        was_filling, was_shedding = keeper.is_filling, keeper.is_shedding
        if keeper.admit(event):
            self._desk.handle(event)
        elif keeper.is_filling and not was_filling and self._tasks is not None:
            detail = f"{keeper.symbol} is missing between {keeper.last_id} and {event.trade_id}"
            self._desk.handle(inputs.GapNoticed("trades", detail, symbol=keeper.symbol))
            self._tasks.create_task(self._fill(keeper))
        elif keeper.is_shedding and not was_shedding:
            detail = f"{keeper.symbol} from {event.trade_id} on finds no room to wait for history"
            self._desk.handle(inputs.GapNoticed("trades", detail, symbol=keeper.symbol))

    async def _fill(self, keeper: HistoryKeeper) -> None:
        """Read and feed what is missing, again and again until the live trades follow."""
        attempt = 0
        while keeper.is_filling:
            try:
                history = await self._feed.history(keeper.symbol, keeper.missing_since_us())
            except ExchangeError as error:
                attempt += 1
                _log.warning(
                    "the history of %s could not be read: %s",
                    keeper.symbol,
                    error,
                    extra={"event": "HISTORY_UNREAD"},
                )
                await asyncio.sleep(Backoff().delay_s(attempt, self._jitter()))
                continue
            missed = keeper.fill(history)
            for count, tick in enumerate(missed):
                self._desk.handle(tick)
                if count % HISTORY_CHUNK == HISTORY_CHUNK - 1:
                    await self._let_the_disk_follow()
            is_further = bool(missed)
            while released := keeper.release(HISTORY_CHUNK):
                is_further = True
                for tick in released:
                    self._desk.handle(tick)
                await self._let_the_disk_follow()
            attempt = 0 if is_further else attempt + 1
            if not is_further:  # history lags behind the live trades
                await asyncio.sleep(Backoff().delay_s(attempt, self._jitter()))
        self._desk.handle(inputs.HistoryFed(keeper.symbol, keeper.last_id))

    async def _let_the_disk_follow(self) -> None:
        """Give other tasks a turn, and the journal time to write what was fed."""
        await asyncio.sleep(0)
        while not self._desk.takes_market_data:  # noqa: ASYNC110 - the writer's thread makes room
            await asyncio.sleep(TIMER_STEP_S)

    async def _wake(self) -> None:
        """Give the trader the timer inputs that it asked for."""
        while True:
            await asyncio.sleep(TIMER_STEP_S)
            wake_us = self._desk.wake_us
            if wake_us is not None and self._now_us() >= wake_us:
                self._desk.wake_us = None
                self._inbox.put(inputs.TimerFired())

    async def stop(self, by: str) -> None:
        """End in order: no entry is born, what is in doubt or closing gets its time (SAFETY W4)."""
        self._notifier.stopping("stopping: entries are refused, orders in doubt are awaited")
        self._desk.handle(inputs.OperatorCommand("stop", by))
        began_us = self._clock.monotonic_us()
        while self._clock.monotonic_us() - began_us < STOP_WAIT_US:
            if not self._is_unfinished():
                break
            await asyncio.sleep(TIMER_STEP_S)
        self._desk.handle(inputs.OperatorCommand("stopped", by, "clean stop"))

    def _is_unfinished(self) -> bool:
        """Return whether something is in doubt, closing, or held without its whole stop."""
        books = self._desk.trader.books
        return any(
            order.is_in_doubt or order.amend is not None or order.role is not OrderRole.STOP
            for order in books.live_orders()
        ) or any(
            trade.is_exit_wanted or self._is_bare(trade)
            for trade in map(books.trades.__getitem__, books.open_trades)
        )

    def _is_bare(self, trade: Trade) -> bool:
        books = self._desk.trader.books
        instrument = books.instruments[trade.symbol]
        if trade.stop_trigger is None:
            return False
        return bare_quantity(books.orders_of(trade), instrument) >= instrument.qty_min
