"""Who may talk to a running engine, and what do they hear?"""

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import aiohttp
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.errors import ConfigurationError, Fenced, Locked
from s1mpletrader.host import control_server
from s1mpletrader.host.control_server import (
    BODY_BYTES_MAX,
    CommandAnswer,
    ControlServer,
    listen,
)
from s1mpletrader.host.peers import Admission, Peer, own_admission, peer_of
from s1mpletrader.model.inputs import OperatorCommand

NOBODY = 65534
PAGE = Path(__file__).parents[2] / "docs" / "control-api.md"


class Engine:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.commands: list[OperatorCommand] = []

    def status(self) -> Mapping[str, object]:
        return {"state": "trading", "mode": "paper"}

    def positions(self) -> Sequence[Mapping[str, object]]:
        return [{"link": "demo", "qty": Decimal("0.10")}]

    def orders(self) -> Sequence[Mapping[str, object]]:
        return []

    def trades(self) -> Sequence[Mapping[str, object]]:
        return []

    def strategies(self) -> Sequence[Mapping[str, object]]:
        return []

    async def check(self) -> Sequence[Mapping[str, object]]:
        return [{"name": "key", "verdict": "ok", "text": "it may trade"}]

    async def command(self, command: OperatorCommand) -> CommandAnswer:
        self.commands.append(command)
        if command.verb == "reconcile":
            raise Fenced("another instance speaks for this account", hint="stop one of the two")
        if command.verb == "resume":
            text = "fenced is never taken back"
            raise Locked(text, hint="start over")
        return CommandAnswer(accepted=True, text="halted", details=("no entry can leave",))


@asynccontextmanager
async def serving(
    path: Path, engine: Engine, admission: Admission | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    server = ControlServer(path, engine, admission or own_admission())
    await server.start()
    try:
        connector = aiohttp.UnixConnector(str(path))
        async with aiohttp.ClientSession("http://engine", connector=connector) as session:
            yield session
    finally:
        await server.close()


def with_engine(
    path: Path,
    talk: Callable[[aiohttp.ClientSession], Awaitable[None]],
    admission: Admission | None = None,
) -> Engine:
    engine = Engine()

    async def conversation() -> None:
        async with serving(path, engine, admission) as session:
            await talk(session)

    asyncio.run(conversation())
    return engine


def permissions(path: Path) -> int:
    return path.stat().st_mode & 0o777


def replace(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


def test_reads_carry_their_schema_and_exact_decimals(path: Path) -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        async with session.get("/v1/status") as answer:
            assert answer.headers["S1mpleTrader-Schema"] == "1"
            found = await answer.json()
            assert found == {
                "schema": "s1mpletrader.status/1",
                "state": "trading",
                "mode": "paper",
            }
        async with session.get("/v1/positions") as answer:
            assert (await answer.json())["positions"] == [{"link": "demo", "qty": "0.10"}]

    with_engine(path, talk)
    assert not path.exists()


def test_a_command_says_who_asked_and_the_caller_cannot_lie(path: Path) -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        body = {"why": "lunch", "link": "demo", "arguments": ["a"]}
        async with session.post("/v1/halt", json=body) as answer:
            assert answer.status == 200
            assert (await answer.json())["answer"]["details"] == ["no entry can leave"]
        async with session.post("/v1/halt", json={"by": "somebody else"}) as answer:
            assert answer.status == 400

    (command,) = with_engine(path, talk).commands
    assert (command.verb, command.why, command.link) == ("halt", "lunch", "demo")
    assert command.arguments == ("a",)
    assert command.by.endswith(f"({os.geteuid()})")


def test_refusals_say_why_and_what_to_do(path: Path) -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        async with session.post("/v1/resume") as answer:
            assert answer.status == 409
            found = await answer.json()
            assert found["error"] == "fenced is never taken back"
            assert found["hint"] == "start over"
            assert found["exit_code"] == 75
        async with session.post("/v1/reconcile") as answer:
            assert answer.status == 503, "the request is not at fault"
            assert (await answer.json())["exit_code"] == 79
        async with session.get("/v1/nothing") as answer:
            assert answer.status == 404
        async with session.get("/v1/halt") as answer:
            assert answer.status == 405
        async with session.get("/v1/status", headers={"S1mpleTrader-Schema": "2"}) as answer:
            assert answer.status == 400

    with_engine(path, talk)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        (b"[]", 400),
        (json.dumps({"why": "x" * 501}).encode(), 400),
        (json.dumps({"why": "x" * 500}).encode(), 200),
        (json.dumps({"arguments": ["x"] * 21}).encode(), 400),
        (b" " * (BODY_BYTES_MAX + 1), 413),
    ],
)
def test_bodies_are_bounded(path: Path, body: bytes, status: int) -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        async with session.post("/v1/halt", data=body) as answer:
            assert answer.status == status

    engine = with_engine(path, talk)
    assert len(engine.commands) == (1 if status == 200 else 0)


@given(st.binary() | st.builds(lambda each: json.dumps(each).encode(), st.from_type(dict)))
def test_any_bytes_are_a_command_body_or_refused(raw: bytes) -> None:
    with contextlib.suppress(msgspec.DecodeError):
        assert len(control_server._body(raw).why) <= 500


def test_a_stranger_is_refused_before_anything_happens(path: Path) -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        for method, route in (("GET", "/v1/status"), ("POST", "/v1/halt")):
            async with session.request(method, route) as answer:
                assert answer.status == 403
                assert (await answer.json())["exit_code"] == 77

    nobody_else = Admission(uids=(NOBODY,), gids=(NOBODY,))
    assert with_engine(path, talk, nobody_else).commands == []


