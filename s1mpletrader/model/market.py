"""What is traded, and what does the market say?"""

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.orders import Side


class Instrument(Value, frozen=True):
    """The exchange's rules for one pair; every amount is quantised here and nowhere else."""

    symbol: Symbol
    base: Asset
    quote: Asset
    price_tick: Decimal
    """Prices are multiples of this."""
    qty_step: Decimal
    """Quantities are multiples of this (the lot)."""
    cost_step: Decimal
    """Costs and fees in quote are stated in multiples of this."""
    qty_min: Decimal
    cost_min: Decimal
    taker_fee: Decimal = Decimal("0.004")
    """Fraction of the cost; for estimates only: booked fees are the exchange's stated figures."""

    def floor_qty(self, qty: Decimal) -> Decimal:
        """Return the largest tradable quantity not above `qty`."""
        return (qty / self.qty_step).to_integral_value(ROUND_DOWN) * self.qty_step

    def floor_price(self, price: Decimal) -> Decimal:
        """Return the highest price tick not above `price`."""
        return (price / self.price_tick).to_integral_value(ROUND_DOWN) * self.price_tick

    def ceil_price(self, price: Decimal) -> Decimal:
        """Return the lowest price tick not below `price`."""
        return (price / self.price_tick).to_integral_value(ROUND_CEILING) * self.price_tick


class Tick(Value, frozen=True):
    """One public trade. `trade_id` is consecutive per symbol: a gap in it is a gap in the data."""

    symbol: Symbol
    price: Decimal
    qty: Decimal
    side: Side
    trade_id: int
    time_us: Micros


class Bar(Value, frozen=True):
    """Open, high, low, close of `interval_s` seconds; a silent interval repeats the last close."""

    symbol: Symbol
    begin_us: Micros
    interval_s: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int
