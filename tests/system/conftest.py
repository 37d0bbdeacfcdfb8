"""How does a test get an exchange and an engine that are certainly gone afterwards?"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.lockstep import Lockstep
from tests.rig.processes import Rig

LEASE_S = 36_000
"""A restart within it need not wait for another instance to fall silent (SAFETY F2)."""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Yield a rig whose exchange and engine are killed at the end."""
    found = Rig(tmp_path)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(scope="session")
def met(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory in which an exchange and an engine have met and were stopped cleanly."""
    found = Rig(tmp_path_factory.mktemp("met") / "rig")
    try:
        found.start_exchange("--paused")
        found.configure(lease_s=1.1)
        found.start_engine()
        found.wait_trading()
        assert found.stop_engine() == 0
    finally:
        found.close()
    return found.directory


@pytest.fixture
def second_start(met: Path, tmp_path: Path) -> Iterator[Rig]:
    """Yield a rig, nothing running, whose engine will trade as soon as a look agrees."""
    found = Rig(tmp_path / "rig")
    left_out = shutil.ignore_patterns("*.sock", "engine.log", "exchange.log")
    shutil.copytree(met, found.directory, ignore=left_out)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def trading(second_start: Rig) -> Rig:
    """Return a rig that trades: the exchange stands still before the tape's first hour."""
    second_start.start_exchange("--paused")
    second_start.configure(lease_s=LEASE_S)
    second_start.start_engine()
    second_start.wait_trading()
    return second_start


@pytest.fixture
def market(trading: Rig) -> Lockstep:
    """Return the market of the rig that trades."""
    return Lockstep(trading)