def test_a_server_that_admits_everybody_would_be_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Admission, "admits", lambda *_: True)
    with pytest.raises(AssertionError, match="assert 200 == 403"):
        test_a_stranger_is_refused_before_anything_happens(path)


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        peer = peer_of(ours)
    assert peer.pid == os.getpid()
    assert peer.uid == os.geteuid()
    assert set(os.getgroups()) <= set(peer.gids)


def test_root_the_owner_and_the_groups_come_in_and_nobody_else() -> None:
    rule = Admission(uids=(0, 500), gids=(600,))
    assert rule.admits(Peer(1, 0, (0,)))
    assert rule.admits(Peer(1, 500, (500,)))
    assert rule.admits(Peer(1, 501, (501, 600)))
    assert not rule.admits(Peer(1, 501, (501,)))


ASK = (
    "import socket, sys, os\n"
    "os.setgroups([int(each) for each in sys.argv[2].split(',') if each])\n"
    "os.setgid(65534); os.setuid(65534)\n"
    "with socket.socket(socket.AF_UNIX) as s:\n"
    "    s.connect(sys.argv[1])\n"
    "    s.sendall(b'GET /v1/status HTTP/1.0\\r\\nHost: e\\r\\n\\r\\n')\n"
    "    print(s.recv(4096).split()[1].decode())\n"
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("groups", "status"), [("", "403"), ("4711", "200")])
def test_another_users_supplementary_group_decides(groups: str, status: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        path = Path(place) / "control.sock"

        async def talk(_: aiohttp.ClientSession) -> None:
            path.chmod(0o666)  # only the credentials shall decide here
            asked = await asyncio.create_subprocess_exec(
                sys.executable, "-c", ASK, str(path), groups, stdout=subprocess.PIPE
            )
            said, _error = await asyncio.wait_for(asked.communicate(), 30)
            assert said.decode().strip() == status

        with_engine(path, talk, Admission(uids=(0,), gids=(4711,)))


def test_a_caller_that_hangs_up_does_not_take_its_command_back(path: Path) -> None:
    class Slow(Engine):
        def __init__(self) -> None:
            super().__init__()
            self.heard = asyncio.Event()
            self.may_go_on = asyncio.Event()
            self.done = asyncio.Event()

        async def command(self, command: OperatorCommand) -> CommandAnswer:
            self.heard.set()
            await self.may_go_on.wait()
            self.done.set()
            return await super().command(command)

    async def conversation() -> Engine:
        engine = Slow()
        async with serving(path, engine):
            _, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b"POST /v1/halt HTTP/1.0\r\nHost: e\r\nContent-Length: 0\r\n\r\n")
            await asyncio.wait_for(engine.heard.wait(), 10)
            writer.transport.abort()
            await asyncio.sleep(0.05)  # the server learns of it
            engine.may_go_on.set()
            await asyncio.wait_for(engine.done.wait(), 10)
            await asyncio.sleep(0)
        return engine

    assert [each.verb for each in asyncio.run(conversation()).commands] == ["halt"]


def test_a_body_that_never_comes_is_not_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s1mpletrader.host.control_server.BODY_WAIT_S", 0.05)

    async def talk(_: aiohttp.ClientSession) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"POST /v1/halt HTTP/1.1\r\nHost: e\r\nContent-Length: 5\r\n\r\n")
        first = await asyncio.wait_for(reader.readline(), 10)
        assert b" 408 " in first
        writer.close()
        await writer.wait_closed()

    assert with_engine(path, talk).commands == []


def test_the_socket_is_for_owner_and_group_only(path: Path) -> None:
    async def talk(_: aiohttp.ClientSession) -> None:
        await asyncio.sleep(0)
        assert permissions(path) == 0o660

    with_engine(path, talk)


def test_a_dead_engines_socket_is_replaced(path: Path) -> None:
    listen(path).close()
    assert path.exists()
    listen(path).close()


def test_a_living_engines_socket_is_not_taken_even_if_its_backlog_is_full(path: Path) -> None:
    with listen(path) as living:
        with pytest.raises(Locked):
            listen(path)
        living.listen(0)
        with socket.socket(socket.AF_UNIX) as first, socket.socket(socket.AF_UNIX) as second:
            for each in (first, second):
                each.setblocking(False)
                each.connect_ex(str(path))
            with pytest.raises(Locked):
                listen(path)
        assert path.exists()


def test_a_file_in_the_sockets_place_is_not_touched(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(ConfigurationError, match="not a socket"):
        listen(path)
    assert path.read_text() == "precious"


def test_a_path_that_does_not_fit_a_socket_address_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="107 bytes"):
        listen(tmp_path / ("x" * 120))


def test_closing_leaves_a_successors_socket_alone(path: Path) -> None:
    async def talk(_: aiohttp.ClientSession) -> None:
        await asyncio.sleep(0)
        replace(path, "the successor's")

    with_engine(path, talk)
    assert path.read_text() == "the successor's"


def test_the_page_names_every_route() -> None:
    server = ControlServer(Path("unused"), Engine(), own_admission())
    routes = {f"{route.method} {route.path}" for route in server.routes()}
    named = re.findall(r"^### `((?:GET|POST) /v1/\w+)`", PAGE.read_text(), re.MULTILINE)
    assert routes == set(named)
    assert len(routes) == len(named)
