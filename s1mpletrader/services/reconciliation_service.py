"""Who asks the exchange for the truth?

The decisions when to look and what to believe are `core`'s (`asking`, `reconciliation`); this
service carries the questions out, one look at a time, and brings the answers back as inputs.
"""

import asyncio
import logging

from s1mpletrader.core.effects import Ask, AskBalances, AskLook, AskOrder
from s1mpletrader.errors import ExchangeError
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.looks import Look
from s1mpletrader.ports import Exchange

_log = logging.getLogger(__name__)


class ReconciliationService:
    """Asks are bounded by what the trader has outstanding: one look, one question an order."""

    def __init__(self, exchange: Exchange, inbox: Inbox, *, waiting_max: int = 1_000) -> None:
        self._exchange = exchange
        self._inbox = inbox
        self._queue: asyncio.Queue[Ask] = asyncio.Queue(waiting_max)

    def ask(self, ask: Ask) -> None:
        """Take a question; its answer comes back as an input."""
        self._queue.put_nowait(ask)

    async def look(self, since_us: Micros) -> Look:
        """Take a look that is nobody's input: for a rehearsal."""
        return await self._exchange.look(since_us, balances=True)

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                ask = await self._queue.get()
                tasks.create_task(self._carry_out(ask))

    async def _carry_out(self, ask: Ask) -> None:
        match ask:
            case AskLook(since_us, balances):
                look = await self._exchange.look(since_us, balances=balances)
                self._inbox.put(inputs.LookTaken(look))
            case AskOrder(txid):
                lookup = await self._exchange.order_state(txid)
                self._inbox.put(inputs.OrderLookedUp(txid, lookup))
            case AskBalances(asked_us):
                try:
                    found = await self._exchange.balances()
                    self._inbox.put(inputs.BalancesRead(found, asked_us))
                except ExchangeError as error:
                    # Unknown stays unknown: the exit machine asks again with its next attempt.
                    _log.warning(
                        "balances could not be read: %s", error, extra={"event": "BALANCES_UNREAD"}
                    )
