"""How is the `atr_detector` set up?"""

from pydantic import Field

from s1mpletrader.plugin import WorkerParams

PERIOD_MAX = 1_000


class AtrParams(WorkerParams, frozen=True):
    """A period, in bars."""

    period: int = Field(default=14, ge=1, le=PERIOD_MAX)
