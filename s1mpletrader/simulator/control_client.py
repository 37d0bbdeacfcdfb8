"""How does another program ask the exchange for the truth, or break something on purpose?

Synchronous and small, for tests and the demo: HTTP over the control socket.
"""

import http.client
import socket
from pathlib import Path
from typing import Any

import msgspec

from s1mpletrader.errors import ConfigurationError, NotRunning
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.simulator.fault_specs import FaultSpec, SystemStatus, Target

TIMEOUT_S = 10.0
_BAD_REQUEST = 400


class ClockState(Value, frozen=True):
    """Both clocks and the tape's position."""

    protocol_us: Micros
    market_us: Micros
    speed: float
    running: bool
    played: dict[str, int]
    tape_ended: bool
    refused_for_s: float
    feed: dict[str, Any] | None = None
    """Of an exchange that plays one: connected, failures, bad_frames."""


class FaultState(Value, frozen=True):
    """A fault and what it has done so far."""

    id: int
    spec: FaultSpec
    seen: int
    hits: int
    holding: int
    armed: bool
    released: bool
    result: str = ""
    """What an action made: a txid, a ledger id; or why it was refused."""


class ControlClient:
    """The control API of one exchange. Raises `NotRunning`, `ConfigurationError`."""

    def __init__(self, control: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._control = control
        self._timeout_s = timeout_s

    def audit(self, account: str | None = None) -> dict[str, Any]:
        """Return the ground truth of all accounts, or of one."""
        path = "/v1/audit" if account is None else f"/v1/audit?account={account}"
        return msgspec.json.decode(self._call("GET", path), type=dict[str, Any])

    def clock(self) -> ClockState:
        """Return both clocks."""
        return self._clock("GET", "/v1/clock")

    def pause(self) -> ClockState:
        """Let the market stand still; the protocol goes on."""
        return self._clock("POST", "/v1/pause")

    def resume(self) -> ClockState:
        """Let the market go on."""
        return self._clock("POST", "/v1/resume")

    def speed(self, speed: float) -> ClockState:
        """Set the market seconds per second."""
        return self._clock("POST", "/v1/speed", {"speed": speed})

    def step(self, trades: int = 1) -> int:
        """Play trades now; returns how many there still were."""
        return int(self._dict("POST", "/v1/step", {"trades": trades})["played"])

    def add_fault(self, spec: FaultSpec) -> FaultState:
        """Arm a fault."""
        return self._fault("POST", "/v1/faults", msgspec.to_builtins(spec))

    def faults(self) -> list[FaultState]:
        """Return all faults, armed and spent."""
        body = self._call("GET", "/v1/faults")
        return msgspec.json.decode(body, type=dict[str, list[FaultState]])["faults"]

    def fault(self, fault_id: int) -> FaultState:
        """Return one fault."""
        return next(fault for fault in self.faults() if fault.id == fault_id)

    def release(self, fault_id: int) -> FaultState:
        """Let go what a fault holds and disarm it."""
        return self._fault("POST", f"/v1/faults/{fault_id}/release")

    def remove(self, fault_id: int) -> FaultState:
        """Release a fault and forget it."""
        return self._fault("DELETE", f"/v1/faults/{fault_id}")

    def hits(self) -> dict[str, int]:
        """Return how often each kind of fault has hit since the exchange started."""
        found = msgspec.json.decode(self._call("GET", "/v1/hits"), type=dict[str, Any])
        return dict(found["hits"])

    def counters(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return the rate counters: level, highest, max, refused; see docs/simulator.md."""
        kind = dict[str, dict[str, dict[str, float]]]
        return msgspec.json.decode(self._call("GET", "/v1/counters"), type=kind)

    def play(self, scenario: Path) -> int:
        """Play a scenario file; returns how many faults it orders."""
        body = {"text": scenario.read_text("utf-8"), "name": str(scenario)}
        return int(self._dict("POST", "/v1/scenario", body)["faults"])

    def drop(self, target: Target = "all") -> int:
        """Reset existing connections; returns how many."""
        return int(self._dict("POST", "/v1/drop", {"target": target})["dropped"])

    def cut(self, for_s: float, *, drop: bool = True) -> int:
        """Cut the network for some seconds; returns how many connections were reset."""
        return int(self._dict("POST", "/v1/cut", {"for_s": for_s, "drop": drop})["dropped"])

    def transfer(self, asset: str, amount: str, account: str = "main") -> str:
        """Deposit, or withdraw (negative amount), by hand; returns the ledger id."""
        body = {"asset": asset, "amount": amount, "account": account}
        return str(self._dict("POST", "/v1/transfer", body)["ledger_id"])

    def order(self, params: dict[str, Any], account: str = "main") -> str:
        """Place an order by hand, with the parameters of add_order; returns its txid."""
        body = {"params": params, "account": account}
        return str(self._dict("POST", "/v1/order", body)["txid"])

    def cancel(self, txid: str, account: str = "main") -> int:
        """Cancel an open order by hand; returns how many that were."""
        return int(self._dict("POST", "/v1/cancel", {"txid": txid, "account": account})["count"])

    def set_status(self, status: SystemStatus) -> None:
        """Change the exchange's own state."""
        self._call("POST", "/v1/status", {"status": status})

    def forget_tokens(self) -> None:
        """Make every WebSocket token invalid."""
        self._call("POST", "/v1/tokens/forget")

    def _clock(self, method: str, path: str, body: Any = None) -> ClockState:
        return msgspec.json.decode(self._call(method, path, body), type=ClockState)

    def _fault(self, method: str, path: str, body: Any = None) -> FaultState:
        return msgspec.json.decode(self._call(method, path, body), type=FaultState)

    def _dict(self, method: str, path: str, body: Any) -> dict[str, Any]:
        return msgspec.json.decode(self._call(method, path, body), type=dict[str, Any])

    def _call(self, method: str, path: str, body: Any = None) -> bytes:
        connection = _UnixConnection(self._control, self._timeout_s)
        try:
            sent = None if body is None else msgspec.json.encode(body)
            connection.request(method, path, sent)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as problem:
            raise NotRunning(
                f"no exchange answers on {self._control}: {problem}",
                hint="is `s1mpletrader exchange` running, and is this its --control socket?",
            ) from problem
        finally:
            connection.close()
        if response.status >= _BAD_REQUEST:
            raise ConfigurationError(f"the exchange refused {path}: {answer.decode()}")
        return answer


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("exchange", timeout=timeout_s)
        self._path = path
        self._timeout_s = timeout_s

    def connect(self) -> None:
        """Connect to the control socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._timeout_s)
        self.sock.connect(str(self._path))
