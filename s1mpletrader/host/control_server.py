"""How do the operator's programs talk to a running engine?

HTTP and JSON over a Unix socket (docs/control-api.md). The server knows who is asking, bounds what
it reads, and hands over to a `ControlHandler`; it decides nothing.
"""

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
from aiohttp import web

from s1mpletrader.errors import (
    ConfigurationError,
    Fenced,
    InternalError,
    Locked,
    S1mpleTraderError,
    StateError,
)
from s1mpletrader.host.peers import Admission, name_of, peer_of
from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import LinkId
from s1mpletrader.model.inputs import OperatorCommand

API_SCHEMA = 1
SCHEMA_HEADER = "S1mpleTrader-Schema"
BODY_BYTES_MAX = 16_384
BODY_WAIT_S = 5.0
WHY_LENGTH_MAX = 500
ARGUMENTS_MAX = 20
PATH_BYTES_MAX = 107
"""What fits in sockaddr_un, without its final zero."""
BACKLOG = 64
CLOSE_WAIT_S = 1.0
VERBS = ("halt", "resume", "reconcile", "assign", "stop")


class CommandAnswer(Value, frozen=True):
    """What became of a command."""

    accepted: bool
    text: str
    """One sentence for the operator."""
    durable: bool = True
    """False: in force, but the storage has not answered yet (SAFETY G3)."""
    details: tuple[str, ...] = ()
    exit_code: int = 0
    """What the client verb ends with (NAMES, exit codes)."""


class ControlHandler(Protocol):
    """The engine's side. Values may be anything msgspec encodes; Decimals become strings."""

    def status(self) -> Mapping[str, object]:
        """Return the status page's facts."""
        ...

    def positions(self) -> Sequence[Mapping[str, object]]:
        """Return one row per link and instrument with a holding."""
        ...

    def orders(self) -> Sequence[Mapping[str, object]]:
        """Return one row per order that is not final, and the latest final ones."""
        ...

    def trades(self) -> Sequence[Mapping[str, object]]:
        """Return one row per trade, newest last."""
        ...

    def strategies(self) -> Sequence[Mapping[str, object]]:
        """Return one row per strategy link."""
        ...

    async def check(self) -> Sequence[Mapping[str, object]]:
        """Return one row per thing that `check --online` looks at; raises `S1mpleTraderError`."""
        ...

    async def command(self, command: OperatorCommand) -> CommandAnswer:
        """Carry the command out; raises `S1mpleTraderError` when refused."""
        ...


class CommandBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may say with a command."""

    why: str = ""
    link: str | None = None
    arguments: tuple[str, ...] = ()


class ControlServer:
    """Serves one handler on one socket."""

    def __init__(self, path: Path, handler: ControlHandler, admission: Admission) -> None:
        self._path = path
        self._handler = handler
        self._admission = admission
        self._runner: web.AppRunner | None = None
        self._inode: tuple[int, int] | None = None

    async def start(self) -> None:
        """Listen; raises `Locked` if an engine answers there, `ConfigurationError` on bad paths."""
        listener = listen(self._path)
        found = self._path.stat()
        self._inode = (found.st_dev, found.st_ino)
        app = web.Application(middlewares=[self._guard], client_max_size=BODY_BYTES_MAX)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_WAIT_S)
        await self._runner.setup()
        await web.SockSite(self._runner, listener, backlog=BACKLOG).start()

    async def close(self) -> None:
        """Stop listening and remove the socket file if it is still ours."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        try:
            found = self._path.lstat()
            if (found.st_dev, found.st_ino) == self._inode:
                self._path.unlink()
        except FileNotFoundError:
            pass

    def routes(self) -> list[web.RouteDef]:
        """Return every route there is; docs/control-api.md names them all."""
        handler = self._handler
        tables = {
            "positions": handler.positions,
            "orders": handler.orders,
            "trades": handler.trades,
            "strategies": handler.strategies,
        }
        reads = [web.get("/v1/status", _reading("status", handler.status))]
        reads += [web.get(f"/v1/{name}", _listing(name, rows)) for name, rows in tables.items()]
        reads.append(web.get("/v1/check", self._check))
        return reads + [web.post(f"/v1/{verb}", self._commanding(verb)) for verb in VERBS]

    async def _check(self, _: web.Request) -> web.Response:
        return _answer("check", {"findings": await self._handler.check()})

    def _commanding(self, verb: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def carry_out(request: web.Request) -> web.Response:
            async with asyncio.timeout(BODY_WAIT_S):
                body = _body(await request.read())
            peer = peer_of(request.get_extra_info("socket"))
            by = await asyncio.to_thread(name_of, peer.uid)
            command = OperatorCommand(
                verb=verb,
                by=by,
                why=body.why,
                link=None if body.link is None else LinkId(body.link),
                arguments=body.arguments,
            )
            answer = await self._handler.command(command)
            return _answer(verb, {"answer": answer})

        return carry_out

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        try:
            peer = peer_of(request.get_extra_info("socket"))
        except OSError:
            return _refusal(403, "the caller is gone", hint="")
        if not self._admission.admits(peer):
            hint = "join the group s1mpletrader, or ask as root"
            return _refusal(403, f"uid {peer.uid} may not talk to this engine", hint, exit_code=77)
        asked = request.headers.get(SCHEMA_HEADER, str(API_SCHEMA))
        if asked != str(API_SCHEMA):
            text = f"this engine speaks schema {API_SCHEMA}, the caller asked for {asked[:20]}"
            return _refusal(400, text, hint="use the s1mpletrader command of the same version")
        try:
            return await handler(request)
        except S1mpleTraderError as error:
            is_ending = isinstance(error, Fenced | StateError | InternalError)
            status = 503 if is_ending else 409
            return _refusal(status, str(error), error.hint, exit_code=error.exit_code)
        except msgspec.DecodeError as error:
            return _refusal(400, f"the request cannot be read: {error}", hint="", exit_code=2)
        except TimeoutError:
            return _refusal(408, f"the request's body took over {BODY_WAIT_S:g} s", hint="")
        except web.HTTPException as error:
            return _refusal(error.status, f"{request.method} {request.path}: {error.reason}", "")


def listen(path: Path) -> socket.socket:
    """Bind a listening socket at `path`, 0660; a dead one in its place is replaced."""
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        text = f"the control socket's path has over {PATH_BYTES_MAX} bytes: {path}"
        raise ConfigurationError(text, hint="choose a shorter one with --control")
    _remove_if_dead(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        path.chmod(0o660)  # before listen: until then every connect is refused
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Locked(f"{path} was taken while this engine started") from error
        raise
    return listener


def _remove_if_dead(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            text = f"{path} exists and is not a socket"
            raise ConfigurationError(text, hint="move it away, or choose another --control")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # a full backlog answers EAGAIN: somebody is there
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
        except BlockingIOError:
            pass
    text = f"an engine answers on {path}"
    raise Locked(text, hint="stop it first, or give this one its own --state and --control")


def _body(raw: bytes) -> CommandBody:
    body = msgspec.json.decode(raw or b"{}", type=CommandBody)
    if len(body.why) > WHY_LENGTH_MAX or len(body.arguments) > ARGUMENTS_MAX:
        text = f"at most {WHY_LENGTH_MAX} characters of why and {ARGUMENTS_MAX} arguments"
        raise msgspec.ValidationError(text)
    return body


def _reading(
    name: str, read: Callable[[], Mapping[str, object]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return _answer(name, read())

    return answer


def _listing(
    name: str, read: Callable[[], Sequence[Mapping[str, object]]]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return _answer(name, {name: read()})

    return answer


def _answer(name: str, content: Mapping[str, object], status: int = 200) -> web.Response:
    body = {"schema": f"s1mpletrader.{name}/{API_SCHEMA}", **content}
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers={SCHEMA_HEADER: str(API_SCHEMA)},
    )


def _refusal(status: int, text: str, hint: str, *, exit_code: int = 1) -> web.Response:
    content = {"error": text, "hint": hint, "exit_code": exit_code}
    return _answer("error", content, status)
