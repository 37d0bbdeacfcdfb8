"""How is a client's wish carried out, whichever door it came through?

Both doors, REST and WebSocket, hand a verified key and parameters in; here they are counted
against the rate limits, turned into commands and performed.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.simulator import acceptance, refusal, requests, wire
from s1mpletrader.simulator.auth import ApiKey
from s1mpletrader.simulator.commands import (
    Amend,
    ArmDeadMan,
    Cancel,
    CancelAll,
    Command,
    Edit,
    Place,
)
from s1mpletrader.simulator.exchange import Exchange
from s1mpletrader.simulator.pairs import PAIRS
from s1mpletrader.simulator.rate_limits import (
    PLACE_COST,
    RateLimits,
    amend_cost,
    batch_cost,
    cancel_cost,
    edit_cost,
)
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import Draft, Order

DEAD_MAN_MAX_S = 86_400
BATCH_MIN = 2
BATCH_MAX = 15


class Twist(Value, frozen=True):
    """What a fault does to a new order that is accepted."""

    offered: Decimal | None = None
    fee_in_base: bool = False
    is_limited: bool = True
    """Whether the rate counter may refuse it: it does not refuse orders by hand."""


PLAIN = Twist()
BY_HAND = Twist(is_limited=False)
Params = Mapping[str, Any]
Draw = Callable[[Params, Micros], Draft]


class Desk:
    """Order entry of the exchange."""

    def __init__(self, exchange: Exchange, limits: RateLimits) -> None:
        self.exchange = exchange
        self.limits = limits

    async def place(self, key: ApiKey, params: Params, draw: Draw, twist: Twist = PLAIN) -> Order:
        """Accept an order; with `validate` nothing happens and the order has no txid."""
        received_us = self.exchange.now_us()

        def command(at_us: Micros) -> Place:
            place = Place(
                at_us,
                key.account,
                draw(params, at_us),
                user=key.key,
                received_us=received_us,
                offered=twist.offered,
                fee_in_base=twist.fee_in_base,
            )
            self.limits.charge_order(
                key.account, place.draft.symbol, PLACE_COST, at_us, refuse=twist.is_limited
            )
            return place

        if wire.parse_flag(params.get("validate")):
            at_us = self.exchange.now_us()
            place = Place(at_us, key.account, draw(params, at_us))
            return await self.exchange.ask(lambda: self.exchange.venue.book.check(place))
        return (await self.exchange.perform(command)).orders[0]

    async def place_batch(
        self,
        key: ApiKey,
        orders: Sequence[Params],
        draw: Draw,
        *,
        is_dry: bool,
        twist: Twist = PLAIN,
    ) -> list[Order | Refused]:
        """Accept orders of one pair together: all are well-formed, or none is accepted.

        What the matching engine refuses (funds, client ids) is refused one by one.
        """
        if not BATCH_MIN <= len(orders) <= BATCH_MAX:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:orders")
        at_us = self.exchange.now_us()
        drafts = [draw(params, at_us) for params in orders]
        if len({draft.symbol for draft in drafts}) != 1:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:pair")
        for draft in drafts:
            acceptance.check_deadline(draft.deadline_us, at_us)
            acceptance.check_shape(draft, PAIRS[draft.symbol], at_us)
        if not is_dry:
            cost = batch_cost(len(drafts))
            self.limits.charge_order(key.account, drafts[0].symbol, cost, at_us)
        answers: list[Order | Refused] = []
        for draft in drafts:
            place = functools.partial(
                Place,
                account=key.account,
                draft=draft,
                user=key.key,
                received_us=at_us,
                offered=twist.offered,
                fee_in_base=twist.fee_in_base,
            )
            try:
                answers.append(await self._place_or_check(place, is_dry=is_dry))
            except Refused as refused:
                answers.append(refused)
        return answers

    async def _place_or_check(self, place: Callable[[Micros], Place], *, is_dry: bool) -> Order:
        if not is_dry:
            return (await self.exchange.perform(place)).orders[0]
        checked = place(self.exchange.now_us())
        return await self.exchange.ask(lambda: self.exchange.venue.book.check(checked))

    async def edit(self, key: ApiKey, params: Params) -> tuple[Order, Order]:
        """Replace an order; returns the new and the old one."""

        def command(at_us: Micros) -> Edit:
            edit = requests.edit(params, key.key, key.account, at_us)
            account = self.exchange.venue.accounts[key.account]
            for order in account.find(txid=edit.txid, client_id=None):
                self._charge(key, order, edit_cost(at_us - order.opened_us), at_us, refuse=True)
            return edit

        new, old = (await self.exchange.perform(command)).orders
        return new, old

    async def amend(self, key: ApiKey, params: Params) -> str:
        """Change an order in place; returns the amend's id."""

        def command(at_us: Micros) -> Amend:
            amend = requests.amend(params, key.account, at_us)
            account = self.exchange.venue.accounts[key.account]
            for order in account.find(txid=amend.txid, client_id=amend.client_id):
                self._charge(key, order, amend_cost(at_us - order.opened_us), at_us, refuse=True)
            return amend

        return (await self.exchange.perform(command)).id

    async def cancel(
        self,
        key: ApiKey,
        *,
        txid: str | None = None,
        client_id: str | None = None,
        userref: int | None = None,
    ) -> tuple[Order, ...]:
        """Cancel by one of the ids; raises `Refused` if it names no open order."""

        def command(at_us: Micros) -> Cancel:
            account = self.exchange.venue.accounts[key.account]
            for order in account.find(txid=txid, client_id=client_id, userref=userref):
                self._charge(key, order, cancel_cost(at_us - order.opened_us), at_us, refuse=False)
            return Cancel(at_us, key.account, txid, client_id, userref)

        return (await self.exchange.perform(command)).orders

    async def cancel_all(self, key: ApiKey) -> int:
        """Cancel everything open; returns how many."""
        return (await self.exchange.perform(lambda at_us: CancelAll(at_us, key.account))).count

    async def arm_dead_man(self, key: ApiKey, params: Params) -> tuple[Micros, Micros | None]:
        """Arm or disarm (0) the dead-man switch; returns now and when it fires."""
        timeout_s = wire.parse_int(params.get("timeout"), "timeout")
        if not 0 <= timeout_s < DEAD_MAN_MAX_S:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:timeout")
        armed: list[Micros] = []

        def command(at_us: Micros) -> Command:
            armed[:] = [at_us]
            fires = Micros(at_us + timeout_s * SECOND) if timeout_s else None
            return ArmDeadMan(at_us, key.account, fires)

        await self.exchange.perform(command)
        now = armed[0]
        return now, Micros(now + timeout_s * SECOND) if timeout_s else None

    def _charge(self, key: ApiKey, order: Order, cost: int, at_us: Micros, *, refuse: bool) -> None:
        self.limits.charge_order(key.account, order.draft.symbol, cost, at_us, refuse=refuse)
