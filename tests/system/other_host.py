"""What would another host be like?

The real engine that finds the host's id in HOST_ID and a clock that is HOST_SKEW_S ahead.
"""

import os
import sys
import time
from unittest.mock import patch

from s1mpletrader.cli.main import run
from s1mpletrader.host import machine
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.model.base import SECOND, Micros

SKEW_US = int(os.environ["HOST_SKEW_S"]) * SECOND


def wall_us(_: SystemClock) -> Micros:
    """Return UTC as this host believes it."""
    return Micros(time.time_ns() // 1_000 + SKEW_US)


if __name__ == "__main__":
    with (
        patch.object(SystemClock, "wall_us", wall_us),
        patch.object(machine, "host_id", lambda: os.environ["HOST_ID"]),
    ):
        sys.exit(run())
