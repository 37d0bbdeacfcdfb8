"""What do the tests of this room share?"""

from pathlib import Path

import pytest

from tests.assembly.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a copy of the shipped configuration."""
    return Shop(tmp_path)
