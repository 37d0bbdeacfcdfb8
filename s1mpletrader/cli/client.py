"""How does a verb ask the running engine?

HTTP over the control socket (docs/control-api.md), spoken by hand: one request, one answer with
its length, end. The standard library's client would load TLS and e-mail, half of a verb's time.
"""

import json
import os
import socket
from typing import Any

from s1mpletrader.errors import NotRunning, PermissionDenied, S1mpleTraderError

SCHEMA = "1"
ANSWER_WAIT_S = 15.0
ANSWER_BYTES_MAX = 64 * 1024 * 1024
PIECE_BYTES = 65_536
DOUBT = "whether a command took effect is unknown: see `s1mpletrader status`"


class EngineRefused(S1mpleTraderError):
    """The engine answered with a refusal; it names the exit code."""

    def __init__(self, message: str, *, hint: str, exit_code: int) -> None:
        """Keep what the engine said."""
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


class Client:
    """The engine behind one control socket."""

    def __init__(self, path: str, wait_s: float = ANSWER_WAIT_S) -> None:
        self._path = path
        self._wait_s = wait_s

    def get(self, what: str) -> dict[str, Any]:
        """Read `status`, `positions`, ...; raises `NotRunning`, `PermissionDenied`."""
        return self._ask("GET", what, None)

    def command(
        self, verb: str, *, why: str = "", link: str | None = None, arguments: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Send a command once and return the engine's answer; it is never sent again."""
        body = {"why": why, "link": link, "arguments": arguments}
        answer = self._ask("POST", verb, body).get("answer")
        if not isinstance(answer, dict):
            text = "the engine's answer to a command says nothing"
            raise S1mpleTraderError(text, hint=DOUBT)
        return answer

    def _ask(self, method: str, what: str, body: object) -> dict[str, Any]:
        try:
            return _read(self._exchange(_request(method, what, body)))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            text = f"no engine answers on {self._path}"
            raise NotRunning(text, hint="start it: systemctl start s1mpletrader") from error
        except PermissionError as error:
            text = f"{self._path} may not be opened by uid {os.geteuid()}"
            hint = "join the group s1mpletrader, or ask as root"
            raise PermissionDenied(text, hint=hint) from error
        except TimeoutError as error:
            text = f"the engine at {self._path} did not answer within {self._wait_s:g} s"
            hint = "it may be stalled; see its log before asking again"
            raise S1mpleTraderError(text, hint=hint) from error
        except OSError as error:
            text = f"the engine at {self._path} broke off: {error.strerror or error}"
            raise S1mpleTraderError(text, hint=DOUBT) from error

    def _exchange(self, request: bytes) -> bytes:
        pieces: list[bytes] = []
        size = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._wait_s)
            connection.connect(self._path)
            connection.sendall(request)
            while piece := connection.recv(PIECE_BYTES):
                pieces.append(piece)
                size += len(piece)
                if size > ANSWER_BYTES_MAX:
                    text = f"the engine's answer is longer than {ANSWER_BYTES_MAX} bytes"
                    raise S1mpleTraderError(text, hint="is another program behind this socket?")
        return b"".join(pieces)


def _request(method: str, what: str, body: object) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    lines = (
        f"{method} /v1/{what} HTTP/1.0",  # 1.0: no chunks, no second request
        "Host: engine",
        f"S1mpleTrader-Schema: {SCHEMA}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _read(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    fields = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    if not first.startswith("HTTP/1.") or fields.get("content-length") != str(len(body)):
        text = "the engine broke off in the middle of its answer"
        raise S1mpleTraderError(text, hint=DOUBT)
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        text = f"the engine's answer ({first}) is not a JSON object"
        raise S1mpleTraderError(text, hint="is another program behind this socket?")
    if words[1:2] != ["200"]:
        code = content.get("exit_code")
        raise EngineRefused(
            str(content.get("error", first)),
            hint=str(content.get("hint", "")),
            exit_code=code if isinstance(code, int) else 1,
        )
    return content
