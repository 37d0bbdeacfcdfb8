"""How is a client's wish carried out, whichever door it came through?

Both doors, REST and WebSocket, hand a verified key and parameters in; here they are counted
against the rate limits, turned into commands and performed.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.simulator import refusal, requests, wire
from s1mpletrader.simulator.auth import ApiKey
from s1mpletrader.simulator.commands import (
    Amend,
    ArmDeadMan,
    Cancel,
    CancelAll,
    Command,
    Place,
)
from s1mpletrader.simulator.exchange import Exchange
from s1mpletrader.simulator.rate_limits import PLACE_COST, RateLimits, amend_cost, cancel_cost
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import Draft, Order

DEAD_MAN_MAX_S = 86_400


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
