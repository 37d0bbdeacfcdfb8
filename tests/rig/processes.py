"""How are a real exchange and a real engine started, killed and asked?"""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import yaml

from s1mpletrader.core.books import Books
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.model.groups import Group
from s1mpletrader.persistence.journal_reader import JournalReader
from s1mpletrader.simulator.control_client import ControlClient
from tests.rig.asking import RigError, ask, wait_for
from tests.rig.comparison import differences, fold

ROOT = Path(__file__).parents[2]
TAPE = ROOT / "data" / "tapes" / "coinbase_btcusd_1h.csv"
KEY = "SIM-ENGINE"
PATIENCE = {
    "deadline_s": 1,
    "grace_s": 1,
    "slow_grace_s": 1,
    "look_spacing_s": 0.2,
    "visibility_s": 0.2,
    "lease_s": 8,
}
"""The numbers of NAMES for tests: the simulated exchange's lags are far below them."""
VERB_WAIT_S = 30
ENGINE_LOG = "engine.log"

Document = dict[str, Any]


class Ended(NamedTuple):
    """How a program ended, and everything it said."""

    code: int
    said: str


class Rig:
    """One exchange and one engine in a directory of their own."""

    def __init__(self, directory: Path, *, speed: float = 100_000, seed: int = 1) -> None:
        self.directory = directory
        self.state = directory / "engine"
        self.config = directory / "config"
        self.credentials = directory / "credentials"
        self.program: Sequence[str] = ("-m", "s1mpletrader")
        """What Python runs as the engine; sabotages put another one here."""
        self.environment: dict[str, str] = {}
        """Variables that the engine finds besides this process's."""
        self.control = ControlClient(directory / "exchange" / "control.sock")
        self.port = 0
        self._speed = speed
        self._seed = seed
        self._exchange: subprocess.Popen[str] | None = None
        self.engine: subprocess.Popen[bytes] | None = None

    # The exchange.

    def start_exchange(
        self, *arguments: str, program: Sequence[str] = ("-m", "s1mpletrader", "exchange")
    ) -> None:
        """Start the simulated exchange, on a free port at first, on the same port again."""
        command = [
            *(sys.executable, *program),
            *("--tape", str(TAPE), "--state", str(self.directory / "exchange")),
            *("--port", str(self.port), "--speed", str(self._speed), "--seed", str(self._seed)),
            *("--decay-factor", "100", "--balance", "USD=20000", *arguments),
        ]
        with self._log("exchange.log") as log:
            self._exchange = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env=self.variables(),
            )
        if self._exchange.stdout is None:
            raise RigError("the exchange has no output")
        line = self._exchange.stdout.readline()
        if "listening" not in line:
            raise RigError(f"the exchange did not start: {self.log('exchange.log')}")
        self.port = int(line.rsplit(":", 1)[1])

    def kill_exchange(self) -> None:
        """Kill the exchange as a power cut of its process would."""
        _kill(self._exchange)
        self._exchange = None

    @property
    def has_exchange_ended(self) -> bool:
        """Whether the exchange is not running (any more)."""
        return self._exchange is None or self._exchange.poll() is not None

    # The engine.

    def configure(self, **patience: float) -> None:
        """Write the shipped configuration with this exchange's address and short patience."""
        shutil.copytree(ROOT / "config", self.config, dirs_exist_ok=True)

        def connect(content: Document) -> None:
            connector = content["connectors"][0]
            connector["rest_url"] = f"http://127.0.0.1:{self.port}"
            connector["ws_public_url"] = f"ws://127.0.0.1:{self.port}/public/v2"
            connector["ws_private_url"] = f"ws://127.0.0.1:{self.port}/private/v2"
            connector["submit_timeout_s"] = 1

        def hurry(content: Document) -> None:
            content["environments"][0]["reconcile"] = {**PATIENCE, **patience}
            content["environments"][0]["liveness"] = {
                "silence_max_s": 2,
                "ping_after_s": 1,
                "attempts_max": 5,
            }

        def listen(content: Document) -> None:
            content.setdefault("status", {})["port"] = 0

        self.edit("connectors.yaml", connect)
        self.edit("environments.yaml", hurry)
        self.edit("platform.yaml", listen)
        secret = base64.b64encode(hashlib.sha512(f"s1mpletrader {KEY}".encode()).digest())
        self.store_credential("key", KEY.encode())
        self.store_credential("secret", secret)

    def edit(self, name: str, change: Callable[[Document], None]) -> None:
        """Change a file of this rig's configuration."""
        path = self.config / name
        content = yaml.safe_load(path.read_text("utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")

    def store_credential(self, name: str, value: bytes) -> None:
        """Put a secret where the engine looks for it."""
        self.credentials.mkdir(exist_ok=True)
        path = self.credentials / f"simulated_exchange.{name}"
        path.write_bytes(value)
        path.chmod(0o600)

    def start_engine(self, *options: str, prefix: Sequence[str] = ()) -> None:
        """Start the engine on its state directory."""
        self.engine = self.spawn_engine(self.state, ENGINE_LOG, *options, prefix=prefix)

    def spawn_engine(
        self, state: Path, log_name: str, *options: str, prefix: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        """Start an engine on some state directory of this rig, under the program `prefix`."""
        with self._log(log_name) as log:
            return subprocess.Popen(
                [*prefix, *self.command("run", state), *options],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.variables(),
            )

    def run(self, verb: str, *arguments: str, state: Path | None = None) -> Ended:
        """Carry out a verb of the command line and return how it ended."""
        found = subprocess.run(
            [*self.command(verb, state), *arguments],
            capture_output=True,
            check=False,
            cwd=ROOT,
            env=self.variables(),
            text=True,
            timeout=VERB_WAIT_S,
        )
        return Ended(found.returncode, found.stdout + found.stderr)

    def engine_ends(self, within_s: float = 30) -> Ended:
        """Wait until the engine ends by itself; return code and log."""
        if self.engine is None:
            raise RigError("no engine runs")
        return Ended(self.engine.wait(within_s), self.log(ENGINE_LOG))

    def command(self, verb: str, state: Path | None = None) -> list[str]:
        """Return the words that carry out a verb on a state directory, the rig's by default."""
        return [
            *(sys.executable, *self.program, verb),
            *("--config", str(self.config), "--state", str(state or self.state)),
        ]

    def variables(self) -> dict[str, str]:
        """Return the variables that a program of this rig finds."""
        # as installed: compiled files are shipped, so a start must not compile
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        secrets = {"S1MPLETRADER_CREDENTIALS": str(self.credentials)}
        return {**kept, **secrets, **self.environment}

    def kill_engine(self) -> None:
        """Send SIGKILL and wait for the end."""
        _kill(self.engine)

    def stop_engine(self, within_s: float = 45) -> int:
        """Send SIGTERM; return the exit code."""
        if self.engine is None:
            raise RigError("no engine runs")
        self.engine.send_signal(signal.SIGTERM)
        return self.engine.wait(within_s)

    def status(self) -> dict[str, Any] | None:
        """Return the engine's status, None while it does not answer."""
        try:
            return self.ask("status")
        except OSError:
            return None

    def ask(self, what: str) -> dict[str, Any]:
        """Return what the control socket answers; raises `OSError` while nobody listens."""
        return ask(self.state / "run" / "control.sock", what)

    def wait_trading(self, within_s: float = 30) -> dict[str, Any]:
        """Wait until entries may leave; raises `RigError` with the log if the engine ended."""
        return self.wait_status(lambda found: bool(found["state"] == "trading"), within_s)

    def wait_status(
        self, is_wanted: Callable[[dict[str, Any]], bool], within_s: float = 30
    ) -> dict[str, Any]:
        """Wait for a status; raises `RigError` with the log if the engine ended."""

        def ask() -> dict[str, Any] | None:
            if self.engine is not None and self.engine.poll() is not None:
                code = self.engine.returncode
                raise RigError(f"the engine ended with {code}: {self.log(ENGINE_LOG)[-3000:]}")
            found = self.status()
            return found if found is not None and is_wanted(found) else None

        try:
            return wait_for("the wanted status", ask, within_s)
        except RigError as error:
            raise RigError(f"{error}: {self.status()}") from error

    # The truth.

    def groups(self, first: int = 1) -> Iterator[Group]:
        """Yield the journal's groups, also while the engine runs."""
        return JournalReader(self.state / "journal", SystemDisk()).groups(first)

    def books(self) -> Books:
        """Return the engine's books as its journal tells them."""
        return fold(self.groups())

    def differences(self) -> list[str]:
        """Return what differs between engine and exchange right now."""
        return differences(self.books(), self.control.audit())

    def wait_equal(self, within_s: float = 30) -> Books:
        """Let the market stand still and wait until both books agree; raises `RigError`."""
        self.control.pause()
        last: list[str] = []

        def ask() -> Books | None:
            nonlocal last
            audit, books = self.control.audit(), self.books()
            last = differences(books, audit)
            is_busy = any(order.is_in_doubt for order in books.live_orders()) or any(
                books.trades[each].is_exit_wanted for each in books.open_trades
            )
            return None if last or is_busy else books

        try:
            return wait_for("equal books", ask, within_s)
        except RigError as error:
            raise RigError(f"{error}: {last}\n{self.log('engine.log')[-3000:]}") from error

    def log(self, name: str) -> str:
        """Return what a process has written."""
        return (self.directory / name).read_text("utf-8", "replace")

    def close(self) -> None:
        """Leave nothing running."""
        _kill(self.engine)
        self.kill_exchange()

    def _log(self, name: str) -> IO[bytes]:
        self.directory.mkdir(parents=True, exist_ok=True)
        return (self.directory / name).open("ab")


def _kill(process: subprocess.Popen[Any] | None) -> None:
    if process is not None and process.poll() is None:
        process.kill()
        process.wait(10)
    if process is not None and process.stdout is not None:
        process.stdout.close()
