"""What happens to one request between the client and the exchange, and to its answer?

The same for both doors: arrive -> refuse -> race -> (the exchange acts) -> depart.
"""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.actions import Actions
from s1mpletrader.simulator.commands import Push
from s1mpletrader.simulator.desk import Twist
from s1mpletrader.simulator.fault_specs import How
from s1mpletrader.simulator.faults import Fault, Faults, Request, canonical
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.rest_reads import PAGE

ORDER_METHODS = frozenset(
    {"add_order", "amend_order", "edit_order", "cancel_order", "batch_add", "batch_cancel"}
)
NAMES_MAX = 50


class Lost(Exception):
    """The request or its answer gets lost; the connection ends as `how` says."""

    def __init__(self, how: How) -> None:
        super().__init__(how)
        self.how = how


class Passage:
    """One request on its way. `depart` is awaited whatever the exchange said."""

    def __init__(self, faults: Faults, actions: Actions, asked: Request) -> None:
        self.asked = asked
        self._faults = faults
        self._actions = actions
        self._late_s = 0.0

    async def arrive(self) -> None:
        """Be on the way as long as ordered; raises `Lost` for what never arrives."""
        late = self._faults.take("delay_in_flight", self.asked)
        if late is not None:
            await asyncio.sleep(late.spec.delay_s)
        await self._actions.around(self.asked, "before")
        lost = self._faults.take("request_lost", self.asked)
        if lost is not None:
            raise Lost(lost.spec.how)

    def refuse(self) -> None:
        """Raise the ordered `Refused`, or `Lost`, if this request is to be refused."""
        take, asked = self._faults.take, self.asked
        if (fault := take("reject_next", asked)) is not None:
            raise Refused(fault.spec.error)
        if (fault := take("reject_late", asked)) is not None:
            self._late_s = fault.spec.delay_s
            raise Refused(fault.spec.error)
        if (fault := take("rate_limited", asked)) is not None:
            if fault.spec.how == "http_429":
                raise Lost(fault.spec.how)
            is_order = canonical(asked.method) in ORDER_METHODS
            raise Refused(refusal.ORDER_RATE_LIMIT if is_order else refusal.RATE_LIMIT)
        if asked.channel == "rest" and take("invalid_nonce", asked) is not None:
            raise Refused(refusal.INVALID_NONCE)
        if take("expired_token", asked) is not None:
            raise Refused(refusal.INVALID_SESSION)

    def twist(self) -> Twist:
        """Return what becomes of a new order that is accepted."""
        partial = self._faults.take("partial_fill", self.asked)
        return Twist(
            offered=None if partial is None else Decimal(str(partial.spec.fraction)),
            fee_in_base=self._faults.take("fee_in_base", self.asked) is not None,
        )

    async def race(self, params: Mapping[str, Any]) -> None:
        """Let fills and triggers overtake a cancel or an amend."""
        fill = self._faults.take("fill_races", self.asked)
        trigger = self._faults.take("trigger_races", self.asked)
        for fault in (fill, trigger):
            if fault is not None:
                fraction = Decimal(str(fault.spec.fraction)) if fault is fill else Decimal(1)
                await self._push(params, fraction, only_stops=fault is trigger)

    def page_rows(self) -> int:
        """Return how many rows a page of a list has."""
        short = self._faults.take("partial_page", self.asked)
        return PAGE if short is None else min(PAGE, short.spec.rows)

    async def depart(self) -> None:
        """Hold the answer back as long as ordered; raises `Lost` for what never leaves."""
        await self._actions.around(self.asked, "after")
        if self._late_s:
            await asyncio.sleep(self._late_s)
        late = self._faults.take("answer_late", self.asked)
        if late is not None:
            await asyncio.sleep(late.spec.delay_s)
        lost = self._faults.take("answer_lost", self.asked)
        if lost is not None:
            raise Lost(lost.spec.how)

    def reply_first(self) -> Fault | None:
        """Return the fault that lets the reply overtake the events it is about."""
        return self._faults.take("events_after_reply", self.asked)

    def hold(self) -> Fault | None:
        """Return the fault that keeps the answer until it is released."""
        held = self._faults.take("hold_answers", self.asked)
        if held is not None:
            held.holding += 1
        return held

    async def held(self, fault: Fault) -> None:
        """Wait for the release of a held answer."""
        await fault.released.wait()
        fault.holding -= 1

    async def _push(
        self, params: Mapping[str, Any], fraction: Decimal, *, only_stops: bool
    ) -> None:
        exchange = self._actions.exchange
        account = exchange.venue.accounts.get(self.asked.account)
        names = [
            str(name)
            for key in ("txid", "order_id", "cl_ord_id", "cl_ord_ids", "orders")
            for name in _listed(params.get(key))
        ]
        for name in names[:NAMES_MAX]:
            found = account.find(txid=name, client_id=name) if account is not None else []
            for order in found:
                if only_stops and not order.is_sleeping:
                    continue

                def push(at_us: Micros, txid: str = order.txid) -> Push:
                    return Push(at_us, self.asked.account, txid, fraction)

                await exchange.perform(push)


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
