"""How did the run before this one end, as far as its supervisor wrote it down?"""

import json
from collections.abc import Mapping
from pathlib import Path


def read_last_exit(state: Path) -> Mapping[str, object] | None:
    """Return the content of `last-exit` in a state directory, None if it is unreadable."""
    try:
        found = json.loads((state / "last-exit").read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
