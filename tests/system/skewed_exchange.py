"""What if the exchange's clock and this host's do not agree?

The simulated exchange with its clock put back or forward by SKEW_S seconds.
"""

import os
import sys
import time
from unittest.mock import patch

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.simulator import server
from s1mpletrader.simulator.clock import WallClock
from s1mpletrader.simulator.main import run

SKEW_US = int(os.environ["SKEW_S"]) * SECOND


class SkewedClock(WallClock):
    """The host's clock, put back or forward."""

    def wall_us(self) -> Micros:
        """Return the exchange's idea of UTC."""
        return Micros(time.time_ns() // 1_000 + SKEW_US)


if __name__ == "__main__":
    with patch.object(server, "WallClock", SkewedClock):
        sys.exit(run(sys.argv[1:]))
