"""Is this order within its limits?

Checked in the engine before every intent (SAFETY O11); a refusal is a recorded decision with the
limit, its value and the order's.
"""

from decimal import Decimal

from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import Value
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.signals import RoutedTradePlan

ZERO = Decimal(0)


class Refusal(Value, frozen=True):
    """Which rule refused, and the sentence for the journal."""

    rule: str
    reason: str


def entry_cost(plan: RoutedTradePlan, instrument: Instrument) -> Decimal:
    """Return the most that the entry can cost in quote, with its fee: what must be reserved."""
    cost = plan.qty * plan.limit_price
    return cost + cost * instrument.taker_fee


def carries_stop(qty: Decimal, trigger: Decimal, instrument: Instrument) -> bool:
    """Return whether `qty` could be covered by a stop at `trigger` (exchange minimums)."""
    return qty >= instrument.qty_min and qty * trigger >= instrument.cost_min


def refuse_entry(
    plan: RoutedTradePlan,
    instrument: Instrument,
    *,
    cash: Decimal,
    last_price: Decimal | None,
    rules: Rules,
) -> Refusal | None:
    """Return why the entry is refused, or None. `cash` is the link's, less what is reserved."""
    qty, price, trigger = plan.qty, plan.limit_price, plan.stop_trigger
    cost = entry_cost(plan, instrument)
    refusal: Refusal | None = None
    if qty <= ZERO or instrument.floor_qty(qty) != qty:
        refusal = Refusal("lot", f"quantity {qty} is not a multiple of {instrument.qty_step}")
    elif price <= ZERO or instrument.floor_price(price) != price:
        refusal = Refusal("tick", f"price {price} is not a multiple of {instrument.price_tick}")
    elif qty < instrument.qty_min or qty * price < instrument.cost_min:
        refusal = Refusal("minimum", f"{qty} at {price} is below the exchange's minimum")
    elif trigger is not None and not ZERO < trigger < price:
        refusal = Refusal("stop", f"stop trigger {trigger} is not below the entry's limit {price}")
    elif trigger is not None and not carries_stop(qty, trigger, instrument):
        refusal = Refusal("stop", f"a fill of {qty} could not carry a stop at {trigger}")
    elif last_price is None:
        refusal = Refusal("price_band", "no trade of this instrument has been seen")
    elif abs(price - last_price) > last_price * rules.price_band:
        band = f"{rules.price_band:%} of the last trade at {last_price}"
        refusal = Refusal("price_band", f"limit {price} is outside {band}")
    elif rules.order_cost_max is not None and cost > rules.order_cost_max:
        refusal = Refusal("order_cost", f"cost {cost} exceeds the limit {rules.order_cost_max}")
    elif cost > cash:
        refusal = Refusal("capital", f"cost {cost} with fee exceeds the link's free cash {cash}")
    return refusal
