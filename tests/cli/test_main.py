"""Which verbs are there, and what does the process end with?"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import threading
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.cli import main, places, screen, tables, verbs
from s1mpletrader.errors import ConfigurationError
from s1mpletrader.host.control_server import CommandAnswer, ControlServer
from s1mpletrader.host.peers import Admission, own_admission
from s1mpletrader.model.inputs import OperatorCommand

EXAMPLE = Path(__file__).parents[2] / "docs" / "control-api.md"
STATUS_COST_MAX = 6.7
"""A status may cost this many bare interpreter starts: 80 ms where a bare one takes 12 ms."""


def examples() -> dict[str, Any]:
    """Return the example answers of the documentation by their schema."""
    blocks = EXAMPLE.read_text().split("```json\n")[1:]
    found = [json.loads(block.split("```")[0]) for block in blocks]
    return {each["schema"]: each for each in found if "schema" in each}


class Engine:
    """Answers what the documentation shows."""

    def __init__(self) -> None:
        self.shown = examples()
        self.commands: list[OperatorCommand] = []
        self.answer = CommandAnswer(accepted=True, text="halted", details=("no entry can leave",))

    def status(self) -> Mapping[str, object]:
        return {k: v for k, v in self.shown["s1mpletrader.status/1"].items() if k != "schema"}

    def positions(self) -> Sequence[Mapping[str, object]]:
        return list(self.shown["s1mpletrader.positions/1"]["positions"])

    def orders(self) -> Sequence[Mapping[str, object]]:
        return list(self.shown["s1mpletrader.orders/1"]["orders"])

    def trades(self) -> Sequence[Mapping[str, object]]:
        return list(self.shown["s1mpletrader.trades/1"]["trades"])

    def strategies(self) -> Sequence[Mapping[str, object]]:
        return list(self.shown["s1mpletrader.strategies/1"]["strategies"])

    async def check(self) -> Sequence[Mapping[str, object]]:
        return [{"name": "key", "verdict": "ok", "text": "it may trade"}]

    async def command(self, command: OperatorCommand) -> CommandAnswer:
        self.commands.append(command)
        if command.link == "nowhere":
            text = "no such link: nowhere"
            raise ConfigurationError(text, hint="links: demo_btc")
        return self.answer


def serve(path: Path, engine: Engine, admission: Admission) -> Iterator[Engine]:
    """Run a control server in a thread of its own, as another process would."""
    loop = asyncio.new_event_loop()
    server = ControlServer(path, engine, admission)
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield engine
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(server.close())
        loop.close()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def engine(state: Path) -> Iterator[Engine]:
    yield from serve(state / "run" / "control.sock", Engine(), own_admission())


def ask(state: Path, *words: str) -> int:
    return main.run([*words, "--state", str(state)])


def test_the_status_page_fits_80_columns_and_says_that_it_is_paper(
    state: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, "status") == 4
    page = capsys.readouterr().out
    assert max(map(len, page.splitlines())) <= 80
    assert "HALTED  PAPER: no real money" in page
    assert 'operator on account by anna(1000) since 2025-11-22T14:38:32Z "lunch"' in " ".join(
        page.split()
    )
    assert "\x1b" not in page
    assert engine.commands == []


def test_the_status_page_tells_each_reason_once(
    state: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    newcomer = "this newcomer waits 12 s more"
    engine.shown["s1mpletrader.status/1"]["reasons"] = ["operator (account): lunch", newcomer]
    ask(state, "status")
    page = " ".join(capsys.readouterr().out.split())
    assert page.count("lunch") == 1
    assert f"not trading {newcomer}" in page


@pytest.mark.parametrize(
    ("said", "code"), [("trading", 0), ("halted", 4), ("degraded", 4), ("starting", 4)]
)
def test_status_tells_programs_by_its_exit_code(
    state: Path, engine: Engine, said: str, code: int
) -> None:
    engine.shown["s1mpletrader.status/1"]["state"] = said
    assert ask(state, "status") == code
    assert ask(state, "status", "--json") == code


def test_watching_shows_the_page_again_until_interrupted(
    state: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    waits = iter([None, None])

    def wait(seconds: float) -> None:
        assert seconds == verbs.WATCH_EVERY_S
        if next(waits, KeyboardInterrupt) is KeyboardInterrupt:
            raise KeyboardInterrupt

    monkeypatch.setattr("s1mpletrader.cli.verbs.time.sleep", wait)
    assert ask(state, "status", "--watch") == 130
    assert capsys.readouterr().out.count("HALTED") == 3
    assert engine.commands == []


@pytest.mark.parametrize(
    ("plain", "terminal", "coloured"), [("", True, True), ("1", True, False), ("", False, False)]
)
def test_colours_are_for_terminals_without_no_color(
    monkeypatch: pytest.MonkeyPatch, plain: str, *, terminal: bool, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", plain)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert verbs.wants_colour() is coloured
    page = screen.status_screen({"mode": "live", "state": "trading"}, coloured=coloured)
    assert ("\x1b[1;41;97m" in page) is coloured
    assert "LIVE: REAL MONEY" in page


@pytest.mark.parametrize(
    ("words", "function"),
    [
        (("run", "--log-format", "json"), "run_engine"),
        (("check",), "check_configuration"),
        (("state", "init"), "init_state"),
    ],
)
def test_the_engines_own_verbs_are_handed_to_bootstrap_with_their_places(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], function: str
) -> None:
    bootstrap = types.ModuleType("s1mpletrader.assembly.bootstrap")
    seen: list[argparse.Namespace] = []

    def carry_out(args: argparse.Namespace) -> int:
        seen.append(args)
        return 78

    setattr(bootstrap, function, carry_out)
    monkeypatch.setitem(sys.modules, "s1mpletrader.assembly.bootstrap", bootstrap)
    assert main.run([*words, "--state", "place", "--config", "conf"]) == 78
    (args,) = seen
    assert (args.state, args.config) == (Path("place"), Path("conf"))
    assert args.control == Path("place/run/control.sock")


def test_the_exchange_gets_its_own_options_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = types.ModuleType("s1mpletrader.simulator.main")
    seen: list[list[str]] = []

    def play(words: list[str]) -> int:
        seen.append(words)
        return 0

    monkeypatch.setattr(simulator, "run", play, raising=False)
    monkeypatch.setitem(sys.modules, "s1mpletrader.simulator.main", simulator)
    assert main.run(["exchange", "--state", "elsewhere", "--tape", "x"]) == 0
    assert seen == [["--state", "elsewhere", "--tape", "x"]]


def test_live_says_real_money(
    state: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.shown["s1mpletrader.status/1"]["mode"] = "live"
    ask(state, "status")
    assert "LIVE: REAL MONEY" in capsys.readouterr().out


def test_without_an_engine_status_is_3_and_says_how_the_last_one_ended(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.mkdir()
    (state / "last-exit").write_text('{"result": "watchdog", "code": -6, "at_us": 1}')
    assert ask(state, "status") == 3
    page = capsys.readouterr().out
    assert "NOT RUNNING" in page
    assert "watchdog, code -6 at 1970-01-01T00:00:00Z" in page
    assert ask(state, "--json", "status") == 3
    assert json.loads(capsys.readouterr().out)["state"] == "not running"


@pytest.mark.parametrize("verb", ["positions", "orders", "trades", "strategies"])
def test_tables_show_every_documented_field_and_never_cut_an_id(
    state: Path, engine: Engine, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, verb) == 0
    heading, line = capsys.readouterr().out.splitlines()
    (row,) = engine.shown[f"s1mpletrader.{verb}/1"][verb]
    assert set(row) == set(tables.COLUMNS[verb])
    for name, value in row.items():
        if name.endswith(("id", "link", "price", "qty")):
            assert tables.cell(value) in line
    assert len(heading.split()) >= len(row)
    assert ask(state, "--json", verb) == 0
    assert json.loads(capsys.readouterr().out)[verb] == [row]


def test_columns_are_aligned_and_numbers_right() -> None:
    rows: list[tables.Row] = [{"link": "a", "qty": "10.5"}, {"link": "longer", "qty": None}]
    assert tables.table(rows, ("link", "qty")).splitlines() == [
        "LINK     QTY",
        "a       10.5",
        "longer     -",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90_000, "1 d 1 h")],
)
def test_spans_have_two_units_at_most(seconds: float, text: str) -> None:
    assert tables.span(seconds) == text


def test_halt_reaches_the_engine_with_its_reason(
    state: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, "halt", "demo_btc", "--why", "lunch") == 0
    (command,) = engine.commands
    assert (command.verb, command.link, command.why) == ("halt", "demo_btc", "lunch")
    assert capsys.readouterr().out == "halted\n  no entry can leave\n"


def test_a_halt_that_is_not_yet_durable_says_so(
    state: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.answer = CommandAnswer(accepted=True, text="halted", durable=False)
    assert ask(state, "halt") == 0
    assert "not yet durable" in capsys.readouterr().err


def test_resume_names_the_reasons_and_reconcile_reports_differences(
    state: Path, engine: Engine
) -> None:
    assert ask(state, "resume", "--reason", "operator", "--reason", "limits") == 0
    assert engine.commands[-1].arguments == ("operator", "limits")
    engine.answer = CommandAnswer(accepted=True, text="differs", exit_code=5)
    assert ask(state, "reconcile") == 5
    assert ask(state, "reconcile", "--dry-run") == 5
    assert ask(state, "reconcile", "--apply", "1a2b3c4d", "--why", "seen") == 5
    told = [command.arguments for command in engine.commands[-2:]]
    assert told == [("dry-run",), ("apply", "1a2b3c4d")]
    engine.answer = CommandAnswer(accepted=False, text="no")
    assert ask(state, "resume") == 1


def test_assign_says_whose_something_is_and_why(state: Path, engine: Engine) -> None:
    words = ("amount", "250", "USD", "unallocated", "demo_btc")
    assert ask(state, "assign", *words, "--why", "a deposit") == 0
    command = engine.commands[-1]
    assert (command.verb, command.arguments, command.why) == ("assign", words, "a deposit")


def test_a_refusal_is_an_error_with_a_hint_and_the_engines_exit_code(
    state: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, "halt", "nowhere") == 78
    assert capsys.readouterr().err == "error: no such link: nowhere\nhint: links: demo_btc\n"
    assert len(engine.commands) == 1, "a command is never sent again"


def test_a_stranger_gets_77(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nobody = Admission(uids=(65534,), gids=(65534,))
    for _ in serve(state / "run" / "control.sock", Engine(), nobody):
        assert ask(state, "status") == 77
    assert "hint: join the group" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["resume", "reconcile", "trades", "why x"])
def test_without_engine_and_journal_a_verb_ends_with_3(
    state: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(state, *verb.split()) == 3
    assert capsys.readouterr().err.startswith("error: no engine answers")


@pytest.mark.parametrize(("words", "code"), [((), 2), (("sell",), 2), (("--version",), 0)])
def test_a_wrong_word_is_a_usage_error(words: tuple[str, ...], code: int) -> None:
    assert main.run(words) == code


def test_options_may_stand_before_or_after_the_verb() -> None:
    for words in (["--json", "--state", "x", "status"], ["status", "--json", "--state", "x"]):
        args = main.parser().parse_args(words)
        assert args.json is True
        assert args.state == "x"
    assert main.parser().parse_args(["status"]).json is False


def test_a_checkouts_socket_is_with_its_state() -> None:
    assert places.default_control("var") == "var/run/control.sock"
    assert (places.default_config(), places.default_state()) == ("config", "var")


def test_a_services_socket_is_under_run() -> None:
    for state in ("/var/lib/s1mpletrader-second", "/var/lib/s1mpletrader-second/"):
        assert places.default_control(state) == "/run/s1mpletrader-second/control.sock"
    assert places.is_installed("/usr/lib/s1mpletrader/s1mpletrader/cli/places.py")
    assert not places.is_installed("/usr/lib/s1mpletrader-other/cli/places.py")


def cpu_seconds(*words: str) -> float:
    """Return the least processor time of several runs of an interpreter."""
    costs = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=False, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(costs)


def test_status_costs_a_few_interpreter_starts_and_loads_no_engine(
    state: Path, engine: Engine
) -> None:
    assert engine.commands == []
    bare = cpu_seconds("-c", "pass")
    cost = cpu_seconds("-m", "s1mpletrader", "status", "--state", str(state))
    assert cost <= STATUS_COST_MAX * bare, f"{cost:.3f} s against {bare:.3f} s"
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "s1mpletrader", "status", "--state", str(state)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert loaded.returncode == 4
    for heavy in (
        b"msgspec",
        b"aiohttp",
        b"asyncio",
        b"pydantic",
        b"s1mpletrader.model",
        b"pathlib",
    ):
        assert heavy not in loaded.stderr


def test_a_reader_that_goes_away_ends_the_verb_quietly(state: Path, engine: Engine) -> None:
    engine.shown["s1mpletrader.trades/1"]["trades"] *= 5000
    command = [sys.executable, "-m", "s1mpletrader", "trades", "--state", str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        os.read(child.stdout.fileno(), 10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 1
