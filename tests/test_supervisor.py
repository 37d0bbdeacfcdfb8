"""Who starts the engine again on a host without systemd?

Real processes: a supervisor with small limits around children of a few lines.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from s1mpletrader.supervisor import interpreter

ROOT = Path(__file__).parents[1]
WAIT_S = 30.0

LAUNCHER = """
import sys, tempfile
from pathlib import Path
from s1mpletrader import supervisor
from s1mpletrader.core.restart import Limits, RestartPolicy
child, last_exit = sys.argv[1:]
limits = Limits(watchdog_s=1.0, start_s=3.0, stop_s=2.0, abort_s=1.0)
policy = RestartPolicy(crashes_max=3, window_for_s=60, delay_first_s=0.05, delay_max_s=0.1)
with tempfile.TemporaryDirectory() as private:
    sys.exit(supervisor.Supervisor(
        [sys.executable, child], Path(last_exit), limits, policy,
        supervisor.NotifySocket(Path(private)), supervisor.catch_signals(),
    ).run())
"""

PRELUDE = """
import faulthandler, os, pathlib, signal, socket, sys, time
faulthandler.enable()
notify_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify_socket.connect(os.environ["NOTIFY_SOCKET"])
def tell(text): notify_socket.send(text.encode())
lives = pathlib.Path(__file__).with_suffix(".lives")
life = len(lives.read_text()) + 1 if lives.exists() else 1
lives.write_text("x" * life)
def stop(*_):
    tell("STOPPING=1")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
def work(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        tell("WATCHDOG=1")
        time.sleep(0.1)
"""


class Supervised:
    """A supervisor with one child script."""

    def __init__(self, directory: Path, body: str) -> None:
        child = directory / "child.py"
        child.write_text(PRELUDE + body)
        launcher = directory / "launcher.py"
        launcher.write_text(LAUNCHER)
        self.last_exit = directory / "last-exit"
        self._lives = directory / "child.lives"
        self.process = subprocess.Popen(
            [sys.executable, str(launcher), str(child), str(self.last_exit)],
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.lines: list[str] = []

    @property
    def stderr(self) -> IO[bytes]:
        assert self.process.stderr is not None
        return self.process.stderr

    @property
    def lives(self) -> int:
        return len(self._lives.read_text())

    def hear(self, event: str) -> dict[str, object]:
        """Read stderr up to an event of the supervisor."""
        for raw in self.stderr:
            line = raw.decode()
            self.lines.append(line)
            if f'"SUPERVISOR_{event}"' in line:
                # a process that is killed while it writes leaves half a line in front
                found: dict[str, object] = json.loads(line[line.index('{"event"') :])
                return found
        pytest.fail(f"no {event} in {''.join(self.lines)}")

    def end(self) -> int:
        """Wait for the supervisor's own end."""
        self.lines += [raw.decode() for raw in self.stderr]
        return self.process.wait(WAIT_S)

    def told(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.last_exit.read_text())
        return {name: found[name] for name in ("result", "code")}


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[[str], Supervised]]:
    running: list[Supervised] = []

    def start(body: str) -> Supervised:
        running.append(Supervised(tmp_path, body))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.process.terminate()
            each.process.wait(WAIT_S)
        each.stderr.close()


