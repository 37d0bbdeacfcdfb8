"""What was asked for while the engine was down?"""

import os
from pathlib import Path

import pytest

from s1mpletrader.cli import request_files as asking
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import NotRunning
from s1mpletrader.host import request_files


@pytest.fixture
def requests(tmp_path: Path) -> Path:
    return tmp_path / "requests"


def test_a_halt_that_was_left_is_found_with_who_and_why(tmp_path: Path, requests: Path) -> None:
    path = asking.leave(str(tmp_path), "halt", why="holiday", link="demo_btc")
    asking.leave(str(tmp_path), "halt", why="all of it", link=None)
    assert requests.stat().st_mode & 0o770 == 0o770 & ~_umask()
    first, second = request_files.waiting(requests)
    assert first.path == path
    assert (first.command.verb, first.command.why) == ("halt", "holiday")
    assert first.command.link == "demo_btc"
    assert first.command.by.endswith(f"({os.geteuid()})")
    assert second.command.why == "all of it"
    assert asking.waiting(str(tmp_path)) == 2


def _umask() -> int:
    now = os.umask(0o022)
    os.umask(now)
    return now


def test_an_honoured_request_is_forgotten(tmp_path: Path, requests: Path) -> None:
    asking.leave(str(tmp_path), "halt", why="", link=None)
    request_files.forget(request_files.waiting(requests), SystemDisk())
    assert request_files.waiting(requests) == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"schema": 1, "ve',
        b"\xff\xfe",
        b'{"schema": 2, "verb": "halt"}',
        b'{"schema": 1, "verb": "resume"}',
        b'{"schema": 1, "verb": "halt", "more": 1}',
        b'{"schema": 1, "verb": "halt", "why": "' + b"x" * 20_000 + b'"}',
    ],
)
def test_what_cannot_be_understood_halts_too(requests: Path, content: bytes) -> None:
    requests.mkdir()
    (requests / "anything.json").write_bytes(content)
    (request,) = request_files.waiting(requests)
    assert request.command.verb == "halt"
    assert request.command.link is None
    assert "anything.json" in request.command.why


def test_no_link_is_followed_and_no_pipe_is_waited_for(requests: Path, tmp_path: Path) -> None:
    requests.mkdir()
    secret = tmp_path / "secret"
    secret.write_text('{"schema": 1, "verb": "halt", "why": "a secret"}')
    (requests / "link.json").symlink_to(secret)
    os.mkfifo(requests / "pipe.json")
    (requests / "directory.json").mkdir()
    found = request_files.waiting(requests)
    assert len(found) == 3
    assert all("cannot be read" in each.command.why for each in found)
    assert "a secret" not in "".join(each.command.why for each in found)


def test_a_request_that_is_still_being_written_is_not_yet_one(requests: Path) -> None:
    requests.mkdir()
    (requests / "halt-1.json.tmp").write_bytes(b"{")
    assert request_files.waiting(requests) == ()
    assert request_files.waiting(requests / "nowhere") == ()


def test_many_requests_are_bounded(requests: Path) -> None:
    requests.mkdir()
    for number in range(request_files.FILES_MAX + 1):
        (requests / f"{number}.json").write_bytes(b"{}")
    assert len(request_files.waiting(requests)) == request_files.FILES_MAX


def test_a_wrong_state_directory_never_says_that_something_was_halted(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no state directory"):
        asking.leave(str(tmp_path / "typo"), "halt", why="", link=None)
    assert not (tmp_path / "typo").exists()
