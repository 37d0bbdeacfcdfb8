"""Do the tables of the documentation say what the code says? `python -m tests.docs` writes them."""

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, block, names_of_blocks
from tests.docs.tables import PAGES, reasons_that_are_set

BLOCKS = [(path, name) for path, tables in PAGES.items() for name in tables]


@pytest.mark.parametrize(("path", "name"), BLOCKS, ids=[f"{p.stem}-{n}" for p, n in BLOCKS])
def test_a_generated_table_is_what_the_code_says(path: Path, name: str) -> None:
    found = block(path.read_text("utf-8"), name)
    assert found == PAGES[path][name](), f"{path.name}: run `python -m tests.docs`"


@pytest.mark.parametrize("path", PAGES, ids=[path.stem for path in PAGES])
def test_every_block_of_a_page_is_generated(path: Path) -> None:
    assert set(names_of_blocks(path.read_text("utf-8"))) == set(PAGES[path])


def test_every_halt_reason_is_explained() -> None:
    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    told = text.partition("| reason | set when |")[2].partition("## Metrics")[0]
    for reason in reasons_that_are_set():
        assert f"`{reason}`" in told, f"{reason} is set and not explained"
