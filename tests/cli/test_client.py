"""What does a verb make of an engine that does not behave?"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.cli import client
from s1mpletrader.cli.client import Client, EngineRefused
from s1mpletrader.errors import NotRunning, PermissionDenied, S1mpleTraderError

Start = Callable[[bytes | None], str]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Start]:
    """Start an engine that says these bytes and hangs up; None: it says nothing at all."""
    ends: list[tuple[threading.Thread, socket.socket, threading.Event]] = []

    def start(says: bytes | None) -> str:
        path = str(tmp_path / "control.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        over = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                if says is None:
                    over.wait(30)
                else:
                    connection.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        ends.append((thread, listener, over))
        return path

    yield start
    for thread, listener, over in ends:
        over.set()
        thread.join()
        listener.close()


def answer(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body


def test_an_answer_is_read_whole(engine: Start) -> None:
    assert Client(engine(answer(b'{"state": "trading"}'))).get("status") == {"state": "trading"}


@pytest.mark.parametrize(
    ("says", "complaint"),
    [
        (b"", "broke off in the middle"),
        (answer(b'{"state": "tra', length=20), "broke off in the middle"),
        (answer(b"hello"), "is not a JSON object"),
        (answer(b"[]"), "is not a JSON object"),
        (answer(b"{}"), "says nothing"),
        (b"220 mail.example.org ESMTP\r\n", "broke off"),
    ],
)
def test_half_an_answer_is_no_answer(engine: Start, says: bytes, complaint: str) -> None:
    with pytest.raises(S1mpleTraderError, match=complaint) as told:
        Client(engine(says)).command("halt")
    assert told.value.exit_code == 1
    assert told.value.hint


def test_a_refusal_without_details_is_still_a_refusal(engine: Start) -> None:
    with pytest.raises(EngineRefused, match="500") as told:
        Client(engine(answer(b"{}", status="500 Internal Server Error"))).get("status")
    assert told.value.exit_code == 1


def test_an_engine_that_hangs_is_not_taken_for_one_that_does_not_run(engine: Start) -> None:
    with pytest.raises(S1mpleTraderError, match="did not answer within") as told:
        Client(engine(None), wait_s=0.1).get("status")
    assert not isinstance(told.value, NotRunning)


def test_an_answer_has_a_bound(engine: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s1mpletrader.cli.client.ANSWER_BYTES_MAX", 1000)
    with pytest.raises(S1mpleTraderError, match="longer than 1000 bytes"):
        Client(engine(answer(b" " * 2000))).get("status")


def test_a_dead_engines_socket_means_that_none_runs(tmp_path: Path) -> None:
    path = str(tmp_path / "control.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    with pytest.raises(NotRunning):
        Client(path).get("status")


def test_a_path_that_is_no_socket_address_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(S1mpleTraderError, match="broke off"):
        Client(str(tmp_path / ("x" * 200))).get("status")


def test_a_socket_that_may_not_be_opened_is_a_matter_of_permission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(PermissionDenied, match="may not be opened"):
        Client(str(tmp_path / "control.sock")).get("status")


@given(st.binary(), st.sampled_from(["200 OK", "409 Conflict", "", "\xff"]))
def test_whatever_comes_back_is_an_answer_or_an_error_in_words(body: bytes, status: str) -> None:
    whole = answer(body, status.encode("latin-1").decode("latin-1"))
    for said in (body, whole):
        with contextlib.suppress(S1mpleTraderError):
            assert isinstance(client._read(said), dict)


@given(
    st.dictionaries(
        st.sampled_from(["error", "hint", "exit_code", "answer"]),
        st.none() | st.integers() | st.text() | st.lists(st.integers()),
    )
)
def test_a_refusal_of_any_shape_is_a_refusal(content: dict[str, object]) -> None:
    with pytest.raises(EngineRefused):
        client._read(answer(json.dumps(content).encode(), "409 Conflict"))
