"""What does the journal say, also while the engine is down?"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from s1mpletrader.cli.tree import tree
from s1mpletrader.core import causality
from s1mpletrader.core.books import Books
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import NotRunning, S1mpleTraderError
from s1mpletrader.host import control_rows
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.journal_reader import JournalReader

JOURNAL = "journal"
CANDIDATES_SHOWN = 10


def groups(state: str) -> Iterator[Group]:
    """Yield the journal's groups; raises `NotRunning` where there is no journal."""
    directory = Path(state) / JOURNAL
    if not directory.is_dir():
        text = f"no engine answers, and there is no journal in {state}"
        raise NotRunning(text, hint="name the state directory with --state")
    reader = JournalReader(directory, SystemDisk())
    return reader.groups(reader.first_number)


def rows(name: str, state: str) -> dict[str, Any]:
    """Return a table from the journal, and say on stderr that it is one."""
    books = Books()
    for group in groups(state):
        books.absorb_input(group.stamp, group.input)
        for record in group.records:
            books.apply(record)
    print("the engine is not running: this is what its journal says", file=sys.stderr)
    found = {
        "positions": lambda: control_rows.positions(books),
        "orders": lambda: control_rows.orders(books),
        "trades": lambda: control_rows.trades(books),
        "strategies": lambda: _stopped(control_rows.strategies(books, {})),
    }[name]()
    raw = msgspec.json.encode({"schema": f"s1mpletrader.{name}/1", "from": "journal", name: found})
    answer: dict[str, Any] = json.loads(raw)
    return answer


def _stopped(found: list[control_rows.Row]) -> list[control_rows.Row]:
    return [{**row, "state": "stopped"} if row["state"] == "running" else row for row in found]


def why(wanted: str, state: str, *, as_json: bool) -> int:
    """Show what caused one id; an unknown or ambiguous one is an error."""
    known = causality.chronicle(groups(state))
    found = causality.candidates(known, wanted)
    if len(found) != 1:
        raise _not_one(wanted, found)
    ((name, kind),) = found.items()
    node = causality.why(known, name, kind)
    if as_json:
        content = {"schema": "s1mpletrader.why/1", "id": name, "kind": kind, "tree": node}
        print(msgspec.json.encode(content).decode())
    else:
        print(tree(node))
    return 0


def _not_one(wanted: str, found: dict[str, str]) -> S1mpleTraderError:
    if not found:
        text = f"the journal knows no trade, order, opportunity or threat {wanted!r}"
        return S1mpleTraderError(text, hint="`s1mpletrader trades` and `orders` list the ids")
    shown = [f"{kind} {name}" for name, kind in list(found.items())[:CANDIDATES_SHOWN]]
    text = f"{wanted!r} begins {len(found)} ids"
    return S1mpleTraderError(text, hint="name one of " + ", ".join(shown))
