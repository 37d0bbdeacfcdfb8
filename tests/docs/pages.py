"""Which pages are there, and what stands between their markers?"""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "s1mpletrader"


def tracked() -> list[Path]:
    """Return every file of the project that git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({ROOT / name for name in found.splitlines() if (ROOT / name).is_file()})


def pages() -> list[Path]:
    """Return every page of documentation."""
    return [path for path in tracked() if path.suffix == ".md"]


def modules() -> list[Path]:
    """Return every module of the program."""
    return [each for each in tracked() if each.suffix == ".py" and each.is_relative_to(PROGRAM)]


def block(text: str, name: str) -> str:
    """Return what stands between `<!-- name -->` and `<!-- /name -->`."""
    found = _pattern(name).search(text)
    assert found is not None, f"no block {name}"
    return found[2]


def names_of_blocks(text: str) -> list[str]:
    """Return the names of a page's blocks, in order."""
    return re.findall(r"<!-- /([a-z-]+) -->", text)


def with_block(text: str, name: str, content: str) -> str:
    """Return the page with another content between the markers."""
    return _pattern(name).sub(lambda found: f"{found[1]}{content}{found[3]}", text)


def commands(text: str) -> list[str]:
    """Return the lines of a page's shell blocks, without comments."""
    shells = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.partition("  #")[0].strip() for shell in shells for line in shell.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n)(.*?)(\n<!-- /{name} -->)", re.DOTALL)
