"""What does the `ema_cross_detector` remember?"""

from s1mpletrader.model.base import Value


class CrossState(Value, frozen=True):
    """Where the averages were after the last bar."""

    was_above: bool
