"""What does the connector hand over when a look was read?"""

from collections.abc import Sequence
from decimal import Decimal

from s1mpletrader.model.base import Micros
from s1mpletrader.model.looks import ClosedRow, Complete, OpenRow
from s1mpletrader.model.orders import OrderType, Side
from tests.model.bench import (
    CLIENT_IDS,
    FOREIGN_TXID,
    NOW,
    ONE,
    PAIR,
    TICK,
    TXIDS,
    Bench,
    fill_of,
    foreign_fill,
    side_of,
)
from tests.model.states import Head, Here, Reading

ENDED = Micros(NOW + 1)
"""When a look ended whose begin is `NOW`: told apart from the end of any earlier look."""


def times_at_begin(heres: Sequence[Here], head: Head) -> list[tuple[int, int]]:
    """Return (deadline, known since) of each order.

    What was learned during the look is as early as it can be: of the moment after its begin.
    """
    return [
        (
            NOW + then.deadline * TICK,
            NOW - then.known * TICK if then.status is here.status else NOW + 1,
        )
        for here, then in zip(heres, head.orders, strict=True)
    ]


def complete_look(
    bench: Bench, heres: Sequence[Here], head: Head, readings: tuple[Reading, ...]
) -> Complete:
    """Return the look as the connector hands it over: open, closed, trades."""
    opened, closed, traded = readings
    rows: list[OpenRow] = []
    gone: list[ClosedRow] = []
    fills = []
    for slot, is_of in enumerate(bench.slots):
        side, qty = side_of(is_of), Decimal(heres[slot].qty or is_of.qty)
        names = (TXIDS[slot], CLIENT_IDS[slot], PAIR, side, OrderType.LIMIT, qty)
        if opened.orders[slot] >= 0:
            rows.append(OpenRow(*names, Decimal(opened.orders[slot]), Micros(0)))
        if closed.orders[slot] >= 0:
            executed = Decimal(closed.orders[slot])
            gone.append(ClosedRow(*names, executed, Micros(0), Micros(0)))
        for number in range(3):
            if traded.orders[slot] >> number & 1:
                is_aged = head.orders[slot].aged >> number & 1
                at_us = NOW - bench.rules.visibility_us * is_aged
                fills.append(fill_of(slot, number, side, at_us))
    if closed.foreign:
        names = (FOREIGN_TXID, None, PAIR, Side.BUY, OrderType.LIMIT, ONE)  # type: ignore[assignment]
        gone.append(ClosedRow(*names, ONE, Micros(0), Micros(0)))
    if traded.foreign:
        at_us = NOW - bench.rules.visibility_us * head.is_foreign_aged
        fills.append(foreign_fill(at_us))
    return Complete(1, NOW, ENDED, Micros(0), tuple(rows), tuple(gone), tuple(fills))
