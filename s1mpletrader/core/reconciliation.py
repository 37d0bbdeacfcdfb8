"""What may be believed about one order, after asking the exchange?

`judge` compares one order of the books with what one complete look showed of it; `recount` decides
when absence may be believed. Positive evidence is believed at once; negative evidence needs two
ripe looks that agree (SAFETY D2, D6). The rules were explored exhaustively; tests/model drives
these very functions through that exploration.
"""

from decimal import Decimal
from enum import StrEnum

from s1mpletrader.core.orders import Order
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.looks import ClosedRow, OpenRow
from s1mpletrader.model.orders import Fill, OrderStatus

ZERO = Decimal(0)


class Negative(StrEnum):
    """A conclusion from absence, or from a list that lags."""

    NOT_PLACED = "not_placed"
    MISSING = "missing"
    """The exchange acknowledged the order and shows it nowhere."""
    STILL_OPEN = "still_open"
    """The books closed the order and the open list shows it."""


class Sighting(Value, frozen=True):
    """What one look shows of one order; `fills` are the trades with its txid."""

    open: OpenRow | None = None
    closed: ClosedRow | None = None
    fills: tuple[Fill, ...] = ()


class Judgement(Value, frozen=True):
    """What one look proves (`adopt`, `fills`, `final`) and what it merely suggests (`negative`)."""

    adopt: bool = False
    """The order is at the exchange and the books did not know."""
    fills: tuple[Fill, ...] = ()
    """Executions to book."""
    final: Decimal | None = None
    """Its final executed quantity."""
    negative: Negative | None = None
    agrees: bool = True
    """False: no look that shows this may open the gate (D3)."""


class Count(Value, frozen=True):
    """A first ripe look that suggested `negative`; forgotten when the order changes."""

    negative: Negative
    mark: tuple[OrderStatus, int]
    ended_us: Micros


def judge(order: Order, sighting: Sighting, *, is_strange: bool) -> Judgement:
    """Return what `sighting` says about `order` as the books know it now (SAFETY D4, D6).

    `is_strange`: the look shows a trade on the instrument that nobody explains; then the absence
    of an order in doubt means nothing, because the trade may be its.
    """
    fills = tuple(fill for fill in sighting.fills if not order.has(fill.exec_id))
    executed = order.executed + sum((fill.qty for fill in fills), ZERO)
    adopt = order.is_in_doubt or order.was_denied
    if sighting.closed is not None:  # closed beats open inside one look
        final = sighting.closed.vol_exec
        agrees = executed == final and not order.was_denied
        return Judgement(adopt=adopt, fills=fills, final=final, agrees=agrees)
    if sighting.open is not None:
        if order.status is OrderStatus.CLOSED:
            return Judgement(negative=Negative.STILL_OPEN)
        agrees = executed >= sighting.open.vol_exec and not order.was_denied
        return Judgement(adopt=adopt, fills=fills, agrees=agrees)
    if order.status is OrderStatus.ACKED:
        if executed == order.qty:
            return Judgement(fills=fills, final=executed, agrees=False)
        return Judgement(fills=fills, negative=Negative.MISSING, agrees=False)
    if order.is_in_doubt and not is_strange:
        return Judgement(negative=Negative.NOT_PLACED)
    return Judgement()


def is_ripe(order: Order, began_us: Micros, run_us: Micros, visibility_us: Micros) -> bool:
    """Return whether absence in a look that began at `began_us` means something (SAFETY D2).

    In doubt: deadline + G has passed. Acked: V has passed since the exchange's word for it, or
    since the start of this run at `run_us`. Final: the look began after it became so; a look that
    was under way read the lists of before.
    """
    if order.is_in_doubt:
        return began_us >= order.ripe_us
    if order.status is OrderStatus.ACKED:
        return began_us >= max(order.known_us, run_us) + visibility_us
    return began_us >= order.final_us


def recount(
    prior: Count | None,
    order: Order,
    negative: Negative | None,
    look_us: tuple[Micros, Micros],
    spacing_us: Micros,
) -> tuple[Count | None, bool]:
    """Return the count after a ripe look over `look_us` (began, ended), and whether it is proof.

    Proof is the second look of the same verdict on the unchanged order that began at least
    `spacing_us` after the first one ended (SP).
    """
    if negative is None:
        return None, False
    began_us, ended_us = look_us
    mark = (order.status, len(order.fills))
    if prior is None or prior.negative is not negative or prior.mark != mark:
        return Count(negative, mark, ended_us), False
    if began_us - prior.ended_us >= spacing_us:
        return None, True
    return prior, False
