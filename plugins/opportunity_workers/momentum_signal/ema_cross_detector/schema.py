"""How is the `ema_cross_detector` set up?"""

from s1mpletrader.plugin import WorkerParams


class CrossParams(WorkerParams, frozen=True):
    """It has nothing to set: the averages are the `ema_detector`'s."""
