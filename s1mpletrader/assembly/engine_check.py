"""What does a running engine find out about its account when it is asked (SAFETY F4)?

The questions of `check --online`, asked with the engine's own key, nonces and rate budget.
"""

from s1mpletrader.assembly.engine_settings import EngineSettings
from s1mpletrader.core.identity import tag_of
from s1mpletrader.exchange.account_inspector import AccountInspector
from s1mpletrader.ports import Clock
from s1mpletrader.services.account_check import AccountCheck, Finding, Trade


async def check_of_engine(
    inspector: AccountInspector, settings: EngineSettings, clock: Clock
) -> tuple[Finding, ...]:
    """Return what was found; raises `ExchangeUnavailable`, `Fenced`."""
    trades = [
        Trade(each.runtime.symbol, each.capital_asset, each.capital)
        for each in settings.links.values()
    ]
    tag = tag_of(settings.account, settings.operation)
    return await AccountCheck(inspector, trades, tag=tag, host_us=clock.wall_us).run(None)
