"""Who starts the engine again on a host without systemd?

The service manager's side of sd_notify for one child: READY, STATUS, WATCHDOG, STOPPING and
EXTEND_TIMEOUT come as datagrams; silence of a running engine ends with SIGABRT (its traceback goes
to stderr), then SIGKILL. Standard library and `core.restart` only, one thread, one select loop.
"""

import argparse
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from s1mpletrader.core.restart import Limits, RestartPolicy, Verdict, Watch, is_restarted

PR_SET_PDEATHSIG = 1
DATAGRAM_BYTES_MAX = 4096
CONTROL_BYTES = socket.CMSG_SPACE(struct.calcsize("3i")) + socket.CMSG_SPACE(16 * 4)
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
STOPS = (signal.SIGTERM, signal.SIGINT)
START_LIMIT_REACHED = 1
CODE = Path(__file__).resolve().parents[1]


class NotifySocket:
    """Where the child tells how it is; only the child itself is believed (NotifyAccess=main)."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(os.fspath(self.path))
        self.path.chmod(0o600)

    def messages(self, pid: int) -> Iterator[dict[str, str]]:
        """Yield what has arrived from process `pid`."""
        while True:
            try:
                data, extras, flags, _ = self.socket.recvmsg(
                    DATAGRAM_BYTES_MAX, CONTROL_BYTES, socket.MSG_CMSG_CLOEXEC
                )
            except BlockingIOError:
                return
            sender = 0
            for level, kind, content in extras:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    sender = struct.unpack_from("3i", content)[0]
                elif (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    for (fd,) in struct.iter_unpack("i", content[: len(content) // 4 * 4]):
                        os.close(fd)  # closing the pipe is the answer to BARRIER=1
            if sender == pid and not flags & socket.MSG_TRUNC:
                lines = data.decode("utf-8", "replace").split("\n")
                yield dict(line.split("=", 1) for line in lines if "=" in line)


class Supervisor:
    """One child, its notifications, and the signals that arrive here."""

    def __init__(
        self,
        command: Sequence[str],
        last_exit: Path,
        limits: Limits,
        policy: RestartPolicy,
        notify: NotifySocket,
        signals: int,
    ) -> None:
        self._command = list(command)
        self._last_exit = last_exit
        self._limits = limits
        self._policy = policy
        self._notify = notify
        self._signals = signals
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl
        self._asked_to_stop = False

    def run(self) -> int:
        """Keep the engine running; returns the exit code of this process."""
        while True:
            code, announced, result = self._one_life()
            again = is_restarted(code, announced=announced) and not self._asked_to_stop
            self._write_last_exit(code, result, again=again)
            if not again:
                return 0 if code in {0, -signal.SIGTERM} else code if code > 0 else 1
            self._policy = self._policy.crashed(time.monotonic())
            if self._policy.gives_up:
                say("START_LIMIT_REACHED", crashes=len(self._policy.crashes_s))
                return START_LIMIT_REACHED
            say("RESTARTING", delay_s=self._policy.delay_s)
            if self._is_stopped_within(self._policy.delay_s):
                return 0

    def _one_life(self) -> tuple[int, bool, str]:
        pid = self._spawn()
        say("STARTED", pid=pid)
        watch = Watch.started(self._limits, time.monotonic())
        heard = self._notify.socket.fileno()
        while True:
            wait_s = max(0.0, watch.until_s - time.monotonic())
            readable, _, _ = select.select([heard, self._signals], [], [], wait_s)
            # first what the child said, then the clock: a supervisor that was stalled itself
            # finds the notifications waiting and must not blame the child
            for message in self._notify.messages(pid):
                now_s = time.monotonic()
                if "STATUS" in message:
                    say("STATUS", text=message["STATUS"])
                watch = watch.heard(message, now_s)
            if self._signals in readable:
                watch = self._pass_on(pid, watch)
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                send(pid, signal.SIGKILL)  # what it left behind in its group
                _, status = os.waitpid(pid, 0)
                return self._ended(os.waitstatus_to_exitcode(status), watch)
            watch, verdict = watch.expired(time.monotonic())
            if verdict is not Verdict.WAIT:
                say(watch.result.upper(), pid=pid, verdict=verdict.value)
                send(pid, signal.SIGABRT if verdict is Verdict.ABORT else signal.SIGKILL)

    def _ended(self, code: int, watch: Watch) -> tuple[int, bool, str]:
        if watch.result:
            return code, False, watch.result
        if code < 0:
            return code, watch.announced, "signal"
        if code == 0 and not watch.announced:
            return code, False, "unannounced"
        return code, watch.announced, "success" if code == 0 else "exit-code"

    def _pass_on(self, pid: int, watch: Watch) -> Watch:
        for number in os.read(self._signals, 64):
            if number in STOPS:
                self._asked_to_stop = True
                watch = watch.stopping(time.monotonic())
            if number in FORWARDED:
                os.kill(pid, number)
        return watch

    def _is_stopped_within(self, wait_s: float) -> bool:
        until_s = time.monotonic() + wait_s
        while (left_s := until_s - time.monotonic()) > 0 and not self._asked_to_stop:
            readable, _, _ = select.select([self._signals], [], [], left_s)
            if readable:
                self._asked_to_stop = any(each in STOPS for each in os.read(self._signals, 64))
        return self._asked_to_stop

    def _spawn(self) -> int:
        parent = os.getpid()
        inherited = os.environ.get("PYTHONPATH")
        environment = {
            **os.environ,
            # a checkout is not installed, and its supervisor may be started from anywhere
            "PYTHONPATH": os.pathsep.join([str(CODE), *([inherited] if inherited else [])]),
            "NOTIFY_SOCKET": os.fspath(self._notify.path),
            "WATCHDOG_USEC": str(int(self._limits.watchdog_s * 1e6)),
        }
        pid = os.fork()
        if pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.setpgid(pid, pid)  # whoever is first; the child does the same
            return pid
        try:
            self._become_child(parent)
            environment["WATCHDOG_PID"] = str(os.getpid())
            os.execve(self._command[0], self._command, environment)  # noqa: S606 - no shell is meant
        finally:
            os._exit(127)

    def _become_child(self, parent: int) -> None:
        os.setpgid(0, 0)  # a terminal's Ctrl-C reaches the supervisor alone, who passes it on
        signal.set_wakeup_fd(-1)
        for number in (*FORWARDED, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        self._prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # the supervisor died before the line above took effect
            os._exit(1)

    def _write_last_exit(self, code: int, result: str, *, again: bool) -> None:
        content = {"result": result, "code": code, "at_us": time.time_ns() // 1000}
        say("EXITED", **content, again=again)
        try:
            self._last_exit.write_text(json.dumps(content) + "\n")  # torn is read as unknown
        except OSError as error:
            say("LAST_EXIT_NOT_WRITTEN", why=error.strerror or "")


def send(pid: int, number: signal.Signals) -> None:
    """Signal the child's process group; a stopped one must wake up to die."""
    for each in (number, signal.SIGCONT):
        try:
            os.killpg(pid, each)
        except (ProcessLookupError, PermissionError):
            return


