"""Does every module keep the house's measures?"""

import ast
from pathlib import Path

import pytest

from tests.docs.pages import PROGRAM, modules

LINES_MAX = 300
REASON = "lines because"
"""A longer module says in its docstring why: "more than 300 lines because ..."."""
FUNCTION_LINES_MAX = 60
"""The house aims at 40; a few constructors with one argument a line need more."""


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PROGRAM)))
def test_a_module_begins_with_one_question(path: Path) -> None:
    text = docstring(path)
    assert text, "no docstring"
    if path.name != "__init__.py":
        assert text.splitlines()[0].endswith("?"), text.splitlines()[0]


def test_a_long_module_says_why() -> None:
    for path in modules():
        length = len(path.read_text("utf-8").splitlines())
        is_allowed = REASON in docstring(path)
        assert length <= LINES_MAX or is_allowed, f"{path.relative_to(PROGRAM)} has {length} lines"


def test_a_function_fits_a_screen() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                where = f"{path.relative_to(PROGRAM)}:{node.name}"
                assert length <= FUNCTION_LINES_MAX, f"{where} has {length} lines"
