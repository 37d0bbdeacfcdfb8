"""How is the `fixed_risk_sizer` set up?"""

from decimal import Decimal

from pydantic import Field

from s1mpletrader.plugin import WorkerParams


class SizeParams(WorkerParams, frozen=True):
    """Which fraction of the link's capital a stopped trade may lose, fees left out."""

    risk_fraction: Decimal = Field(default=Decimal("0.01"), gt=0, le=Decimal("0.2"))
