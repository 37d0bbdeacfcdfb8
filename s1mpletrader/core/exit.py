"""How is a trade closed so that nothing is sold twice?

A resting stop holds the coins and the exchange has no one-cancels-the-other: cancel the stop,
learn its final state by positive evidence, then sell what is left, verify, repeat (SAFETY O10).
The decisions are a table over the books alone, so resuming after a crash is running it again.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

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


class Facts(Value, frozen=True):
    """What the table asks about; derived from the trade's orders once a step."""

    first: tuple[Wait | CancelFirst, ...]
    """What must be learned or cancelled before a quantity may be sold."""
    held: Decimal
    """Rounded down to the lot."""
    free: Decimal | None
    is_dust: bool
    """Whether the exchange would take no order for what is held."""
    qty: Decimal
    """What may be sold: held, and free."""
    is_sellable: bool
    """Whether the exchange would take an order for that."""
    failures: tuple[Order, ...]
    """The newest sells that came to nothing, oldest first."""
    now_us: Micros
    rules: Rules


class Row(NamedTuple):
    """One row of the table: where it applies, its step is the one thing to do."""

    when: str
    applies: Callable[[Facts], bool]
    leads_to: str
    step: Callable[[Facts], Step]


def _retry_due_us(facts: Facts) -> Micros:
    is_often = len(facts.failures) > facts.rules.stop_failures_max
    pause = facts.rules.emergency_retry_us if is_often else facts.rules.retry_us
    return Micros(facts.failures[-1].intended_us + pause)


TABLE: tuple[Row, ...] = (
    Row(
        "an order of the trade is in doubt or not final",
        lambda f: bool(f.first),
        "CancelFirst or Wait",
        lambda f: f.first[0],
    ),
    Row(
        "nothing is held that the exchange would take",
        lambda f: f.is_dust,
        "Flat",
        lambda f: Flat(dust=f.held),
    ),
    Row(
        "a sell failed just now",
        lambda f: bool(f.failures) and f.now_us < _retry_due_us(f),
        "Wait",
        lambda f: Wait(f"selling failed: {f.failures[-1].reason}", _retry_due_us(f)),
    ),
    Row(
        "what is held is not free",
        lambda f: not f.is_sellable,
        "Wait",
        lambda f: Wait(
            f"{f.held} is held by the books and {f.free} is free",
            Micros(f.now_us + f.rules.retry_us),
        ),
    ),
    Row(
        "something can be sold",
        lambda _: True,
        "Sell",
        lambda f: Sell(f.qty, len(f.failures)),
    ),
)
"""What to do to become flat (SAFETY O10): the first row that applies."""


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
    held = instrument.floor_qty(holding(orders, instrument))
    qty = held if free is None else min(held, instrument.floor_qty(max(free, ZERO)))
    sells = [each for each in orders if each.role is OrderRole.EXIT]
    facts = Facts(
        first=() if unfinished is None else (unfinished,),
        held=held,
        free=free,
        is_dust=held < instrument.qty_min or _is_below_cost(held, last_price, instrument),
        qty=qty,
        is_sellable=qty >= instrument.qty_min,
        failures=tuple(failed_in_a_row(sells, rules)),
        now_us=now_us,
        rules=rules,
    )
    return next(row.step(facts) for row in TABLE if row.applies(facts))


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


def _is_below_cost(held: Decimal, last_price: Decimal | None, instrument: Instrument) -> bool:
    return last_price is not None and held * last_price < instrument.cost_min
