"""What does the journal say while the engine is down?"""

import json
from pathlib import Path

import pytest

from s1mpletrader.cli import main
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.host import request_files
from s1mpletrader.persistence.journal_file import JournalFile
from tests.fakes import trading_day


@pytest.fixture
def state(tmp_path: Path) -> Path:
    journal = JournalFile.open(
        tmp_path / "journal", SystemDisk(), version="0", create=True, claim_size=4096
    )
    journal.append(trading_day.day())
    journal.close()
    return tmp_path


def ask(state: Path, *words: str) -> int:
    return main.run([*words, "--state", str(state)])


@pytest.mark.parametrize(
    ("verb", "shown"),
    [
        ("positions", "demo_btc  BTC/USD  0.5       100.00"),
        ("orders", trading_day.SECOND_STOP),
        ("trades", "trade-1111  demo_btc  BTC/USD"),
        ("strategies", "halted"),
    ],
)
def test_tables_come_from_the_journal_and_say_so(
    state: Path, verb: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, verb) == 0
    said = capsys.readouterr()
    assert shown in said.out
    assert said.err == "the engine is not running: this is what its journal says\n"
    assert ask(state, verb, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["from"] == "journal"
    assert found[verb]


def test_why_draws_the_tree_of_a_trade(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(state, "why", "trade-1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "trade trade-1111  BTC/USD  demo_btc  closed"
    assert lines[1].startswith("├─ opportunity opportunity-1111")
    assert lines[-1].startswith(("└─ ", "   "))
    assert ask(state, "why", "trade-1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "trade"


def test_an_id_that_names_nothing_or_several_is_an_error_with_a_hint(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, "why", "nonsense") == 1
    assert "hint: `s1mpletrader trades`" in capsys.readouterr().err
    assert ask(state, "why", "trade-") == 1
    assert "trade trade-1111, trade trade-2222" in capsys.readouterr().err


def test_a_halt_is_left_for_the_next_start_and_status_shows_it(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, "halt", "--why", "holiday") == 0
    assert "it will start halted" in capsys.readouterr().out
    (request,) = request_files.waiting(state / "requests")
    assert request.command.why == "holiday"
    assert ask(state, "status") == 3
    assert "1 waiting" in capsys.readouterr().out
    assert ask(state, "resume") == 3, "a resume is never left for later"


def test_a_halt_without_any_state_halts_nothing_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path / "typo", "halt") == 3
    assert "nothing was halted" in capsys.readouterr().err
