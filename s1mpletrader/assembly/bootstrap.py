"""What happens between a command line and a running engine?

Load and validate the configuration (78), take the locks (75), open the state (65), then hand over
to `assembly.engine`. Nothing touches the exchange before all of it has been accepted.
"""

import argparse
import asyncio
import faulthandler
import logging
import os
from contextlib import ExitStack
from pathlib import Path

from s1mpletrader.assembly.config_files import Assembly, load_configuration
from s1mpletrader.assembly.engine import Engine
from s1mpletrader.assembly.engine_settings import PROBE_EVERY_US, ConfiguredLink, EngineSettings
from s1mpletrader.assembly.environment_factory import EnvironmentFactory
from s1mpletrader.assembly.event_wiring_factory import EventWiringFactory
from s1mpletrader.assembly.persistor_factory import PersistorFactory
from s1mpletrader.assembly.worker_factory import WorkerFactory
from s1mpletrader.config.platform import LoggingProfile
from s1mpletrader.durable.atomic_file import make_directory
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.durable.locks import AccountLock, DirectoryLock
from s1mpletrader.errors import S1mpleTraderError
from s1mpletrader.host import machine
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.host.credential_files import credentials_directory
from s1mpletrader.host.journald import is_journal
from s1mpletrader.host.log import LogSink, install
from s1mpletrader.host.log_format import JsonLines, LineFormatter, TextLines
from s1mpletrader.host.service_notifier import open_notifier, watchdog_interval_us
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import LinkId
from s1mpletrader.persistence.instance_file import Instance
from s1mpletrader.runtime.flow import BARS

LOCK_EXTEND_US = Micros(10 * SECOND)
STDERR = 2
PROGRAM = Path(__file__).parents[2]
"""The folder that holds the program and the shipped plugins."""


def run_engine(args: argparse.Namespace) -> int:
    """Run the engine of `args.config` on `args.state` until it is told to stop."""
    loaded = _load(args)
    logs = loaded.configuration.platform.logging
    profile = logs.profiles[logs.profile]
    with ExitStack() as stack:
        sink = stack.enter_context(LogSink(STDERR, _formatter(profile, args.log_format)))
        install(sink, logging.getLevelName(profile.level.upper()))
        faulthandler.enable()  # WatchdogSec's SIGABRT leaves every thread's traceback
        settings = _settings(loaded, Path(args.state), Path(args.control))
        sink.hide([settings.credentials.key])
        _run(loaded, settings, stack, sink, lock_wait_s=args.lock_wait_s)
    return 0


def check_configuration(args: argparse.Namespace) -> int:
    """Say whether an engine would start; raises `ConfigurationError` with all problems."""
    loaded = _load(args)
    environment = loaded.specs.environment_spec
    factory = EnvironmentFactory(environment)
    factory.kraken()
    factory.credentials(credentials_directory(Path(args.state)))
    links = ", ".join(link.link for link in loaded.specs.workforce_spec)
    print(f"{args.config}: valid; {environment.mode.upper()} trading, links: {links}")  # noqa: T201
    return 0


def init_state(args: argparse.Namespace) -> int:
    """Create the state directory of the configured operation; raises `StateCorrupt` if in use."""
    loaded, disk, state = _load(args), SystemDisk(), Path(args.state)
    make_directory(state, disk)
    persistors = PersistorFactory(state, disk)
    with DirectoryLock(state, disk).acquire():
        instance = _instance(loaded)
        if persistors.instance().admit(instance, may_create=True):
            persistors.journal_file(create=True).close()
            persistors.instance().create(instance)
    print(f"{state}: ready for operation {instance.operation} ({instance.environment})")  # noqa: T201
    return 0


def _load(args: argparse.Namespace) -> Assembly:
    return load_configuration(Path(args.config), PROGRAM)


