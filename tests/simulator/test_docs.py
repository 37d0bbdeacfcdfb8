"""Does docs/simulator.md say what the code says?"""

import pytest

from s1mpletrader.simulator.main import read_options
from tests.docs.pages import block
from tests.simulator.harness import TAPE
from tests.simulator.tables import PAGE, TABLES, table


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_page_is_what_the_code_says(name: str) -> None:
    found = block(PAGE.read_text("utf-8"), name)
    assert found == table(name), "run `python -m tests.simulator.tables`"


def test_every_option_is_in_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_options(["--tape", str(TAPE), "--help"])
    words = capsys.readouterr().out.replace(",", " ").split()
    options = {word.strip("[]") for word in words if word.strip("[]").startswith("--")}
    text = PAGE.read_text("utf-8")
    missing = [option for option in options - {"--help"} if f"`{option}" not in text]
    assert not missing
