"""How is a halt left behind while the engine is down?

A file in `requests/` of the state directory; its owner is who asked. The engine honours it before
anything trades, and takes one that it cannot read for a halt (SAFETY G3).
"""

import json
import os
import time

from s1mpletrader.errors import NotRunning

DIRECTORY = "requests"
SUFFIX = ".json"
DIRECTORY_MODE = 0o2770
"""Setgid: the engine reads what a member of its group leaves (NAMES, places)."""


def leave(state: str, verb: str, *, why: str, link: str | None) -> str:
    """Store a request durably and return its path.

    Raises `NotRunning` where no engine ever ran, `PermissionDenied` where nobody may write.
    """
    # imported here: only a halt without an engine needs the disk
    from pathlib import Path  # noqa: PLC0415

    from s1mpletrader.durable.atomic_file import make_directory, write_atomic  # noqa: PLC0415
    from s1mpletrader.durable.disk import SystemDisk  # noqa: PLC0415

    if not os.path.isdir(state):  # noqa: PTH112 - as in cli.places
        text = f"no engine answers, and there is no state directory {state}"
        raise NotRunning(text, hint="nothing was halted: name the right one with --state")
    content = {"schema": 1, "verb": verb, "why": why, "link": link}
    # the uptime orders the requests of one boot, the process id tells those of one instant apart
    name = f"{verb}-{time.perf_counter_ns():020d}-{os.getpid()}{SUFFIX}"
    disk = SystemDisk()
    path = Path(state) / DIRECTORY / name
    make_directory(path.parent, disk, DIRECTORY_MODE)
    write_atomic(path, json.dumps(content).encode(), disk)
    return str(path)


def waiting(state: str) -> int:
    """Return how many requests wait for the next start; 0 where nobody may look."""
    try:
        names = os.listdir(f"{state}/{DIRECTORY}")  # noqa: PTH208 - as in cli.places
    except OSError:
        return 0
    return sum(1 for name in names if name.endswith(SUFFIX))
