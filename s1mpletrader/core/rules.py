"""Which numbers govern orders, looks and the gate?

Defaults are those of SAFETY D5 and NAMES "Numbers that belong together"; configuration sets them.
"""

from decimal import Decimal

from s1mpletrader.model.base import SECOND, Micros, Value


class Rules(Value, frozen=True):
    """Durations in microseconds; each has its letter in SAFETY D5 where it has one."""

    deadline_for_us: Micros = Micros(5 * SECOND)
    """D: the exchange accepts a submit until intent + D."""
    grace_us: Micros = Micros(5 * SECOND)
    """G after a clean loss: how much later than its deadline a lost order may still appear."""
    slow_grace_us: Micros = Micros(60 * SECOND)
    """G after a 5xx or a timeout."""
    look_spacing_us: Micros = Micros(2 * SECOND)
    """SP: the second look of a negative verdict begins at least this long after the first."""
    visibility_us: Micros = Micros(2 * SECOND)
    """V: how late the lists may show what happened."""
    look_retry_us: Micros = Micros(2 * SECOND)
    """After a void look, how long until the next."""
    look_timeout_us: Micros = Micros(120 * SECOND)
    """A look without an answer for so long is given up and asked for again."""
    reconcile_every_us: Micros = Micros(300 * SECOND)
    decision_age_max_us: Micros = Micros(2 * SECOND)
    deadline_margin_us: Micros = Micros(SECOND // 2)
    """The door refuses what could not reach the exchange before its deadline (O2)."""
    lease_us: Micros = Micros(30 * SECOND)
    clock_error_us: Micros = Micros(SECOND // 4)
    retry_us: Micros = Micros(SECOND)
    """A refused stop or exit is tried again at most this often (O2)."""
    retry_alert_us: Micros = Micros(5 * SECOND)
    emergency_retry_us: Micros = Micros(30 * SECOND)
    """An exit that keeps failing is repeated this often, with an alert, for ever (O8)."""
    short_life_us: Micros = Micros(30 * SECOND)
    """An order that is gone without an execution so soon after its intent counts as failed."""
    stop_failures_max: int = 5
    """So many refused placements of a stop make the holding go through the exit machine."""
    amend_failures_max: int = 2
    """So many amends of a stop without effect, and the rest gets a stop of its own (O8)."""
    connection_lost_attempts: int = 5
    price_band: Decimal = Decimal("0.05")
    """An entry's limit may differ from the last trade by this fraction."""
    order_cost_max: Decimal | None = None
