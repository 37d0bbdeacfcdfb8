"""What does a holding need so that it is never bare?

Each trade's holding, rounded down to the lot, is covered by one stop-loss that rests at the
exchange (SAFETY O8). `next_step` looks at the trade's orders as they are and returns the one thing
to do now; running it again after a crash is how it resumes.
"""

from collections.abc import Sequence
from decimal import Decimal

from s1mpletrader.core.limits import carries_stop
from s1mpletrader.core.orders import Order
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trades import Trade, holding
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import ClientOrderId
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import OrderRole, OrderStatus, Side

ZERO = Decimal(0)


class Covered(Value, frozen=True):
    """Nothing to do: covered, or nothing worth covering is held (`dust`)."""

    dust: Decimal = ZERO


class Wait(Value, frozen=True):
    """Something must be learned first, or a retry is not due before `until_us`."""

    why: str
    until_us: Micros | None = None


class PlaceStop(Value, frozen=True):
    """Cover `qty` by a new stop."""

    qty: Decimal
    trigger_price: Decimal


class RaiseStop(Value, frozen=True):
    """Amend the resting stop to the quantity `qty` in all (executed part included)."""

    client_id: ClientOrderId
    qty: Decimal
    trigger_price: Decimal


class GiveUpStop(Value, frozen=True):
    """A stop cannot be had: the holding must go through the exit machine at once."""

    why: str


Step = Covered | Wait | PlaceStop | RaiseStop | GiveUpStop


def bare_quantity(orders: Sequence[Order], instrument: Instrument) -> Decimal:
    """Return what is held above the lot and not certainly covered by a resting stop."""
    held = instrument.floor_qty(holding(orders, instrument))
    covered = sum((o.remaining for o in orders if _is_stop(o) and o.txid is not None), ZERO)
    return max(held - covered, ZERO)


def next_step(
    trade: Trade,
    orders: Sequence[Order],
    instrument: Instrument,
    *,
    last_price: Decimal | None,
    now_us: Micros,
    rules: Rules,
    can_amend: bool,
) -> Step:
    """Return what to do for the holding now."""
    if trade.stop_trigger is None:
        return Covered()
    stops = [order for order in orders if _is_stop(order)]
    live = [order for order in stops if order.is_live]
    for stop in live:
        if not stop.is_open_quantity_known:
            return Wait(f"stop {stop.client_id} is {stop.status}")
    held = instrument.floor_qty(holding(orders, instrument))
    bare = held - sum((order.remaining for order in live), ZERO)
    raisable = [order for order in live if order.amends_failed < rules.amend_failures_max]
    if bare > ZERO and raisable and can_amend:
        stop = raisable[0]
        return RaiseStop(stop.client_id, stop.qty + bare, trade.stop_trigger)
    if bare <= ZERO or not carries_stop(bare, trade.stop_trigger, instrument):
        return Covered(dust=max(bare, ZERO))
    failures = failed_in_a_row(stops, rules)
    if last_price is not None and last_price <= trade.stop_trigger:
        return GiveUpStop(f"the last trade {last_price} is at or through {trade.stop_trigger}")
    if failures:
        due = Micros(failures[-1].intended_us + rules.retry_us)
        refused = [order for order in failures if order.status is not OrderStatus.NOT_SENT]
        if len(refused) >= rules.stop_failures_max:
            return GiveUpStop(f"{len(refused)} placements failed: {refused[-1].reason}")
        if now_us < due:
            return Wait(f"a stop was refused: {failures[-1].reason}", due)
    return PlaceStop(bare, trade.stop_trigger)


def failed_in_a_row(orders: Sequence[Order], rules: Rules) -> list[Order]:
    """Return the newest orders that came to nothing, oldest first.

    Refused, not placed, not sent, or accepted and soon gone without an execution: placing such a
    one again without a pause would go round as fast as the network does. A stop that rested for
    long and vanished is no failed placement.
    """
    failed: list[Order] = []
    for order in reversed(orders):
        is_unexecuted = order.status is OrderStatus.CLOSED and not order.fills
        is_short_lived = order.final_us - order.intended_us < rules.short_life_us
        if not order.was_denied and not (is_unexecuted and is_short_lived):
            break
        failed.insert(0, order)
    return failed


def _is_stop(order: Order) -> bool:
    return order.role is OrderRole.STOP and order.intent.order.side is Side.SELL
