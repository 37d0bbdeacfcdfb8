"""How is the `limit_entry_planner` set up?"""

from decimal import Decimal

from pydantic import Field

from s1mpletrader.plugin import WorkerParams


class EntryParams(WorkerParams, frozen=True):
    """How much worse than the last trade an entry may be, as a fraction of it."""

    slippage_max: Decimal = Field(default=Decimal("0.002"), ge=0, le=Decimal("0.1"))
