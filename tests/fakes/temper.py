"""How unkind is the exchange?"""

import msgspec

from s1mpletrader.model.base import SECOND, Value

MS = SECOND // 1000


class Temper(Value, frozen=True):
    """Bounds of what is drawn for each order, list, answer and connection; times in us."""

    lag_open_us: int = 1_800 * MS
    """Until an order shows among the open ones, at most."""
    lag_leave_us: int = 900 * MS
    """How long a closed order still shows among the open ones, at most."""
    lag_closed_us: int = 1_800 * MS
    """Until it shows among the closed ones, at most: it may be in neither list for a while."""
    lag_trades_us: int = 1_800 * MS
    lag_credit_us: int = 1_900 * MS
    """Until an execution moves the balances, at most."""
    answer_us: int = 400 * MS
    stream_us: int = 600 * MS
    """Until an answer or a stream event arrives, at most; independent of each other."""
    call_us: int = 500 * MS
    """How long one read of a look takes, at most."""
    late_answer_percent: int = 10
    """Answers that come after the submit timeout."""
    lost_answer_percent: int = 20
    late_request_percent: int = 10
    """Requests that travel for seconds, some beyond their deadline."""
    failed_read_percent: int = 3
    drop_percent: int = 6
    """Requests after which the connection breaks."""
    dip_percent: int = 30
    """Cancels that cross a partial execution of the stop."""
    amend_refused_percent: int = 10
    base_fee_percent: int = 15
    holds_coins: bool = True
    shows_snapshot: bool = True
    hides_us: int = 0
    """Orders drawn to be hidden show nowhere for up to so long (beyond what D5 assumes)."""
    hides_percent: int = 0
    hides_balances: bool = False
    """Whether the balances hide what hidden orders did, too."""


KIND = Temper(
    lag_open_us=0,
    lag_leave_us=0,
    lag_closed_us=0,
    lag_trades_us=0,
    lag_credit_us=0,
    late_answer_percent=0,
    lost_answer_percent=0,
    late_request_percent=0,
    failed_read_percent=0,
    drop_percent=0,
    dip_percent=0,
    amend_refused_percent=0,
    base_fee_percent=0,
)
"""A kind world proves nothing, but shows whether a script does what its name says."""

UNKIND = Temper()

HASTY = Temper(
    answer_us=50 * MS,
    stream_us=50 * MS,
    call_us=50 * MS,
    late_answer_percent=0,
    lost_answer_percent=0,
    late_request_percent=0,
    failed_read_percent=0,
    drop_percent=0,
)
"""Everything arrives at once, but the lists and balances are as late as ever."""

STORMY = Temper(
    late_answer_percent=20,
    lost_answer_percent=40,
    late_request_percent=40,
    drop_percent=25,
    dip_percent=60,
    amend_refused_percent=25,
)
"""Everything that may go wrong does so often."""

HIDING = Temper(hides_us=200 * SECOND, hides_percent=50, lost_answer_percent=50)
"""Breaks what SAFETY D5 assumes of the lists; the balances still tell."""

BEYOND = msgspec.structs.replace(HIDING, hides_balances=True)
"""Breaks what SAFETY D5 assumes: only the past can tell, when it comes."""
