"""What does a holding need so that it is never bare?

Each trade's holding, rounded down to the lot, is covered by one stop-loss that rests at the
exchange (SAFETY O8). The decisions are a table: `next_step` looks at the trade's orders as they are
and returns what the first row that applies says; running it again after a crash is how it resumes.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

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


class Facts(Value, frozen=True):
    """What the table asks about; derived from the trade's orders once a step."""

    is_wanted: bool
    """Whether the trade wants a stop at all; its trigger is nothing if not."""
    trigger: Decimal
    unclear: tuple[Order, ...]
    """Stops that are in doubt, ending or being amended."""
    bare: Decimal
    """Held above the lot and not under a live stop."""
    raisable: tuple[Order, ...]
    """Resting stops whose quantity can be raised."""
    is_coverable: bool
    """Whether the exchange would take a stop for what is bare."""
    last_price: Decimal | None
    failures: tuple[Order, ...]
    """The newest placements that came to nothing, oldest first."""
    refused: tuple[Order, ...]
    """Those among them that were not held back by our own door."""
    now_us: Micros
    rules: Rules


class Row(NamedTuple):
    """One row of the table: where it applies, its step is the one thing to do."""

    when: str
    applies: Callable[[Facts], bool]
    leads_to: str
    step: Callable[[Facts], Step]


def _raise(facts: Facts) -> Step:
    stop = facts.raisable[0]
    return RaiseStop(stop.client_id, stop.qty + facts.bare, facts.trigger)


def _is_through(facts: Facts) -> bool:
    return facts.last_price is not None and facts.last_price <= facts.trigger


def _retry_due_us(facts: Facts) -> Micros:
    return Micros(facts.failures[-1].intended_us + facts.rules.retry_us)


TABLE: tuple[Row, ...] = (
    Row("no stop is wanted", lambda f: not f.is_wanted, "Covered", lambda _: Covered()),
    Row(
        "a stop is in doubt, ending or being amended",
        lambda f: bool(f.unclear),
        "Wait",
        lambda f: Wait(f"stop {f.unclear[0].client_id} is {f.unclear[0].status}"),
    ),
    Row(
        "a resting stop covers a part and can be raised",
        lambda f: f.bare > ZERO and bool(f.raisable),
        "RaiseStop",
        _raise,
    ),
    Row(
        "nothing is bare, or too little to carry a stop",
        lambda f: f.bare <= ZERO or not f.is_coverable,
        "Covered",
        lambda f: Covered(dust=max(f.bare, ZERO)),
    ),
    Row(
        "the market is at or through the trigger",
        _is_through,
        "GiveUpStop",
        lambda f: GiveUpStop(f"the last trade {f.last_price} is at or through {f.trigger}"),
    ),
    Row(
        "too many placements in a row were refused",
        lambda f: len(f.refused) >= f.rules.stop_failures_max,
        "GiveUpStop",
        lambda f: GiveUpStop(f"{len(f.refused)} placements failed: {f.refused[-1].reason}"),
    ),
    Row(
        "a placement failed just now",
        lambda f: bool(f.failures) and f.now_us < _retry_due_us(f),
        "Wait",
        lambda f: Wait(f"a stop was refused: {f.failures[-1].reason}", _retry_due_us(f)),
    ),
    Row("something is bare", lambda _: True, "PlaceStop", lambda f: PlaceStop(f.bare, f.trigger)),
)
"""What to do for a holding (SAFETY O8): the first row that applies."""


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
    stops = [order for order in orders if _is_stop(order)]
    live = [order for order in stops if order.is_live]
    held = instrument.floor_qty(holding(orders, instrument))
    bare = held - sum((order.remaining for order in live), ZERO)
    trigger = ZERO if trade.stop_trigger is None else trade.stop_trigger
    failures = failed_in_a_row(stops, rules)
    facts = Facts(
        is_wanted=trade.stop_trigger is not None,
        trigger=trigger,
        unclear=tuple(order for order in live if not order.is_open_quantity_known),
        bare=bare,
        raisable=tuple(
            each for each in live if can_amend and each.amends_failed < rules.amend_failures_max
        ),
        is_coverable=carries_stop(bare, trigger, instrument),
        last_price=last_price,
        failures=tuple(failures),
        refused=tuple(each for each in failures if each.status is not OrderStatus.NOT_SENT),
        now_us=now_us,
        rules=rules,
    )
    return next(row.step(facts) for row in TABLE if row.applies(facts))


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
