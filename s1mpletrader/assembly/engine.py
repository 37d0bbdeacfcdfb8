"""How is an engine put together, and how does its process end?

The composition root of the running engine: plain constructor calls, top to bottom. Everything
that can refuse does so before READY (SAFETY W3): locks 75, state 65, configuration 78.
"""

import asyncio
import json
import logging
import platform
import signal
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from s1mpletrader import __version__
from s1mpletrader.alerts.log_channel import LogChannel
from s1mpletrader.assembly.persistor_factory import PersistorFactory
from s1mpletrader.core.identity import tag_of
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trader import Trader
from s1mpletrader.errors import S1mpleTraderError, StateError
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.kraken import Kraken, KrakenSettings, open_kraken
from s1mpletrader.host import dice, metrics
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.host.control_server import ControlServer
from s1mpletrader.host.peers import own_admission
from s1mpletrader.host.service_notifier import ServiceNotifier
from s1mpletrader.host.status_server import StatusServer
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import Asset, LinkId, WorkerId
from s1mpletrader.persistence.instance_file import Instance
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor
from s1mpletrader.runtime.flow import LinkRuntime
from s1mpletrader.services.checkpointer import Checkpointer, WorkerMemory
from s1mpletrader.services.control_desk import ControlDesk
from s1mpletrader.services.desk import Desk, Link
from s1mpletrader.services.engine_metrics import EngineMetrics
from s1mpletrader.services.execution_handler import ExecutionHandler
from s1mpletrader.services.narrator import Narrator
from s1mpletrader.services.operation_service import Beginning, OperationService
from s1mpletrader.services.reconciliation_service import ReconciliationService
from s1mpletrader.services.recovery import recover
from s1mpletrader.services.watchdog import Watchdog

_log = logging.getLogger(__name__)

PROBE_EVERY_US = Micros(SECOND)
"""How often the watchdog probes, at least: a slow journal shuts the gate within a second more."""


@dataclass(frozen=True, slots=True)
class ConfiguredLink:
    """A link's workers, and the capital that the configuration gives it."""

    runtime: LinkRuntime
    capital_asset: Asset
    capital: Decimal
    workers: tuple[WorkerId, ...]
    """Those that remember something between two starts."""
    accepts_unprotected: bool


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Everything an engine needs to know; made from the configuration, checked by then."""

    operation: str
    account: str
    environment: str
    state: Path
    control: Path
    config_hash: str
    rules: Rules
    kraken: KrakenSettings
    credentials: Credentials
    links: Mapping[LinkId, ConfiguredLink]
    warm_up_us: Micros
    instance: Instance
    status_host: str = "127.0.0.1"
    status_port: int = 8480
    probe_every_us: Micros = PROBE_EVERY_US
    checkpoint_every_s: float = 60.0


class Engine:
    """One run of the engine, from recovered books to a clean stop."""

    def __init__(
        self,
        settings: EngineSettings,
        journal_file: JournalFile,
        persistors: PersistorFactory,
        notifier: ServiceNotifier,
    ) -> None:
        self._settings = settings
        self._journal_file = journal_file
        self._persistors = persistors
        self._notifier = notifier
        self._clock = SystemClock()
        self._inbox = Inbox(self._clock)
        self._trader = Trader(settings.rules, tag_of(settings.account, settings.operation))
        self._disk_thread = ThreadPoolExecutor(1, thread_name_prefix="disk")
        self._stopping = asyncio.Event()
        self._stopped_by = ""
        self._failure: S1mpleTraderError | None = None

    async def run(self) -> None:
        """Run until told to stop; raises what must end the process with its exit code."""
        settings = self._settings
        journal = JsonlPersistor(
            self._journal_file, self._clock, on_storage=self._on_storage, on_failure=self._fail
        )
        async with AsyncExitStack() as stack:
            kraken = await stack.enter_async_context(
                open_kraken(
                    settings.kraken,
                    settings.credentials,
                    clock=self._clock,
                    dice=dice.jitter,
                    inbox=self._inbox,
                    on_accepted=lambda sent_us: self._inbox.put(inputs.LeaseRenewed(sent_us)),
                )
            )
            execution = ExecutionHandler(
                kraken.connector, self._trader, self._inbox, kraken.protocol, LogChannel()
            )
            reconciliation = ReconciliationService(kraken.connector, self._inbox)
            links = {
                link: Link(each.runtime, each.capital, each.workers)
                for link, each in settings.links.items()
            }
            measures = EngineMetrics(self._trader, links.values, journal, self._inbox)
            narrator = Narrator(self._trader, self._notifier)
            observers: list[Callable[[Group], None]] = [measures.observe, narrator.observe]
            desk = Desk(
                self._trader,
                links,
                journal,
                kraken.protocol,
                execution,
                reconciliation,
                observers,
            )
            checkpointer = Checkpointer(
                self._persistors.checkpoints(),
                WorkerMemory(self._persistors.worker_state),
                self._disk_thread,
                every_s=settings.checkpoint_every_s,
            )
            recover(desk, self._journal_file, checkpointer)
            journal.start()
            await self._persistors.requests(self._disk_thread).honour(desk, journal)
            watchdog = Watchdog(
                desk,
                self._inbox,
                journal,
                self._clock,
                self._notifier,
                every_us=settings.probe_every_us,
            )
            control_desk = ControlDesk(
                desk, journal, watchdog, kraken.protocol.now_us, self._facts(), self._stop
            )
            observers.append(control_desk.observe)
            control = ControlServer(settings.control, control_desk, own_admission())
            await control.start()
            stack.push_async_callback(control.close)
            pages = StatusServer(
                watchdog,
                self._clock,
                metrics.registry(measures, settings.environment),
                host=settings.status_host,
                port=settings.status_port,
            )
            await pages.start()
            stack.push_async_callback(pages.close)
            self._notifier.ready("up, NOT trading: connecting to the exchange")
            operation = self._operation(desk, kraken)
            try:
                await self._serve(
                    operation,
                    execution.run(),
                    reconciliation.run(),
                    checkpointer.run(desk, journal),
                    watchdog.run(),
                )
                await checkpointer.try_to_write(desk, journal)
            except BaseException:
                with suppress(StateError):  # a slow disk must not turn FENCED (79) into 74
                    await journal.close()
                raise
            await journal.close()

    async def _serve(
        self,
        operation: OperationService,
        *loops: Coroutine[None, None, None],
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

    def _operation(self, desk: Desk, kraken: Kraken) -> OperationService:
        settings = self._settings
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
            desk,
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
            "last_exit": _last_exit(settings.state / "last-exit"),
        }

    def _stop(self, by: str) -> None:
        self._stopped_by = by
        self._stopping.set()

    def _fail(self, error: S1mpleTraderError) -> None:
        """End the process without another word to the exchange: storage is gone (SAFETY J6)."""
        self._failure = error
        self._stopping.set()

    def _on_storage(self, ok: bool, detail: str) -> None:  # noqa: FBT001 - the writer's callback
        self._inbox.put(inputs.StorageNotice(ok, detail))


def _refuse_reload() -> None:
    _log.warning(
        "SIGHUP is ignored: a changed configuration takes effect at the next start",
        extra={"event": "RELOAD_REFUSED"},
    )


def _last_exit(path: Path) -> Mapping[str, object] | None:
    """Return what the supervisor wrote about the end before this start, None if unreadable."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