def say(event: str, **fields: object) -> None:
    """Write one line of JSON to stderr, unless nobody takes it."""
    line = json.dumps({"event": f"SUPERVISOR_{event}", **fields}) + "\n"
    try:
        if select.select([], [2], [], 0)[1]:
            os.write(2, line.encode()[: select.PIPE_BUF])
    except OSError:
        return


def catch_signals() -> int:
    """Turn signals into bytes on a pipe; returns its readable end."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (*FORWARDED, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return reader


def interpreter(code: Path) -> str:
    """Return the Python of the engine: a checkout's own one has its libraries, the host's has not.

    Who chose a virtual environment for this process chose it for the engine, too.
    """
    own = code / ".venv" / "bin" / "python"
    is_hosts = sys.prefix == sys.base_prefix
    return os.fspath(own) if is_hosts and own.exists() else sys.executable


def run(argv: Sequence[str] | None = None) -> int:
    """Supervise `s1mpletrader run` with the remaining arguments."""
    numbers = Limits()
    grammar = argparse.ArgumentParser(prog="run_supervisor.py", allow_abbrev=False)
    grammar.add_argument("--state", type=Path, default=Path("var"), metavar="DIR")
    grammar.add_argument("--watchdog", type=float, default=numbers.watchdog_s, metavar="SECONDS")
    args, passed_on = grammar.parse_known_args(argv)
    args.state.mkdir(parents=True, exist_ok=True)
    engine = [interpreter(CODE), "-m", "s1mpletrader", "run"]
    command = [*engine, "--state", str(args.state), *passed_on]
    with tempfile.TemporaryDirectory(prefix="s1mpletrader-") as private:
        supervisor = Supervisor(
            command,
            args.state / "last-exit",
            replace(numbers, watchdog_s=args.watchdog),
            RestartPolicy(),
            NotifySocket(Path(private)),
            catch_signals(),
        )
        return supervisor.run()
