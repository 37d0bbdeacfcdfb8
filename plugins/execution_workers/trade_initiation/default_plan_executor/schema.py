"""How is the `default_plan_executor` set up?"""

from s1mpletrader.plugin import WorkerParams


class ExecutorParams(WorkerParams, frozen=True):
    """It has nothing to set: the engine's gate and limits decide."""
