"""How is the `connection_monitor` set up?"""

from s1mpletrader.plugin import WorkerParams


class MonitorParams(WorkerParams, frozen=True):
    """It has nothing to set: `liveness` of the environment says when a connection is lost."""
