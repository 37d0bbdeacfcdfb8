"""How does a test get an exchange and an engine that are certainly gone afterwards?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.processes import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Yield a rig whose exchange and engine are killed at the end."""
    found = Rig(tmp_path)
    try:
        yield found
    finally:
        found.close()
