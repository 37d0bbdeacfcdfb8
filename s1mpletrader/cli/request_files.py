"""How is a halt left behind while the engine is down?

A file in `requests/` of the state directory; its owner is who asked. The engine honours it before
anything trades, and takes one that it cannot read for a halt (SAFETY G3).
"""

import importlib
import json
import os
import time
from pathlib import Path

from s1mpletrader.errors import PermissionDenied

DIRECTORY = "requests"
SUFFIX = ".json"


def leave(state: Path, verb: str, *, why: str, link: str | None) -> Path:
    """Store a request durably and return its path; raises `PermissionDenied`."""
    content = {"schema": 1, "verb": verb, "why": why, "link": link}
    # the uptime orders the requests of one boot, the process id tells those of one instant apart
    name = f"{verb}-{time.perf_counter_ns():020d}-{os.getpid()}{SUFFIX}"
    path = state / DIRECTORY / name
    atomic_file = importlib.import_module("s1mpletrader.durable.atomic_file")
    disk = importlib.import_module("s1mpletrader.durable.disk").SystemDisk()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_file.write_atomic(path, json.dumps(content).encode(), disk)
    except PermissionError as error:
        text = f"{path.parent} may not be written by uid {os.geteuid()}"
        hint = "join the group s1mpletrader, or ask as root"
        raise PermissionDenied(text, hint=hint) from error
    return path


def waiting(state: Path) -> int:
    """Return how many requests wait for the next start; 0 where nobody may look."""
    try:
        return sum(1 for each in (state / DIRECTORY).iterdir() if each.suffix == SUFFIX)
    except OSError:
        return 0
