"""Which event moves an order from which status to which?

The table is the rule (SAFETY O4, D6); a pair that is missing is a broken rule of this program and
raises. Statuses that were final by *negative* conclusion (rejected, not placed, not sent) can be
overruled by positive evidence: the exchange wins, and the caller halts with `contradiction`.
"""

from enum import StrEnum

from s1mpletrader.errors import IllegalTransition
from s1mpletrader.model.orders import OrderStatus as S


class OrderHappening(StrEnum):
    """What can be learned about an order."""

    ACKED = "acked"
    FILLED = "filled"
    FINISHED = "finished"
    """Its final executed quantity is known and booked."""
    REJECTED = "rejected"
    WENT_UNKNOWN = "went_unknown"
    NOT_SENT = "not_sent"
    NOT_PLACED = "not_placed"


H = OrderHappening

TRANSITIONS: dict[tuple[S, H], S] = {
    (S.INTENT, H.ACKED): S.ACKED,
    (S.INTENT, H.FILLED): S.ACKED,  # a fill may come before the answer
    (S.INTENT, H.FINISHED): S.CLOSED,
    (S.INTENT, H.REJECTED): S.REJECTED,
    (S.INTENT, H.WENT_UNKNOWN): S.UNKNOWN,
    (S.INTENT, H.NOT_SENT): S.NOT_SENT,
    (S.INTENT, H.NOT_PLACED): S.NOT_PLACED,
    (S.UNKNOWN, H.ACKED): S.ACKED,
    (S.UNKNOWN, H.FILLED): S.ACKED,
    (S.UNKNOWN, H.FINISHED): S.CLOSED,
    (S.UNKNOWN, H.REJECTED): S.REJECTED,  # the answer came late, but it came
    (S.UNKNOWN, H.WENT_UNKNOWN): S.UNKNOWN,
    (S.UNKNOWN, H.NOT_PLACED): S.NOT_PLACED,
    (S.ACKED, H.ACKED): S.ACKED,
    (S.ACKED, H.FILLED): S.ACKED,
    (S.ACKED, H.FINISHED): S.CLOSED,
    (S.ACKED, H.WENT_UNKNOWN): S.ACKED,  # the stream was faster than the timeout
    (S.CLOSED, H.ACKED): S.CLOSED,
    (S.CLOSED, H.FILLED): S.CLOSED,
    (S.CLOSED, H.FINISHED): S.CLOSED,
    (S.CLOSED, H.WENT_UNKNOWN): S.CLOSED,
    (S.REJECTED, H.ACKED): S.ACKED,  # the exchange wins
    (S.REJECTED, H.FILLED): S.ACKED,
    (S.REJECTED, H.FINISHED): S.CLOSED,
    (S.NOT_PLACED, H.ACKED): S.ACKED,
    (S.NOT_PLACED, H.FILLED): S.ACKED,
    (S.NOT_PLACED, H.FINISHED): S.CLOSED,
    (S.NOT_SENT, H.ACKED): S.ACKED,
    (S.NOT_SENT, H.FILLED): S.ACKED,
    (S.NOT_SENT, H.FINISHED): S.CLOSED,
}

IN_DOUBT = frozenset({S.INTENT, S.UNKNOWN})
"""Nobody knows whether the exchange has it: its instrument is locked (SAFETY O6)."""

LIVE = frozenset({S.INTENT, S.UNKNOWN, S.ACKED})
"""Not final."""

DENIED = frozenset({S.REJECTED, S.NOT_PLACED, S.NOT_SENT})
"""Final because the exchange does not have it."""


def advance(status: S, happening: H) -> S:
    """Return the next status; raises `IllegalTransition` where the table has none."""
    try:
        return TRANSITIONS[status, happening]
    except KeyError:
        text = f"an order that is {status} cannot become {happening}"
        raise IllegalTransition(text) from None
