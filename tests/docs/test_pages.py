"""Do the pages hang together?"""

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import PROGRAM, ROOT, modules, pages, tracked

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PARTS = ("## Context", "## Decision", "## What we gave up", "## How it is enforced")
ADRS = sorted((ROOT / "docs" / "adr").glob("0*.md"))
FORBIDDEN = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")))
ELSEWHERE = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/")
CITED = re.compile(r"SAFETY ([A-Z]\d*(?:(?:, | and )[A-Z]\d+)*)")
TEXT = {".py", ".md", ".yaml", ".toml", ".sh", ".txt", ""}


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the forges make them."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", each.lower()) for each in found)
    return {each.replace(" ", "-") for each in plain}


def readable() -> list[Path]:
    """Return the project's files that are text a person writes."""
    return [each for each in tracked() if each.suffix in TEXT and each.name != "requirements.lock"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_broken(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name} links to {target}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = LINK.findall(page.read_text("utf-8"))
        waiting += [page.parent / each.partition("#")[0] for each in links if ":" not in each]
    missing = {page for page in pages() if page.is_relative_to(ROOT / "docs")} - seen
    assert not missing


@pytest.mark.parametrize("page", ADRS, ids=[page.stem for page in ADRS])
def test_a_decision_has_its_four_parts(page: Path) -> None:
    text = page.read_text("utf-8")
    number, _ = page.stem.split("-", 1)
    assert text.startswith(f"# {int(number)}. ")
    assert re.findall(r"^## .*", text, re.MULTILINE) == list(PARTS)
    for part in text.split("\n## ")[1:]:
        assert len(part.partition("\n")[2].split()) >= 8, f"{page.stem}: {part.splitlines()[0]}"
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    assert [int(page.stem[:4]) for page in ADRS] == list(range(1, len(ADRS) + 1))
    for page in ADRS:
        title = page.read_text("utf-8").splitlines()[0].partition(". ")[2]
        assert f"| [{page.stem[:4]}]({page.name}) | {title} |" in index


def test_every_decision_that_a_comment_cites_is_in_the_index() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    for path in modules():
        for cited in re.findall(r"ARCHITECTURE (?:decisions? )?([\d, ]*\d)", _flat(path)):
            for number in re.findall(r"\d+", cited):
                assert f"\n| {number} |" in index, f"{path.name} cites decision {number}"


def test_every_rule_that_a_comment_cites_is_on_the_page() -> None:
    safety = (ROOT / "docs" / "safety.md").read_text("utf-8")
    for path in modules():
        for cited in CITED.findall(_flat(path)):
            for rule in re.findall(r"[A-Z]\d*", cited):
                is_there = f"- **{rule} " in safety or f"## {rule}. " in safety
                assert is_there, f"{path.name} cites SAFETY {rule}"


def test_every_requirement_that_a_comment_cites_is_on_the_page() -> None:
    asked = (ROOT / "docs" / "requirements.md").read_text("utf-8")
    for path in modules():
        for requirement in re.findall(r"SPEC ([A-Z]\d)", _flat(path)):
            assert f"| {requirement} |" in asked, f"{path.name} cites SPEC {requirement}"


def _flat(path: Path) -> str:
    return re.sub(r"\s*\n\s*(?:# )?", " ", path.read_text("utf-8"))


def test_nothing_is_left_for_later_in_comments() -> None:
    for path in readable():
        found = FORBIDDEN.search(path.read_text("utf-8"))
        assert found is None, f"{path.relative_to(ROOT)} says {found}"


def test_no_path_of_a_developers_machine_is_written_down() -> None:
    for path in readable():
        if path != Path(__file__):
            found = ELSEWHERE.search(path.read_text("utf-8"))
            assert found is None, f"{path.relative_to(ROOT)} names {found}"


def test_the_changelog_speaks_of_this_version_first() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## \[([\d.]+|Unreleased)\]", changelog, re.MULTILINE)[0] == version


def test_places_on_the_reference_page_are_those_of_the_program() -> None:
    from s1mpletrader.cli import places  # noqa: PLC0415 - only here

    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    for place in (places.INSTALLED_CONFIG, places.INSTALLED_STATE):
        assert f"`{place}`" in text
    assert f"`{places.default_control(places.INSTALLED_STATE)}`" in text
    assert f"`{places.default_control('var')}`" in text
    assert PROGRAM.name in text
