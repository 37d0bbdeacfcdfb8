"""How does a test wait for something, and ask an engine how it is?"""

import http.client
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

STEP_S = 0.02
ANSWER_WAIT_S = 15

T = TypeVar("T")


class RigError(AssertionError):
    """Something that must happen did not happen in time."""


def wait_for(what: str, ask: Callable[[], T | None], within_s: float) -> T:
    """Return the first true answer; raises `RigError` naming `what` after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise RigError(f"{what}: not within {within_s} s")
        time.sleep(STEP_S)


def ask(control: Path, what: str) -> dict[str, Any]:
    """Return what an engine's control socket answers; raises `OSError` while nobody listens."""
    connection = _UnixConnection(control)
    try:
        connection.request("GET", f"/v1/{what}")
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer


def tell(
    control: Path, verb: str, *, why: str, link: str | None = None, reasons: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Give an engine a command and return its answer; raises `OSError` while nobody listens."""
    connection = _UnixConnection(control)
    body = {"why": why, "link": link, "arguments": list(reasons)}
    try:
        connection.request("POST", f"/v1/{verb}", json.dumps(body))
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_WAIT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWER_WAIT_S)
        self.sock.connect(str(self._path))
