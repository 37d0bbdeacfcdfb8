"""Is this host run by systemd, and does stderr go to its journal?

python-systemd is optional and only asked host questions: its writer would freeze the whole
process while journald is stalled (systemd/python-systemd#170), so logs go through `host.log`.
"""

import importlib
import os
from collections.abc import Mapping
from pathlib import Path

BOOTED_MARK = Path("/run/systemd/system")


def booted() -> bool:
    """Return whether systemd is this host's service manager (sd_booted)."""
    try:
        daemon = importlib.import_module("systemd.daemon")
    except ImportError:
        return BOOTED_MARK.is_dir()  # what sd_booted(3) itself looks at
    return bool(daemon.booted())


def is_journal(fd: int, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether `fd` is the stream that systemd connected to the journal."""
    told = environment.get("JOURNAL_STREAM", "")
    if not told:
        return False
    try:
        found = os.fstat(fd)
    except OSError:
        return False
    return told == f"{found.st_dev}:{found.st_ino}"
