"""What if the exchange answered first and wrote later?

A program for the tests: the log is always one batch behind.
"""

import sys
from collections.abc import Sequence
from unittest.mock import patch

from s1mpletrader.simulator.commands import Command
from s1mpletrader.simulator.event_log import EventLog
from s1mpletrader.simulator.main import run

_append = EventLog.append
_waiting: list[Command] = []


def late(log: EventLog, commands: Sequence[Command]) -> None:
    """Write what should have been written the last time."""
    before, _waiting[:] = list(_waiting), commands
    if before:
        _append(log, before)


if __name__ == "__main__":
    with patch.object(EventLog, "append", late):
        sys.exit(run(sys.argv[1:]))
