"""Is docs/architecture.md true? And every other page that names files and functions?"""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

from tests.docs.pages import PROGRAM, ROOT, pages

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
REFERENCE = re.compile(r"`([a-z_0-9]+(?:/[a-z_0-9]+)*\.py):([A-Za-z_0-9.]+)`")
FILE = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|md|yaml|toml|csv|lock|txt))`")
FOLDER = re.compile(r"`((?:[a-z_]+/)+)`")
WRITTEN_WHILE_RUNNING = frozenset({"state.json", "worker.py", "schema.py", "manifest.yaml"})
"""Names that stand for files of a plugin or of a state directory, wherever it is."""
ROOMS = sorted(path.parent.name for path in PROGRAM.glob("*/__init__.py"))


@lru_cache
def definitions(path: Path) -> frozenset[str]:
    """Return the dotted names that a module defines, methods and attributes of classes too."""
    found: set[str] = set()

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            match node:
                case ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
                    found.add(prefix + name)
                case ast.ClassDef(name):
                    found.add(prefix + name)
                    walk(node.body, f"{prefix}{name}.")
                case ast.AnnAssign(ast.Name(name)) | ast.Assign([ast.Name(name)]):
                    found.add(prefix + name)
                case _:
                    pass

    walk(ast.parse(path.read_text("utf-8")).body, "")
    return frozenset(found)


def exists(name: str, page: Path) -> bool:
    """Return whether a name on a page is one of the project, the program, or beside the page."""
    is_there = any((home / name).exists() for home in (ROOT, PROGRAM, page.parent, ROOT / "config"))
    return is_there or Path(name).name in WRITTEN_WHILE_RUNNING


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_function_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    for name, member in REFERENCE.findall(text):
        assert (PROGRAM / name).is_file(), f"{page.name} names {name}"
        assert member in definitions(PROGRAM / name), f"{page.name} names {name}:{member}"
    for name in FILE.findall(text):
        assert exists(name, page), f"{page.name} names {name}"


def test_every_box_of_the_diagram_names_files_that_exist() -> None:
    diagram = PAGE.partition("```\n")[2].partition("```")[0].replace("execution_handler  │", "")
    folder = ""
    for word in re.findall(r"[a-z_]+/(?:[a-z_]+\.py)?|[a-z_]+\.py", diagram):
        if word.endswith("/"):
            folder = word
            assert (PROGRAM / word).is_dir(), word
        else:
            assert (PROGRAM / word).is_file() or any(PROGRAM.glob(f"*/{word}")), (folder, word)


def test_every_room_has_its_row() -> None:
    rows = PAGE.partition("| room |")[2]
    for room in ROOMS:
        assert f"| `{room}/` |" in rows, f"{room} is not in the table of responsibilities"
    for name in re.findall(r"^\| `([a-z_]+/)` \|", rows, re.MULTILINE):
        assert (PROGRAM / name).is_dir(), f"{name} is no room"


def test_every_layer_that_is_built_exists() -> None:
    layers = PAGE.partition("<!-- layers -->")[2].partition("<!-- /layers -->")[0]
    for name in re.findall(r"[a-z_]+", layers.replace("```", "")):
        is_there = (PROGRAM / name).is_dir() or (PROGRAM / f"{name}.py").is_file()
        assert is_there or f"({name})" in layers, f"{name} is neither built nor in parentheses"


def test_every_step_of_the_way_of_a_tick_names_a_function() -> None:
    way = PAGE.partition("## The way of a tick")[2].partition("\n\n")[0].splitlines()
    steps = [line for line in way if line.startswith("|")][2:]
    assert len(steps) >= 10
    for step in steps:
        assert REFERENCE.search(step), step


def test_the_page_is_one_page() -> None:
    assert len(PAGE.splitlines()) <= 160
