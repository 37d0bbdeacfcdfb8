"""How is the `atr_exit_planner` set up?"""

from decimal import Decimal

from pydantic import Field

from s1mpletrader.plugin import WorkerParams


class ExitParams(WorkerParams, frozen=True):
    """How many average true ranges the stop is away from the entry."""

    multiple: Decimal = Field(default=Decimal(3), gt=0, le=100)
