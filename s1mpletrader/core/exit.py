"""How is a trade closed so that nothing is sold twice?

A resting stop holds the coins and the exchange has no one-cancels-the-other: cancel the stop,
learn its final state by positive evidence, then sell what is left, verify, repeat (SAFETY O10).
`next_step` is a function of the books alone, so resuming after a crash is running it again.
"""

from collections.abc import Sequence
from decimal import Decimal

from s1mpletrader.core.orders import Order
from s1mpletrader.core.protection import Wait, failed_in_a_row
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trades import holding
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import ClientOrderId
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import OrderRole

ZERO = Decimal(0)


class CancelFirst(Value, frozen=True):
    """This order must leave the book before anything is sold."""

    client_id: ClientOrderId


class Sell(Value, frozen=True):
    """Sell `qty` at the market; `failures` in a row came before."""

    qty: Decimal
    failures: int = 0


class Flat(Value, frozen=True):
    """Nothing above the exchange's minimum is left."""

    dust: Decimal = ZERO


Step = Wait | CancelFirst | Sell | Flat


def next_step(
    orders: Sequence[Order],
    instrument: Instrument,
    *,
    free: Decimal | None,
    last_price: Decimal | None,
    now_us: Micros,
    rules: Rules,
) -> Step:
    """Return what to do now to make the trade flat.

    `free` is what a balance read showed as not held by open orders; it only lowers a quantity.
    """
    unfinished = _finish_first(orders, now_us, rules)
    if unfinished is not None:
        return unfinished
    held = instrument.floor_qty(holding(orders, instrument))
    if held < instrument.qty_min or _is_below_cost(held, last_price, instrument):
        return Flat(dust=held)
    quantity = held if free is None else min(held, instrument.floor_qty(max(free, ZERO)))
    failures = failed_in_a_row([each for each in orders if each.role is OrderRole.EXIT], rules)
    if failures:
        pause = rules.retry_us
        if len(failures) > rules.stop_failures_max:
            pause = rules.emergency_retry_us
        due = Micros(failures[-1].intended_us + pause)
        if now_us < due:
            return Wait(f"selling failed: {failures[-1].reason}", due)
    if quantity < instrument.qty_min:
        return Wait(f"{held} is held by the books and {free} is free", _later(now_us, rules))
    return Sell(quantity, len(failures))


def _finish_first(
    orders: Sequence[Order], now_us: Micros, rules: Rules
) -> Wait | CancelFirst | None:
    """Return what must be learned or cancelled before a quantity may be sold."""
    for order in orders:
        if order.is_in_doubt:
            return Wait(f"{order.role} {order.client_id} is {order.status}")
    for order in orders:
        if order.is_live:
            since = order.cancelled_us
            if order.role is OrderRole.EXIT:  # a market sell ends by itself: give it its time
                since = max(since, order.known_us)
            due = Micros(since + rules.retry_us)
            if now_us >= due:
                return CancelFirst(order.client_id)
            return Wait(f"{order.role} {order.client_id} is not final", due)
    return None


def _later(now_us: Micros, rules: Rules) -> Micros:
    return Micros(now_us + rules.retry_us)


def _is_below_cost(held: Decimal, last_price: Decimal | None, instrument: Instrument) -> bool:
    return last_price is not None and held * last_price < instrument.cost_min
