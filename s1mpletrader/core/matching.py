"""What happens to an order when the market trades?

Pure rules, shared by the simulated exchange and by backtests, so that both agree to the digit:
marketable orders take synthetic depth around the last trade, resting limits fill when the tape
trades through them, stops trigger on the last trade.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from s1mpletrader.model.base import Value
from s1mpletrader.model.orders import OrderType, Side


class Level(Value, frozen=True):
    """A price and the quantity offered, or taken, at it."""

    price: Decimal
    qty: Decimal


class Depth(Value, frozen=True):
    """Both sides of a book, best price first."""

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]

    def against(self, side: Side) -> tuple[Level, ...]:
        """Return the levels that an order of `side` can take."""
        return self.asks if side is Side.BUY else self.bids


class Liquidity(Value, frozen=True):
    """How much the market offers around its last trade. Fractions are of the last price."""

    level_qty: Decimal
    half_spread: Decimal = Decimal("0.0001")
    level_step: Decimal = Decimal("0.0001")
    levels: int = 25


class Resting(Value, frozen=True):
    """A limit order in the book, as far as matching must know it."""

    name: str
    side: Side
    limit_price: Decimal
    remaining: Decimal
    number: int
    """Acceptance number: the earlier order of equal price fills first."""


class RestingFill(Value, frozen=True):
    """What one trade of the tape gives to one resting order."""

    name: str
    price: Decimal
    qty: Decimal


def depth(last: Decimal, tick: Decimal, liquidity: Liquidity) -> Depth:
    """Return the synthetic book around `last`: rounded away from it, never at or below zero."""
    spread = _at_least_a_tick(last * liquidity.half_spread, tick)
    step = _at_least_a_tick(last * liquidity.level_step, tick)
    offsets = [spread + step * index for index in range(liquidity.levels)]
    lowest_ask = _ticks(last, tick, ROUND_CEILING)
    highest_bid = _ticks(last, tick, ROUND_DOWN)
    return Depth(
        asks=tuple(Level(lowest_ask + offset, liquidity.level_qty) for offset in offsets),
        bids=tuple(
            Level(highest_bid - offset, liquidity.level_qty)
            for offset in offsets
            if highest_bid - offset > 0
        ),
    )


def take(
    levels: Iterable[Level], side: Side, qty: Decimal, limit_price: Decimal | None = None
) -> tuple[Level, ...]:
    """Return what an order takes from `levels`, best first, never beyond `limit_price`."""
    taken: list[Level] = []
    for level in levels:
        if qty <= 0 or (limit_price is not None and not is_within(side, level.price, limit_price)):
            break
        part = min(qty, level.qty)
        taken.append(Level(level.price, part))
        qty -= part
    return tuple(taken)


def is_within(side: Side, price: Decimal, limit_price: Decimal) -> bool:
    """Whether an order of `side` with `limit_price` may trade at `price`."""
    return price <= limit_price if side is Side.BUY else price >= limit_price


def is_marketable(side: Side, limit_price: Decimal, book: Depth) -> bool:
    """Whether a limit order would trade at once."""
    levels = book.against(side)
    return bool(levels) and is_within(side, levels[0].price, limit_price)


def is_traded_through(side: Side, limit_price: Decimal, price: Decimal) -> bool:
    """Whether a trade at `price` is worse for the market than the resting order's price.

    A trade exactly at the limit fills nothing: our place in the queue is unknown.
    """
    return price < limit_price if side is Side.BUY else price > limit_price


def is_triggered(kind: OrderType, side: Side, trigger_price: Decimal, last: Decimal) -> bool:
    """Whether a stop-loss or take-profit wakes up at the last trade's price."""
    falls = (kind is OrderType.STOP_LOSS) == (side is Side.SELL)
    return last <= trigger_price if falls else last >= trigger_price


def fill_resting(
    orders: Sequence[Resting], price: Decimal, qty: Decimal
) -> tuple[RestingFill, ...]:
    """Share one tape trade among the resting orders it trades through.

    Best price first, then the earlier order; all together get at most `qty`, each at its own
    limit price.
    """
    reached = [order for order in orders if is_traded_through(order.side, order.limit_price, price)]
    fills: list[RestingFill] = []
    for order in sorted(reached, key=_priority):
        part = min(qty, order.remaining)
        if part <= 0:
            break
        fills.append(RestingFill(order.name, order.limit_price, part))
        qty -= part
    return tuple(fills)


def cost_of(price: Decimal, qty: Decimal, cost_step: Decimal) -> Decimal:
    """Return price times quantity in quote, rounded down to the exchange's cost precision.

    Down, so that many small fills never cost more than one large one: a hold always suffices.
    """
    return (price * qty).quantize(cost_step, ROUND_DOWN)


def fee_of(cost: Decimal, rate: Decimal, cost_step: Decimal) -> Decimal:
    """Return the fee in quote, rounded down; `rate` is a fraction of the cost."""
    return (cost * rate).quantize(cost_step, ROUND_DOWN)


def _priority(order: Resting) -> tuple[Decimal, int]:
    return (-order.limit_price if order.side is Side.BUY else order.limit_price, order.number)


def _ticks(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return (price / tick).to_integral_value(rounding) * tick


def _at_least_a_tick(distance: Decimal, tick: Decimal) -> Decimal:
    return max(tick, _ticks(distance, tick, ROUND_CEILING))
