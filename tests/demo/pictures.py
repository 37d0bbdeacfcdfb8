"""How does a trading day look in a terminal?"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from s1mpletrader.core.books import Books
from s1mpletrader.core.trades import Trade, profit_and_fees

BARS = " ▁▂▃▄▅▆▇█"
HEIGHT = 8
WIDTH = 64
ZERO = Decimal(0)


def equity(capital: Decimal, profits: Sequence[Decimal]) -> list[Decimal]:
    """Return the equity after each closed trade, beginning with the capital."""
    values = [capital]
    for profit in profits:
        values.append(values[-1] + profit)
    return values


def drawdown(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Return the deepest fall from a peak: (amount, fraction of the peak)."""
    peak, deepest, fraction = values[0], ZERO, ZERO
    for value in values:
        peak = max(peak, value)
        if peak - value > deepest:
            deepest, fraction = peak - value, (peak - value) / peak
    return deepest, fraction


def curve(values: Sequence[Decimal]) -> list[str]:
    """Return the equity as a picture of `HEIGHT` lines, the scale on the left."""
    low, high = min(values), max(values)
    span = high - low or Decimal(1)
    count = min(WIDTH, max(len(values), 2))
    points = [values[index * (len(values) - 1) // (count - 1)] for index in range(count)]
    stretch = max(1, WIDTH // count)
    levels = [int((value - low) / span * (HEIGHT * 8 - 1)) + 1 for value in points]
    lines = []
    for row in range(HEIGHT - 1, -1, -1):
        label = {HEIGHT - 1: f"{high:>12.2f}", 0: f"{low:>12.2f}"}.get(row, " " * 12)
        cells = "".join(BARS[min(max(level - row * 8, 0), 8)] * stretch for level in levels)
        lines.append(f"{label} │{cells}")
    return lines


def trade_table(books: Books, trades: Sequence[Trade]) -> list[str]:
    """Return one line per closed trade, with its fees."""
    lines = [f"{'opened':<17}{'closed':<17}{'quantity':>12}{'profit':>10}{'fees':>9}  closed by"]
    for trade in trades:
        orders = books.orders_of(trade)
        _, fees = profit_and_fees(orders, books.instruments[trade.symbol])
        bought = sum((order.executed for order in orders if order.is_buy), ZERO)
        lines.append(
            f"{_clock(trade.opened_us):<17}{_clock(trade.closed_us):<17}{bought:>12}"
            f"{trade.profit:>10.2f}{fees:>9.2f}  {trade.close_cause.split(':')[0]}"
        )
    return lines


def _clock(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%H:%M:%S.%f")[:-3]
