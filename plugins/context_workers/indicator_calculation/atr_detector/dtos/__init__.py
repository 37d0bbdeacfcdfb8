"""What does the `atr_detector` tell?"""

from s1mpletrader.model.base import Value


class AverageTrueRange(Value, frozen=True):
    """How far the price moves in a bar, on average, in quote."""

    value: float
    is_ready: bool
    """Whether a full period has been seen."""
