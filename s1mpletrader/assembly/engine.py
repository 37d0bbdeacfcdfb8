"""How is an engine put together, and how does its process end?

The composition root of the running engine: plain constructor calls, top to bottom. Everything
that can refuse does so before READY (SAFETY W3): locks 75, state 65, configuration 78.
"""

import asyncio
import logging
import platform
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass

from s1mpletrader import __version__
from s1mpletrader.alerts.log_channel import LogChannel
from s1mpletrader.assembly.engine_check import check_of_engine
from s1mpletrader.assembly.engine_settings import EngineSettings
from s1mpletrader.assembly.persistor_factory import PersistorFactory
from s1mpletrader.core.identity import tag_of
from s1mpletrader.core.trader import Trader
from s1mpletrader.errors import S1mpleTraderError, StateError
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.kraken import Kraken, open_kraken
from s1mpletrader.host import dice, metrics
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.host.control_server import ControlServer
from s1mpletrader.host.log import LogSink
from s1mpletrader.host.peers import own_admission
from s1mpletrader.host.service_notifier import ServiceNotifier
from s1mpletrader.host.status_server import StatusServer
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor
from s1mpletrader.persistence.last_exit import read_last_exit
from s1mpletrader.services.checkpointer import Checkpointer, WorkerMemory
from s1mpletrader.services.control_desk import ControlDesk
from s1mpletrader.services.desk import Desk, Link
from s1mpletrader.services.engine_metrics import EngineMetrics
from s1mpletrader.services.execution_handler import ExecutionHandler
from s1mpletrader.services.farewell import farewell
from s1mpletrader.services.narrator import Narrator
from s1mpletrader.services.operation_service import Beginning, OperationService
from s1mpletrader.services.process_metrics import ProcessMetrics
from s1mpletrader.services.reconciliation_service import ReconciliationService
from s1mpletrader.services.recovery import recover
from s1mpletrader.services.watchdog import Watchdog

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What an engine is put together from."""

    kraken: Kraken
    journal: JsonlPersistor
    execution: ExecutionHandler
    reconciliation: ReconciliationService
    measures: EngineMetrics
    observers: list[Callable[[Group], None]]
    desk: Desk
    checkpointer: Checkpointer


class Engine:
    """One run of the engine, from recovered books to a clean stop."""

    def __init__(
        self,
        settings: EngineSettings,
        journal_file: JournalFile,
        persistors: PersistorFactory,
        notifier: ServiceNotifier,
        log: LogSink,
    ) -> None:
        self._settings = settings
        self._journal_file = journal_file
        self._persistors = persistors
        self._notifier = notifier
        self._log = log
        self._clock = SystemClock()
        self._inbox = Inbox(self._clock)
        self._trader = Trader(settings.rules, tag_of(settings.account, settings.operation))
        self._disk_thread = ThreadPoolExecutor(1, thread_name_prefix="disk")
        self._stopping = asyncio.Event()
        self._stopped_by = ""
        self._failure: S1mpleTraderError | None = None

    async def run(self) -> None:
        """Run until told to stop; raises what must end the process with its exit code."""
        journal = JsonlPersistor(
            self._journal_file, self._clock, on_storage=self._on_storage, on_failure=self._fail
        )
        async with AsyncExitStack() as stack:
            kraken = await stack.enter_async_context(self._exchange())
            parts = self._assemble(kraken, journal)
            warm_up_us = self._settings.warm_up_us
            recover(parts.desk, self._journal_file, parts.checkpointer, warm_up_us)
            journal.start()
            await self._persistors.requests(self._disk_thread).honour(parts.desk, journal)
            watchdog = self._watchdog(parts)
            await self._open(stack, parts, watchdog)
            self._notifier.ready("up, NOT trading: connecting to the exchange")
            await self._trade(parts, watchdog)

    def _exchange(self) -> AbstractAsyncContextManager[Kraken]:
        settings = self._settings
        return open_kraken(
            settings.kraken,
            settings.credentials,
            clock=self._clock,
            dice=dice.jitter,
            inbox=self._inbox,
            on_accepted=lambda sent_us: self._inbox.put(inputs.LeaseRenewed(sent_us)),
        )

    def _assemble(self, kraken: Kraken, journal: JsonlPersistor) -> _Parts:
        """Put together what handles an input, from the books to the door."""
        execution = ExecutionHandler(
            kraken.connector, self._trader, self._inbox, kraken.protocol, LogChannel()
        )
        reconciliation = ReconciliationService(kraken.connector, self._inbox)
        links = {
            link: Link(each.runtime, each.capital, each.workers)
            for link, each in self._settings.links.items()
        }
        measures = EngineMetrics(self._trader, links.values, journal, self._inbox)
        narrator = Narrator(self._trader, self._notifier)
        observers: list[Callable[[Group], None]] = [measures.observe, narrator.observe]
        desk = Desk(
            self._trader, links, journal, kraken.protocol, execution, reconciliation, observers
        )
        checkpointer = Checkpointer(
            self._persistors.checkpoints(),
            WorkerMemory(self._persistors.worker_state),
            self._disk_thread,
            every_s=self._settings.checkpoint_every_s,
        )
        return _Parts(
            kraken, journal, execution, reconciliation, measures, observers, desk, checkpointer
        )

    def _watchdog(self, parts: _Parts) -> Watchdog:
        return Watchdog(
            parts.desk,
            self._inbox,
            parts.journal,
            self._clock,
            self._notifier,
            every_us=self._settings.probe_every_us,
        )

    async def _open(self, stack: AsyncExitStack, parts: _Parts, watchdog: Watchdog) -> None:
        """Let people in: the control socket and the status pages."""
        settings = self._settings
        control_desk = ControlDesk(
            parts.desk,
            parts.reconciliation,
            parts.journal,
            watchdog,
            parts.kraken.protocol.now_us,
            self._facts(),
            check=lambda: check_of_engine(parts.kraken.inspector, self._settings, self._clock),
            on_stop=self._stop,
            on_failure=self._fail,
        )
        parts.observers.append(control_desk.observe)
        control = ControlServer(settings.control, control_desk, own_admission())
        await control.start()
        stack.push_async_callback(control.close)
        numbers = ProcessMetrics(
            parts.measures, watchdog, parts.journal.sync_times, self._notifier, self._log
        )
        pages = StatusServer(
            watchdog,
            self._clock,
            metrics.registry(numbers, settings.environment),
            host=settings.status_host,
            port=settings.status_port,
        )
        await pages.start()
        stack.push_async_callback(pages.close)

    async def _trade(self, parts: _Parts, watchdog: Watchdog) -> None:
        """Run every loop until the end, then write what the next start begins with."""
        try:
            await self._serve(
                self._operation(parts),
                parts.execution.run(),
                parts.reconciliation.run(),
                parts.checkpointer.run(parts.desk, parts.journal),
                watchdog.run(),
            )
            await parts.checkpointer.try_to_write(parts.desk, parts.journal)
        except BaseException:
            with suppress(StateError):  # a slow disk must not turn FENCED (79) into 74
                await parts.journal.close()
            raise
        await parts.journal.close()
        _log.info("%s", farewell(self._trader.books), extra={"event": "STOPPED"})

    async def _serve(
        self, operation: OperationService, *loops: Coroutine[None, None, None]
    ) -> None:
        """Keep every loop going until a stop or a failure; then stop in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number.name)
        loop.add_signal_handler(signal.SIGHUP, _refuse_reload)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each) for each in (operation.run(), *loops)]
            await self._stopping.wait()
            if self._failure is None:
                await operation.stop(self._stopped_by)
            for task in running:
                task.cancel()
        if self._failure is not None:
            raise self._failure

    def _operation(self, parts: _Parts) -> OperationService:
        settings, kraken = self._settings, parts.kraken
        epochs = self._persistors.epoch()

        async def draw_epoch(public_us: Micros) -> int:
            loop = asyncio.get_running_loop()
            epoch = await loop.run_in_executor(self._disk_thread, epochs.draw, public_us // SECOND)
            kraken.connector.begin(epoch)
            return epoch

        beginning = Beginning(
            version=__version__,
            python=platform.python_version(),
            config_hash=settings.config_hash,
            environment=settings.environment,
            start_bits=dice.start_bits(),
            seed=dice.run_seed(),
            host_id=settings.instance.host_id,
            boot_id=settings.instance.boot_id,
            capital=tuple(
                inputs.CapitalConfigured(
                    link, each.capital_asset, each.capital, each.accepts_unprotected
                )
                for link, each in settings.links.items()
            ),
            warm_up_us=settings.warm_up_us,
        )
        return OperationService(
            parts.desk,
            self._inbox,
            kraken.connector,
            kraken.feed,
            self._clock,
            self._notifier,
            beginning,
            draw_epoch,
            kraken.protocol.now_us,
            dice.jitter,
        )

    def _facts(self) -> dict[str, object]:
        settings = self._settings
        return {
            "operation": settings.operation,
            "mode": settings.environment,
            "version": __version__,
            "state_directory": str(settings.state),
            "last_exit": read_last_exit(settings.state),
        }

    def _stop(self, by: str) -> None:
        self._stopped_by = by
        self._stopping.set()

    def _fail(self, error: S1mpleTraderError) -> None:
        """End the process without another word to the exchange: it may not speak (J6, F3)."""
        self._failure = error
        self._stopping.set()

    def _on_storage(self, ok: bool, detail: str) -> None:  # noqa: FBT001 - the writer's callback
        self._inbox.put(inputs.StorageNotice(ok, detail))


def _refuse_reload() -> None:
    _log.warning(
        "SIGHUP is ignored: a changed configuration takes effect at the next start",
        extra={"event": "RELOAD_REFUSED"},
    )
