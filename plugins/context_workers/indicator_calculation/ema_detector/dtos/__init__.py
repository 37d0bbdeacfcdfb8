"""What does the `ema_detector` tell, and what does it remember?"""

from s1mpletrader.model.base import Value
from s1mpletrader.plugin.indicators import EmaState


class EmaPair(Value, frozen=True):
    """The fast and the slow average of closes after the bar that just closed."""

    fast: float
    slow: float
    is_ready: bool
    """Whether a full slow period has been seen; before that the values mean little."""


class EmaPairState(Value, frozen=True):
    """Both averages, to go on from."""

    fast: EmaState
    slow: EmaState
