"""How is the `default_order_router` set up?"""

from s1mpletrader.plugin import WorkerParams


class RouterParams(WorkerParams, frozen=True):
    """It has nothing to set: every plan goes as one limit order, immediate or cancel."""
