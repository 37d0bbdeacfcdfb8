"""What are the terms of an order: new, amended, edited, following the market, awake, closing?

Pure; each function returns another value.
"""

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from msgspec.structs import replace

from s1mpletrader.core import matching
from s1mpletrader.model.base import Micros
from s1mpletrader.model.orders import OrderType as Trigger
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator import acceptance, refusal
from s1mpletrader.simulator.commands import Amend, Edit, Place, Rules
from s1mpletrader.simulator.pairs import PAIRS
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import (
    LIMITED,
    PROFITS,
    TRAILING,
    Draft,
    Order,
    OrderType,
    Trade,
)


def new_order(command: Place, last: Decimal) -> Order:
    """Return the order that `command` asks for; a trailing stop starts at the last price."""
    draft = command.draft
    order = Order(
        txid="",
        account=command.account,
        number=0,
        draft=draft,
        qty=draft.qty,
        limit_price=draft.limit_price,
        trigger_price=draft.trigger_price,
        opened_us=command.at_us,
        fee_in_base=draft.fee_in_base or command.fee_in_base,
        user=command.user,
        received_us=command.received_us or command.at_us,
        refid=command.refid,
    )
    return followed(order, last)


def followed(order: Order, last: Decimal) -> Order:
    """Return the order with its trigger behind the best price since."""
    trail = order.draft.trail
    if trail is None or order.triggered:
        return order
    tick, old = PAIRS[order.draft.symbol].price_tick, order.trigger_price
    if order.draft.side is Side.SELL:
        trigger = max(tick, _to_tick(last - trail.of(last), tick, ROUND_DOWN))
        return replace(order, trigger_price=trigger if old is None else max(old, trigger))
    trigger = _to_tick(last + trail.of(last), tick, ROUND_CEILING)
    return replace(order, trigger_price=trigger if old is None else min(old, trigger))


def is_triggered(order: Order, last: Decimal) -> bool:
    """Whether a sleeping order wakes up at the last price."""
    if not (order.is_open and order.is_sleeping and order.trigger_price is not None):
        return False
    kind = Trigger.TAKE_PROFIT if order.draft.type in PROFITS else Trigger.STOP_LOSS
    return matching.is_triggered(kind, order.draft.side, order.trigger_price, last)


def awake(order: Order) -> Order:
    """Return the triggered order: with a limit, or to be executed at the market."""
    offset, limit = order.draft.limit_offset, order.limit_price
    if offset is not None and order.trigger_price is not None:
        tick = PAIRS[order.draft.symbol].price_tick
        price = order.trigger_price + offset.of(order.trigger_price)
        limit = max(tick, _to_tick(price, tick, ROUND_DOWN))
    return replace(order, triggered=True, limit_price=limit)


def amended(order: Order, command: Amend, rules: Rules) -> Order:
    """Return the order with other terms; raises `Refused`."""
    pair = PAIRS[order.draft.symbol]
    if order.is_sleeping and not rules.amend_stops:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:ordertype")
    if command.limit_price is not None and order.draft.type not in LIMITED:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:limit_price")
    if command.trigger_price is not None and (
        not order.is_sleeping or order.draft.type in TRAILING
    ):
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:trigger_price")
    qty = order.qty if command.qty is None else command.qty
    acceptance.check_qty(qty, pair)
    if qty <= order.executed:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:order_qty")
    limit = order.limit_price if command.limit_price is None else command.limit_price
    trigger = order.trigger_price if command.trigger_price is None else command.trigger_price
    for price in (limit, trigger):
        if price is not None:
            acceptance.check_price(price, qty, pair)
    return replace(order, qty=qty, limit_price=limit, trigger_price=trigger)


def edited(order: Order, command: Edit) -> Draft:
    """Return what takes the place of an edited order: no client id, what is None stays."""
    draft = order.draft
    if draft.type in TRAILING or draft.close is not None:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:ordertype")
    is_limit = draft.type is OrderType.LIMIT
    if is_limit and command.price2 is not None:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:price2")
    limit = command.price if is_limit else command.price2
    return replace(
        draft,
        qty=order.remaining if command.qty is None else command.qty,
        limit_price=order.limit_price if limit is None else limit,
        trigger_price=order.trigger_price if is_limit or command.price is None else command.price,
        post_only=draft.post_only if command.post_only is None else command.post_only,
        userref=draft.userref if command.userref is None else command.userref,
        client_id=None,
        deadline_us=command.deadline_us,
    )


def closing(order: Order, trade: Trade, at_us: Micros) -> Place | None:
    """Return the order that a fill of `order` makes, if it was to make one."""
    close = order.draft.close
    if close is None:
        return None
    draft = Draft(
        symbol=order.draft.symbol,
        side=Side.BUY if order.draft.side is Side.SELL else Side.SELL,
        type=close.type,
        qty=trade.qty,
        limit_price=close.limit_price,
        trigger_price=close.trigger_price,
        userref=order.draft.userref,
    )
    return Place(at_us, order.account, draft, user=order.user, refid=order.txid)


def _to_tick(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return (price / tick).to_integral_value(rounding) * tick
