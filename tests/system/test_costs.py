"""Does asking a running engine stay cheap?"""

import sys

import pytest

from tests.bench.costs import cpu_of_run, median_of
from tests.rig.processes import Rig

STATUS_MAX = 8.0
"""Bare interpreter starts: 80 ms where one takes 10 ms."""


@pytest.mark.slow
def test_status_costs_little_more_than_a_bare_interpreter(trading: Rig) -> None:
    bare = median_of(lambda: cpu_of_run((sys.executable, "-c", "pass")), 15)
    status = median_of(lambda: cpu_of_run(trading.command("status"), trading.variables()), 15)
    assert status <= STATUS_MAX * bare, f"{status * 1000:.0f} ms, bare {bare * 1000:.0f} ms"
