"""Does what the README and its neighbour say work?"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from s1mpletrader.cli.main import parser, run
from s1mpletrader.simulator.main import read_options
from tests.docs.pages import ROOT, commands, pages

README = (ROOT / "README.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
PYTHON = ".venv/bin/python"
SHELL = ("/bin/sh", "-c")
TARGET = re.compile(r"\bmake ([a-z-]+)")
VERB = re.compile(r"(?:^|`)(?:\.venv/bin/python -m )?s1mpletrader ([a-z]+)", re.MULTILINE)


def targets() -> set[str]:
    """Return the targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_on_a_page_exists(page: Path) -> None:
    text = "\n".join(re.findall(r"`[^`]*`", page.read_text("utf-8")))
    assert set(TARGET.findall(text)) <= targets()


def test_the_commands_of_the_readme_begin_with_make() -> None:
    assert commands(README)[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_verb_on_a_page_exists(page: Path) -> None:
    known = set(re.findall(r"[a-z]+", parser().format_usage())) | {"exchange"}
    grammar = parser().format_help()
    for verb in VERB.findall(page.read_text("utf-8")):
        assert re.search(rf"^    {verb} ", grammar, re.MULTILINE) or verb in known, verb


def test_every_command_of_the_readme_can_be_read() -> None:
    for line in commands(README):
        if " -m s1mpletrader " not in line:
            continue
        words = line.partition(" -m s1mpletrader ")[2].replace("ID", "01934f5a").split()
        if words[0] == "exchange":
            assert read_options(words[1:]).speed == 3600
        else:
            parser().parse_args(words)


def test_the_shipped_configuration_is_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for half in ("key", "secret"):
        secret = tmp_path / f"simulated_exchange.{half}"
        secret.write_text("c2VjcmV0")
        secret.chmod(0o600)
    monkeypatch.setenv("S1MPLETRADER_CREDENTIALS", str(tmp_path))
    assert run(["--config", str(ROOT / "config"), "check"]) == 0
    assert "valid; PAPER" in capsys.readouterr().out


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 60


@pytest.mark.slow
def test_the_engine_runs_by_hand_as_the_page_says(tmp_path: Path) -> None:
    """Every command of "By hand", in a copy with ports of its own."""
    by_hand = commands(OPERATIONS.partition("## By hand")[2].partition("\n## ")[0])
    exchange, *prepare, engine = by_hand[: by_hand.index(f"{PYTHON} -m s1mpletrader run") + 1]
    port = free_port()
    checkout(tmp_path, port)
    with background(f"{exchange} --port {port}", tmp_path) as market:
        wait_for_text(market, "listening")
        for line in prepare:
            subprocess.run([*SHELL, line], check=True, cwd=tmp_path, timeout=60)
        with background(engine, tmp_path):
            assert answers(tmp_path, "status", {0, 4})
            for line in by_hand[len(prepare) + 2 :]:
                if "why" not in line:
                    verb = line.partition(" -m s1mpletrader ")[2]
                    assert answers(tmp_path, verb, {0, 4}), verb


def checkout(home: Path, port: int) -> None:
    """Make `home` look like a checkout whose exchange listens on `port`."""
    for name in ("s1mpletrader", "plugins", "data"):
        (home / name).symlink_to(ROOT / name)
    (home / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "config", home / "config")
    for path, old, new in (
        (home / "config" / "connectors.yaml", ":8481", f":{port}"),
        (home / "config" / "platform.yaml", "port: 8480", "port: 0"),
    ):
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
    (home / "var").mkdir()


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def background(command: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command until the block ends, then stop it as Ctrl-C would."""
    process = subprocess.Popen(
        [*SHELL, f"exec {command}"],
        cwd=home,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(45)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()


def environment() -> dict[str, str]:
    """Return an environment that names no credentials: the README keeps them beside the state."""
    hidden = {"S1MPLETRADER_CREDENTIALS", "CREDENTIALS_DIRECTORY"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


def wait_for_text(process: subprocess.Popen[str], text: str) -> None:
    """Wait for a line."""
    assert process.stdout is not None
    assert text in process.stdout.readline()


def answers(home: Path, verb: str, codes: set[int], within_s: float = 30) -> bool:
    """Return whether a verb ends with one of `codes` in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        command = f"{PYTHON} -m s1mpletrader {verb}"
        ended = subprocess.run(
            [*SHELL, command],
            cwd=home,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if ended.returncode in codes:
            return True
        time.sleep(0.2)
    return False
