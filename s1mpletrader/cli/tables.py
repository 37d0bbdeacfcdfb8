"""What do rows look like on a terminal?

Aligned columns without borders: greppable, and an id is never cut.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    "positions": (
        "link",
        "symbol",
        "qty",
        "entry_price",
        "mark_price",
        "stop_trigger",
        "stop_qty",
        "profit",
    ),
    "orders": (
        "client_id",
        "txid",
        "link",
        "symbol",
        "role",
        "side",
        "type",
        "qty",
        "filled",
        "limit_price",
        "trigger_price",
        "status",
    ),
    "trades": (
        "trade_id",
        "link",
        "symbol",
        "opened_us",
        "closed_us",
        "qty",
        "profit",
        "fees",
        "cause",
    ),
    "strategies": (
        "link",
        "symbol",
        "state",
        "capital",
        "position",
        "profit",
        "last_tick_us",
        "halts",
    ),
}
_RIGHT = frozenset(
    {
        "qty",
        "filled",
        "entry_price",
        "mark_price",
        "stop_trigger",
        "stop_qty",
        "limit_price",
        "trigger_price",
        "profit",
        "fees",
        "capital",
        "position",
    }
)
ABSENT = "-"
GAP = "  "


def table(rows: Sequence[Row], columns: Iterable[str]) -> str:
    """Return the rows under a line of headings."""
    names = tuple(columns)
    cells = [[cell(row.get(name), name) for name in names] for row in rows]
    cells.insert(0, [heading(name) for name in names])
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    return "\n".join(
        GAP.join(
            text.rjust(width) if name in _RIGHT else text.ljust(width)
            for text, width, name in zip(line, widths, names, strict=True)
        ).rstrip()
        for line in cells
    )


def heading(name: str) -> str:
    """Return a column's title; the unit of moments shows in the value."""
    return name.removesuffix("_us").replace("_", " ").upper()


def cell(value: object, name: str = "") -> str:
    """Return one value as text; absent is a dash, never a zero."""
    if value is None or value in ("", []):
        return ABSENT
    if name.endswith("_us") and isinstance(value, int):
        return moment(value)
    if isinstance(value, list | tuple):
        return ",".join(str(each) for each in value)
    return str(value)


def moment(at_us: int) -> str:
    """Return a moment in UTC to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_us // 1_000_000))


def span(for_s: float) -> str:
    """Return a duration in two units at most."""
    seconds = int(for_s)
    for unit, size, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // part} {smaller}"
    if seconds >= 60:  # noqa: PLR2004 - a minute
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{for_s:.1f} s"