def is_gone(pid: int) -> bool:
    """Return whether the process ends soon; a zombie of another parent counts as gone."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


def test_a_clean_stop_is_not_started_again(supervise: Callable[[str], Supervised]) -> None:
    run = supervise("tell('READY=1'); work(0.2); stop()")
    assert run.end() == 0
    assert run.lives == 1
    assert run.told() == {"result": "success", "code": 0}


def test_a_crash_is_started_again_until_it_ends_cleanly(
    supervise: Callable[[str], Supervised],
) -> None:
    run = supervise("tell('READY=1')\nif life == 1: os.kill(os.getpid(), signal.SIGKILL)\nstop()")
    assert run.hear("EXITED")["code"] == -signal.SIGKILL
    assert run.end() == 0
    assert run.lives == 2


def test_a_zero_that_nobody_announced_is_a_crash(supervise: Callable[[str], Supervised]) -> None:
    run = supervise("tell('READY=1')\nif life == 1: os._exit(0)\nstop()")
    assert run.hear("EXITED")["result"] == "unannounced"
    assert run.end() == 0
    assert run.lives == 2


def test_a_crash_loop_ends_at_the_start_limit(supervise: Callable[[str], Supervised]) -> None:
    run = supervise("sys.exit(70)")
    assert run.end() == 1
    assert run.lives == 3
    assert run.told() == {"result": "exit-code", "code": 70}
    assert any("SUPERVISOR_START_LIMIT_REACHED" in line for line in run.lines)


@pytest.mark.parametrize("code", [65, 78, 79])
def test_what_a_restart_cannot_heal_ends_the_supervisor_with_the_same_code(
    supervise: Callable[[str], Supervised], code: int
) -> None:
    run = supervise(f"sys.exit({code})")
    assert run.end() == code
    assert run.lives == 1


def test_a_hang_is_aborted_with_its_traceback_and_started_again(
    supervise: Callable[[str], Supervised],
) -> None:
    run = supervise(
        "tell('READY=1')\n"
        "def the_line_that_hangs(): time.sleep(60)\n"
        "if life == 1: the_line_that_hangs()\n"
        "stop()"
    )
    exited = run.hear("EXITED")
    assert (exited["result"], exited["code"]) == ("watchdog", -signal.SIGABRT)
    assert "the_line_that_hangs" in "".join(run.lines)
    assert run.end() == 0
    assert run.lives == 2


def test_a_stopped_process_that_ignores_sigabrt_is_killed(
    supervise: Callable[[str], Supervised],
) -> None:
    run = supervise(
        "faulthandler.disable(); signal.signal(signal.SIGABRT, signal.SIG_IGN)\n"
        "tell('READY=1')\n"
        "if life == 1: os.kill(os.getpid(), signal.SIGSTOP); time.sleep(60)\n"
        "stop()"
    )
    exited = run.hear("EXITED")
    assert (exited["result"], exited["code"]) == ("watchdog", -signal.SIGKILL)
    assert run.end() == 0


def test_a_long_start_may_ask_for_more_time(supervise: Callable[[str], Supervised]) -> None:
    run = supervise(
        "tell('EXTEND_TIMEOUT_USEC=10000000'); time.sleep(3.5); tell('READY=1'); work(0.1); stop()"
    )
    assert run.end() == 0
    assert run.lives == 1


def test_a_stop_reaches_the_child_and_ends_both(supervise: Callable[[str], Supervised]) -> None:
    run = supervise("tell('READY=1\\nSTATUS=at work'); work(60)")
    assert run.hear("STATUS")["text"] == "at work"
    run.process.terminate()
    assert run.end() == 0
    assert run.told() == {"result": "success", "code": 0}


def test_a_child_that_ignores_a_stop_is_killed_and_not_started_again(
    supervise: Callable[[str], Supervised],
) -> None:
    run = supervise(
        "signal.signal(signal.SIGTERM, lambda *_: None)\ntell('READY=1\\nSTATUS=up'); work(60)"
    )
    run.hear("STATUS")
    run.process.terminate()
    assert run.end() == 1
    assert run.lives == 1
    assert run.told() == {"result": "timeout", "code": -signal.SIGKILL}


def test_a_hangup_is_passed_on(supervise: Callable[[str], Supervised]) -> None:
    run = supervise(
        "signal.signal(signal.SIGHUP, lambda *_: tell('STATUS=heard it'))\n"
        "tell('READY=1\\nSTATUS=up'); work(60)"
    )
    run.hear("STATUS")
    run.process.send_signal(signal.SIGHUP)
    assert run.hear("STATUS")["text"] == "heard it"


def test_the_child_does_not_outlive_a_killed_supervisor(
    supervise: Callable[[str], Supervised],
) -> None:
    run = supervise("tell('READY=1\\nSTATUS=up'); work(60)")
    pid = run.hear("STARTED")["pid"]
    run.hear("STATUS")
    run.process.kill()
    assert isinstance(pid, int)
    assert is_gone(pid)


def test_what_the_child_leaves_behind_is_killed(supervise: Callable[[str], Supervised]) -> None:
    run = supervise(
        "left = os.fork()\n"
        "if left == 0: time.sleep(60)\n"
        "tell(f'READY=1\\nSTATUS={left}'); time.sleep(0.2); stop()"
    )
    left = run.hear("STATUS")["text"]
    assert run.end() == 0
    assert is_gone(int(str(left)))


def test_only_the_child_itself_is_believed(supervise: Callable[[str], Supervised]) -> None:
    run = supervise(
        "tell('READY=1')\n"
        "if life == 1 and os.fork() == 0: work(60)\n"  # a grandchild pings for a hung engine
        "if life == 1: time.sleep(60)\n"
        "stop()"
    )
    assert run.hear("EXITED")["result"] == "watchdog"
    assert run.end() == 0


def test_descriptors_that_come_with_a_message_are_closed_at_once(
    supervise: Callable[[str], Supervised],
) -> None:
    run = supervise(
        "reader, writer = os.pipe()\n"
        "socket.send_fds(notify_socket, [b'BARRIER=1'], [writer]); os.close(writer)\n"
        "assert os.read(reader, 1) == b''\n"  # the end of the pipe is the answer
        "tell('READY=1'); stop()"
    )
    assert run.end() == 0


def test_a_supervisor_that_was_stalled_does_not_blame_its_child(
    supervise: Callable[[str], Supervised],
) -> None:
    run = supervise(
        "notify_socket.setblocking(False)\n"
        "def tell(text):\n"
        "    try: notify_socket.send(text.encode())\n"
        "    except BlockingIOError: pass\n"
        "tell('READY=1\\nSTATUS=up'); work(60)"
    )
    run.hear("STATUS")
    run.process.send_signal(signal.SIGSTOP)
    time.sleep(1.5)  # longer than the watchdog's second: this is the stall itself
    run.process.send_signal(signal.SIGCONT)
    time.sleep(0.3)
    run.process.terminate()
    assert run.end() == 0
    assert run.lives == 1


def test_the_supervisor_loads_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import s1mpletrader.supervisor\n"
        "names = {n.split('.')[0] for n in set(sys.modules) - before}\n"
        "print(sorted(names - set(sys.stdlib_module_names)))\n"
        "print(sorted(n for n in sys.modules if n.startswith('s1mpletrader.')))"
    )
    found = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    others, own = found.stdout.decode().splitlines()
    assert others == "['s1mpletrader']"
    assert own == "['s1mpletrader.core', 's1mpletrader.core.restart', 's1mpletrader.supervisor']"


def test_the_script_supervises_the_engine_itself(tmp_path: Path) -> None:
    state = tmp_path / "v"
    command = [sys.executable, str(ROOT / "run_supervisor.py"), "--state", "v", "--no-such-option"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as script:
        assert script.stderr is not None
        lines = []
        for line in script.stderr:
            lines.append(line)
            if b"SUPERVISOR_RESTARTING" in line:
                break
        script.terminate()
        assert script.wait(WAIT_S) == 0
    assert any(b"usage: s1mpletrader" in line for line in lines)
    assert json.loads((state / "last-exit").read_text())["code"] == 2


def test_the_hosts_python_hands_over_to_the_checkouts_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor needs no libraries, its engine does."""
    own = tmp_path / ".venv" / "bin" / "python"
    assert interpreter(tmp_path) == sys.executable
    own.parent.mkdir(parents=True)
    own.touch()
    monkeypatch.setattr(sys, "prefix", "/elsewhere")
    assert interpreter(tmp_path) == sys.executable, "a chosen environment stays"
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert interpreter(tmp_path) == str(own)
