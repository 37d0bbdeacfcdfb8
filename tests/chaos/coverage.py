"""How long was something held at the exchange without a stop?

By the exchange's audit alone: executions say what is held, orders say when a stop rested. The
engine accounts for the same time in `unprotected_s` (SAFETY O8); what it does not know, it cannot
account for, so the difference is how long it was blind.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from s1mpletrader.core.books import Books

ZERO = Decimal(0)
SECOND_US = 1_000_000
Row = dict[str, Any]


def bare_s(books: Books, truth: Row, begin_us: int, end_us: int) -> float:
    """Return the sum over all trades of the seconds without any stop, within the window."""
    rows = {row["client_id"]: row for row in truth["orders"] if row["client_id"]}
    fills: dict[str, list[Row]] = {}
    for fill in truth["fills"]:
        fills.setdefault(fill["client_id"], []).append(fill)
    total_us = 0
    for trade in books.trades.values():
        least = books.instruments[trade.symbol].qty_min
        mine = [rows[each] for each in trade.orders if each in rows]
        executions = [fill for row in mine for fill in fills.get(row["client_id"], ())]
        if not executions or 0 < trade.closed_us < begin_us:
            continue
        stops = [(row["opened_us"], row["closed_us"] or end_us) for row in mine if _is_stop(row)]
        for start_us, stop_us in _held(executions, least, end_us):
            total_us += _uncovered(max(start_us, begin_us), min(stop_us, end_us), stops)
    return total_us / SECOND_US


def _is_stop(row: Row) -> bool:
    return bool(row["type"] == "stop-loss")


def _held(fills: list[Row], least: Decimal, end_us: int) -> Iterator[tuple[int, int]]:
    """Yield the spans in which at least the minimum was held."""
    held, since = ZERO, None
    for fill in sorted(fills, key=lambda each: int(each["time_us"])):
        sign = 1 if fill["side"] == "buy" else -1
        held += sign * Decimal(fill["qty"]) - Decimal(fill["base_fee"])
        if since is None and held >= least:
            since = fill["time_us"]
        elif since is not None and held < least:
            yield since, fill["time_us"]
            since = None
    if since is not None:
        yield since, end_us


def _uncovered(begin_us: int, end_us: int, stops: Iterable[tuple[int, int]]) -> int:
    """Return how much of a span no stop covers."""
    bare_us, at_us = 0, begin_us
    for opened_us, closed_us in sorted(stops):
        if closed_us <= at_us:
            continue
        bare_us += max(0, min(opened_us, end_us) - at_us)
        at_us = max(at_us, closed_us)
    return bare_us + max(0, end_us - at_us)
