"""What do the simulator's tests stand on?"""

from pathlib import Path

import pytest

from s1mpletrader.simulator import tape
from tests.simulator.harness import Bench, small_tape


@pytest.fixture
def market(tmp_path: Path) -> tape.Tape:
    return tape.load(small_tape(tmp_path))


@pytest.fixture
def bench(market: tape.Tape) -> Bench:
    """Return a venue after the first trade: BTC/USD at 100, book 99.99/100.01, 1 BTC a level."""
    return Bench(market)
