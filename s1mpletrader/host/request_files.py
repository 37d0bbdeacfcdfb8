"""What was asked for while the engine was down?

Files in `requests/`, read before anything trades; the owner of a file is who asked. Whatever
cannot be understood halts too: someone wanted something, and the safe answer is to stop
(SAFETY G3). A file is removed only when its command is durable in the journal.
"""

import os
import stat
from pathlib import Path

import msgspec

from s1mpletrader.durable.atomic_file import remove, sync_directory
from s1mpletrader.durable.disk import Disk
from s1mpletrader.host.peers import name_of
from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import LinkId
from s1mpletrader.model.inputs import OperatorCommand

FILE_BYTES_MAX = 16_384
FILES_MAX = 100
"""More are left for the next start; the first already halts."""


class Request(Value, frozen=True):
    """A command and the file it came in."""

    path: str
    command: OperatorCommand


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    verb: str
    why: str = ""
    link: str | None = None


def waiting(directory: Path) -> tuple[Request, ...]:
    """Return the requests in `directory`, oldest first; none where there is no directory."""
    try:
        names = [each for each in directory.iterdir() if not each.name.endswith(".tmp")]
    except FileNotFoundError:
        return ()
    found = [(path.lstat().st_mtime_ns, path) for path in names]
    return tuple(_read(path) for _, path in sorted(found)[:FILES_MAX])


def forget(requests: tuple[Request, ...], disk: Disk) -> None:
    """Remove honoured requests, durably; call it when their commands are durable."""
    for each in requests:
        remove(Path(each.path), disk)
    for directory in {Path(each.path).parent for each in requests}:
        sync_directory(directory, disk)


def _read(path: Path) -> Request:
    by = name_of(path.lstat().st_uid)
    try:
        content = msgspec.json.decode(_bytes(path), type=_Content)
    except (OSError, msgspec.DecodeError) as error:
        why = f"a request that cannot be read: {path.name}: {error}"
        return Request(str(path), OperatorCommand("halt", by, why))
    if content.verb != "halt" or content.schema != 1:
        why = f"a request that is not known: {path.name}: {content.verb}"
        return Request(str(path), OperatorCommand("halt", by, why))
    link = None if content.link is None else LinkId(content.link)
    return Request(str(path), OperatorCommand("halt", by, content.why, link))


def _bytes(path: Path) -> bytes:
    # the directory is writable by a group: no links are followed, no pipe is waited for
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(0, "not a file")
        return os.read(fd, FILE_BYTES_MAX)
    finally:
        os.close(fd)
