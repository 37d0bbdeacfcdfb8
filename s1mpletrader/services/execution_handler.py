"""How does an order leave?

The one door (SAFETY O2). Effects are taken in the order of their groups; nothing of a group leaves
before the group is durable (J2); the last word is spoken with no await before the first byte.
Every answer comes back as an input.
"""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple

from s1mpletrader.core.effects import (
    Amend,
    Cancel,
    Effects,
    Send,
    Submit,
)
from s1mpletrader.core.trader import Trader
from s1mpletrader.exchange.inbox import Inbox
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.model import inputs
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.ports import AlertChannel, Exchange


class _Waiting(NamedTuple):
    stamp: Stamp
    effects: Effects
    durable: Awaitable[None] | None


class ExecutionHandler:
    """Performs sends and alerts, in the order of their groups, each group once it is durable."""

    def __init__(
        self,
        exchange: Exchange,
        trader: Trader,
        inbox: Inbox,
        clock: ProtocolClock,
        alerts: AlertChannel,
        *,
        waiting_max: int = 10_000,
    ) -> None:
        self._exchange = exchange
        self._trader = trader
        self._inbox = inbox
        self._clock = clock
        self._alerts = alerts
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(waiting_max)

    @property
    def waiting(self) -> int:
        """How many groups wait to become durable before their effects leave."""
        return self._queue.qsize()

    def perform(self, stamp: Stamp, effects: Effects, durable: Awaitable[None] | None) -> None:
        """Take the effects of a group; `durable` ends when the group is on disk."""
        if effects.sends or effects.alerts:
            self._queue.put_nowait(_Waiting(stamp, effects, durable))

    async def run(self) -> None:
        """Perform effects in the order of their groups until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                stamp, effects, durable = await self._queue.get()
                if durable is not None:
                    await durable
                for alert in effects.alerts:
                    await self._alerts.send(alert, stamp)
                for send in effects.sends:
                    tasks.create_task(self._send(send))

    async def _send(self, send: Send) -> None:
        exchange, inbox = self._exchange, self._inbox
        match send:
            case Submit(order):
                answer = await exchange.submit(order, may_send=lambda: self._refusal(send))
                if isinstance(answer, str):
                    inbox.put(inputs.NotSentByDoor(order.client_id, answer))
                else:
                    inbox.put(inputs.Submitted(order.client_id, answer))
            case Amend(client_id, txid, symbol, qty, trigger, deadline):
                amended = await exchange.amend(
                    txid, qty=qty, trigger_price=trigger, deadline_us=deadline, symbol=symbol
                )
                inbox.put(inputs.AmendAnswered(client_id, amended))
            case Cancel(client_id, txid):
                cancelled = await exchange.cancel(client_id, txid)
                inbox.put(inputs.CancelAnswered(client_id, cancelled))

    def _refusal(self, submit: Submit) -> str | None:
        waiting_us = self._inbox.oldest_market_us(submit.order.symbol)
        return self._trader.refuse_at_door(submit, self._clock.now_us(), waiting_us)
