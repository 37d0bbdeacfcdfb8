"""What do the tables of docs/simulator.md say, if the code is asked?

`python -m tests.simulator.tables` writes them into the page; a test compares.
"""

from s1mpletrader.simulator.fault_kinds import COMMON, KINDS
from s1mpletrader.simulator.fault_specs import BOUNDS, DEFAULTS
from tests.docs.pages import ROOT, with_block

PAGE = ROOT / "docs/simulator.md"


def kinds() -> str:
    """Return the table of fault kinds."""
    rows = [
        f"| `{kind}` | {info.mode} | {', '.join(info.arguments) or '-'} | {info.about} |"
        for kind, info in KINDS.items()
    ]
    return "\n".join(("| kind | waits for | its own arguments | what happens |", RULE * 4, *rows))


def modes() -> str:
    """Return which arguments every kind of a mode takes."""
    rows = [f"| {mode} | {', '.join(names)} |" for mode, names in COMMON.items()]
    return "\n".join(("| waits for | arguments that all of these take |", RULE * 2, *rows))


def bounds() -> str:
    """Return the bounds and defaults of the numbers."""
    rows = [
        f"| `{name}` | {least:,.12g} | {most:,.12g} | {getattr(DEFAULTS, name):,.12g} |"
        for name, (least, most) in BOUNDS.items()
    ]
    return "\n".join(("| number | least | most | default |", RULE * 4, *rows))


RULE = "|---"
TABLES = {"fault-kinds": kinds, "fault-modes": modes, "fault-bounds": bounds}


def _closed(table: str) -> str:
    return "\n".join(f"{line}|" if line.startswith(RULE) else line for line in table.splitlines())


def table(name: str) -> str:
    """Return a table as it stands in the page."""
    return _closed(TABLES[name]())


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    for each in TABLES:
        text = with_block(text, each, table(each))
    PAGE.write_text(text, "utf-8")
