"""Does docs/journal-format.md tell the truth?"""

import re
import typing
from pathlib import Path

import msgspec

from s1mpletrader.core import journal
from s1mpletrader.model.inputs import Input
from s1mpletrader.model.records import RECORD_SCHEMA, Record
from s1mpletrader.persistence import segments
from s1mpletrader.persistence.journal_file import CLAIM_SIZE, SEGMENT_SIZE
from tests.persistence.groups import group

PAGE = (Path(__file__).parents[2] / "docs" / "journal-format.md").read_text(encoding="utf-8")


def table(union: object) -> str:
    """Return the catalogue of a union's members as Markdown."""
    rows = ["| tag | fields | meaning |", "|---|---|---|"]
    for kind in typing.get_args(union):
        info = msgspec.inspect.type_info(kind)
        assert isinstance(info, msgspec.inspect.StructType)
        fields = ", ".join(each.encode_name for each in info.fields)
        meaning = " ".join((kind.__doc__ or "").partition("\n\n")[0].split()).replace("|", "\\|")
        rows.append(f"| `{info.tag}` | {fields} | {meaning} |")
    return "\n".join(rows)


def section(name: str) -> str:
    """Return what the page holds between a section's markers."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", PAGE, re.DOTALL)
    assert found is not None, f"the page has no section {name}"
    return found[1]


def test_the_page_lists_every_input() -> None:
    assert section("inputs") == table(Input), f"put this there:\n{table(Input)}"


def test_the_page_lists_every_record() -> None:
    assert section("records") == table(Record), f"put this there:\n{table(Record)}"


def test_tags_are_unique() -> None:
    for union in (Input, Record):
        tags = [kind.__struct_config__.tag for kind in typing.get_args(union)]
        assert len(tags) == len(set(tags))


def test_the_example_on_the_page_is_a_real_one() -> None:
    header = journal.encode_header(segment=1, first=1, previous=journal.GENESIS, version="0.1.0")
    mark = journal.verify(header, journal.GENESIS)
    assert mark is not None
    piece, _ = journal.encode(group(1, "x"), mark.head, 0)
    example = (header + piece).decode()
    assert section("example") == f"```json\n{example}```", f"put this there:\n{example}"


def test_the_numbers_on_the_page_are_those_of_the_program() -> None:
    assert f"schema {RECORD_SCHEMA}" in PAGE
    assert f"{SEGMENT_SIZE >> 20} MiB" in PAGE
    assert f"{CLAIM_SIZE >> 20} MiB" in PAGE
    assert f"{journal.GROUP_SIZE_MAX >> 20} MiB" in PAGE
    assert segments.segment_path(Path(), 1).name in PAGE