def _links(loaded: Assembly) -> dict[LinkId, ConfiguredLink]:
    factory = EventWiringFactory(WorkerFactory(loaded.plugins))
    wirings = loaded.specs.strategy_wiring_spec
    stateful = loaded.specs.persistor_spec.stateful_workers
    return {
        spec.link: ConfiguredLink(
            factory.build(spec, wirings[spec.link]),
            spec.capital_asset,
            spec.capital,
            (BARS, *(worker for link, worker in stateful if link == spec.link)),
            spec.accepts_unprotected,
        )
        for spec in loaded.specs.workforce_spec
    }


def _warm_up_us(loaded: Assembly) -> Micros:
    """Return how much market time all workers together must have seen."""
    links = loaded.specs.workforce_spec
    return Micros(max(link.warm_up_bars * link.interval_s * SECOND for link in links))


def _settings(loaded: Assembly, state: Path, control: Path) -> EngineSettings:
    environment = loaded.specs.environment_spec
    factory = EnvironmentFactory(environment)
    pages = loaded.configuration.platform.status
    watchdog = watchdog_interval_us(os.environ, os.getpid())
    return EngineSettings(
        operation=environment.operation_id,
        account=environment.connector.account,
        environment=environment.mode,
        state=state,
        control=control,
        config_hash=loaded.digest,
        rules=factory.rules(),
        kraken=factory.kraken(),
        credentials=factory.credentials(credentials_directory(state)),
        links=_links(loaded),
        warm_up_us=_warm_up_us(loaded),
        instance=_instance(loaded),
        status_host=pages.host,
        status_port=pages.port,
        probe_every_us=min(PROBE_EVERY_US, watchdog or PROBE_EVERY_US),
    )


def _run(
    loaded: Assembly,
    settings: EngineSettings,
    stack: ExitStack,
    sink: LogSink,
    *,
    lock_wait_s: int,
) -> None:
    disk, notifier, state = SystemDisk(), open_notifier(), settings.state

    def on_wait(waited_s: int, holder: str) -> None:
        notifier.status(f"waiting for PID {holder} to let go of the state, {waited_s} s")
        notifier.extend_timeout(LOCK_EXTEND_US)

    for directory in (state, state / "run", settings.control.parent):
        make_directory(directory, disk)
    stack.enter_context(DirectoryLock(state, disk).acquire(wait_s=lock_wait_s, on_wait=on_wait))
    lock_dir, account = EnvironmentFactory(loaded.specs.environment_spec).account_lock(state)
    make_directory(lock_dir, disk)
    lock = AccountLock(lock_dir, account, disk)
    stack.enter_context(lock.acquire(wait_s=lock_wait_s, on_wait=on_wait))
    persistors = PersistorFactory(state, disk)
    is_first = persistors.instance().admit(settings.instance)
    journal = persistors.journal_file(create=is_first)
    if is_first:
        persistors.instance().create(settings.instance)
    try:
        asyncio.run(Engine(settings, journal, persistors, notifier, sink).run())
    except BaseExceptionGroup as group:
        raise _reason(group) from group


def _reason(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the one error that ended the loops: ours first, whatever else fell with it."""
    found: BaseException = group
    for each in group.exceptions:
        inner = _reason(each) if isinstance(each, BaseExceptionGroup) else each
        if isinstance(inner, S1mpleTraderError):
            return inner
        found = inner
    return found


def _instance(loaded: Assembly) -> Instance:
    spec = loaded.specs.environment_spec
    return Instance(
        operation=spec.operation_id,
        account=spec.connector.account,
        environment=spec.mode,
        host_id=machine.host_id(),
        boot_id=machine.boot_id(),
    )


def _formatter(profile: LoggingProfile, wanted: str | None) -> LineFormatter:
    """Return the format that the command line asks for, else the configured one."""
    if (wanted or profile.format) == "json":
        return JsonLines(SystemClock())
    return TextLines(SystemClock(), to_journal=is_journal(STDERR))
