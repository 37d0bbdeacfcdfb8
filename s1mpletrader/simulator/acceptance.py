"""May this order be accepted, and with which words is it refused?"""

import re
from decimal import Decimal

from s1mpletrader.core.matching import Depth, cost_of, take
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.account import Account, hold_of, with_fee
from s1mpletrader.simulator.commands import Rules
from s1mpletrader.simulator.pairs import PAIRS, Pair
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import LIMITED, STOPS, TRAILING, Close, Draft, Order, OrderType

DEADLINE_MAX_FOR_US = 60 * SECOND
AMOUNT_MAX = Decimal(10) ** 10
"""Quantities and prices stay below, so that their products are exact in 28 digits."""
TRAIL_MAX = 1_000_000
"""Largest distance of a trailing stop, in quote."""
EXPIRE_MAX_FOR_US = 31 * 86_400 * SECOND
_CLIENT_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[!-~]{1,18}", re.ASCII
)


def check_deadline(deadline_us: Micros | None, now_us: Micros) -> None:
    """Refuse what arrives after its deadline, and deadlines too far ahead (SAFETY O3)."""
    if deadline_us is None:
        return
    if now_us > deadline_us:
        raise Refused(refusal.DEADLINE_ELAPSED)
    if deadline_us - now_us > DEADLINE_MAX_FOR_US:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:deadline")


def check_shape(draft: Draft, pair: Pair, now_us: Micros) -> None:
    """Refuse what contradicts itself or the pair's steps and minimums."""
    if draft.client_id is not None and not _CLIENT_ID.fullmatch(draft.client_id):
        raise Refused(refusal.INVALID_ARGUMENTS)
    if draft.client_id is not None and draft.userref is not None:
        raise Refused(refusal.INVALID_ARGUMENTS)
    check_kind(draft)
    if draft.post_only and (draft.type is not OrderType.LIMIT or draft.tif is TimeInForce.IOC):
        raise Refused(refusal.INVALID_ARGUMENTS)
    if (draft.tif is TimeInForce.GTD) != (draft.expire_us is not None):
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:expiretm")
    if draft.expire_us is not None and not now_us < draft.expire_us <= now_us + EXPIRE_MAX_FOR_US:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:expiretm")
    check_qty(draft.qty, pair)
    for price in (draft.limit_price, draft.trigger_price):
        if price is not None:
            check_price(price, draft.qty, pair)
    if draft.close is not None:
        for price in (draft.close.limit_price, draft.close.trigger_price):
            if price is not None:
                check_price(price, draft.qty, pair)


def check_kind(draft: Draft | Close) -> None:
    """Refuse prices that an order type does not have, and one that lacks its own."""
    if (draft.type in LIMITED) != (draft.limit_price is not None):
        raise Refused(refusal.INVALID_PRICE)
    if (draft.type in STOPS - TRAILING) != (draft.trigger_price is not None):
        raise Refused(refusal.INVALID_PRICE)
    if isinstance(draft, Close):
        if draft.type is OrderType.MARKET or draft.type in TRAILING:
            raise Refused(f"{refusal.INVALID_ARGUMENTS}:close")
        return
    if (draft.type in TRAILING) != (draft.trail is not None):
        raise Refused(refusal.INVALID_PRICE)
    if (draft.type is OrderType.TRAILING_STOP_LIMIT) != (draft.limit_offset is not None):
        raise Refused(refusal.INVALID_PRICE)
    if draft.trail is not None and not 0 < draft.trail.amount < TRAIL_MAX:
        raise Refused(refusal.INVALID_PRICE)
    if draft.limit_offset is not None and abs(draft.limit_offset.amount) >= TRAIL_MAX:
        raise Refused(refusal.INVALID_PRICE)
    if draft.close is not None:
        check_kind(draft.close)


def check_qty(qty: Decimal, pair: Pair) -> None:
    """Refuse a quantity below the minimum or between two lots."""
    if not qty.is_finite() or qty < pair.qty_min:
        raise Refused(refusal.ORDER_MINIMUM)
    if qty >= AMOUNT_MAX:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:volume")
    if qty % pair.qty_step:
        raise Refused(f"{refusal.INVALID_ARGUMENTS}:volume")


def check_price(price: Decimal, qty: Decimal, pair: Pair) -> None:
    """Refuse a price between two ticks, or one that makes the order too cheap."""
    if not price.is_finite() or not 0 < price < AMOUNT_MAX:
        raise Refused(refusal.INVALID_PRICE)
    if price % pair.price_tick:
        raise Refused(refusal.TICK_SIZE)
    if price * qty < pair.cost_min:
        raise Refused(refusal.COST_MINIMUM)


def check_account(draft: Draft, account: Account, rules: Rules, without: str = "") -> None:
    """Refuse a client id that an open order has, and one order too many."""
    mine = [
        order
        for order in account.open.values()
        if order.draft.symbol == draft.symbol and order.txid != without
    ]
    if len(mine) >= rules.open_orders_max:
        raise Refused(refusal.ORDERS_LIMIT)
    if draft.client_id is not None and account.find(txid=None, client_id=draft.client_id):
        raise Refused(rules.duplicate_error)


def check_market_cost(draft: Draft, pair: Pair, book: Depth) -> None:
    """Refuse a market order whose value is below the minimum."""
    if draft.type is not OrderType.MARKET:
        return
    levels = book.against(draft.side)
    if not levels or levels[0].price * draft.qty < pair.cost_min:
        raise Refused(refusal.COST_MINIMUM)


def check_funds(order: Order, account: Account, book: Depth, rules: Rules) -> None:
    """Refuse what the account's free balance does not cover; an amended order frees its own."""
    asset, amount = hold_of(order, stops_hold=rules.stops_hold)
    if order.draft.type is OrderType.MARKET and order.draft.side is Side.BUY:
        pair = PAIRS[order.draft.symbol]
        amount = with_fee(market_cost(order, book), pair.cost_step)
    if amount > account.free(asset, stops_hold=rules.stops_hold, without=order.txid):
        raise Refused(refusal.INSUFFICIENT_FUNDS)


def market_cost(order: Order, book: Depth) -> Decimal:
    """Return what the whole remainder would cost in quote without fees.

    What the book does not offer is counted at its worst price.
    """
    side, step = order.draft.side, PAIRS[order.draft.symbol].cost_step
    levels = book.against(side)
    taken = take(levels, side, order.remaining)
    missing = order.remaining - sum(part.qty for part in taken)
    costs = [cost_of(part.price, part.qty, step) for part in taken]
    return sum(costs, cost_of(levels[-1].price, missing, step))
