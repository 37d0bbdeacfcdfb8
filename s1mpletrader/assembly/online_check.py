"""How is the account asked whether it is ready, without disturbing an engine (SAFETY F4)?

One key has one speaker: the check takes the locks that an engine would hold, and draws an epoch of
its own, which is stored where there is a state directory.
"""

import argparse
import asyncio
from contextlib import ExitStack
from pathlib import Path

from s1mpletrader.assembly.bootstrap import PROGRAM
from s1mpletrader.assembly.config_files import Assembly, load_configuration
from s1mpletrader.assembly.environment_factory import EnvironmentFactory
from s1mpletrader.assembly.persistor_factory import PersistorFactory
from s1mpletrader.core.identity import tag_of
from s1mpletrader.durable.atomic_file import make_directory
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.durable.locks import AccountLock, DirectoryLock
from s1mpletrader.exchange.kraken import open_inspector
from s1mpletrader.host import dice
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.host.credential_files import credentials_directory
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.persistence.epoch_file import EpochFile
from s1mpletrader.services.account_check import AccountCheck, Finding, Trade


def check_online(args: argparse.Namespace) -> tuple[Finding, ...]:
    """Return what was found at the exchange.

    Raises `ConfigurationError` (78), `Locked` (75) while an engine runs, `ExchangeUnavailable`
    (69), `Fenced` (79) where another program uses the key.
    """
    loaded = load_configuration(Path(args.config), PROGRAM)
    state, disk = Path(args.state), SystemDisk()
    has_state = state.is_dir()
    with ExitStack() as stack:
        if has_state:
            stack.enter_context(DirectoryLock(state, disk).acquire())
        lock_dir, account = EnvironmentFactory(loaded.specs.environment_spec).account_lock(state)
        if has_state or not lock_dir.is_relative_to(state):
            make_directory(lock_dir, disk)
            stack.enter_context(AccountLock(lock_dir, account, disk).acquire())
        epochs = PersistorFactory(state, disk).epoch() if has_state else None
        return asyncio.run(_check(loaded, credentials_directory(state), epochs))


async def _check(
    loaded: Assembly, credentials_folder: Path, epochs: EpochFile | None
) -> tuple[Finding, ...]:
    spec = loaded.specs.environment_spec
    factory, clock = EnvironmentFactory(spec), SystemClock()

    async def draw_epoch(public_us: Micros) -> int:
        second = public_us // SECOND
        return second if epochs is None else await asyncio.to_thread(epochs.draw, second)

    trades = [
        Trade(link.symbol, link.capital_asset, link.capital) for link in loaded.specs.workforce_spec
    ]
    credentials = factory.credentials(credentials_folder)
    async with open_inspector(
        factory.kraken(), credentials, clock=clock, dice=dice.jitter
    ) as inspector:
        check = AccountCheck(
            inspector,
            trades,
            tag=tag_of(spec.connector.account, spec.operation_id),
            host_us=clock.wall_us,
        )
        findings = await check.run(draw_epoch)
    if epochs is None:
        # nobody remembers this epoch: let its second pass, or the next one to speak is fenced
        await asyncio.sleep(1)
    return findings
