"""What did a process ask of the kernel, in which order?

Reads what `strace -f -y -xx -o FILE` wrote. A call that another thread interrupted stands on two
lines, `<unfinished ...>` and `resumed`: so each call has a beginning and an end, counted in lines.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

TRACED = (
    "fdatasync,fsync,rename,renameat,renameat2,link,linkat,ftruncate,"
    "sendto,sendmsg,write,writev,pwrite64"
)
COMMAND = ("strace", "-f", "--seccomp-bpf", "-y", "-tt", "-xx", "-s", "1000000")
CHANGES_OF_DISK = frozenset(
    {"fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "ftruncate"}
)
_WHOLE = re.compile(r"(\d+) +[\d:.]+ (\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"(\d+) +[\d:.]+ (\w+)\((.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"(\d+) +[\d:.]+ <\.\.\. (\w+) resumed>(.*)\) += (-?\d+)")
_TARGET = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Call:
    """One system call; `begin` and `end` are line numbers."""

    thread: int
    name: str
    begin: int
    end: int
    target: str
    """What its first file descriptor stands for."""
    data: bytes
    result: int


def command(trace: Path) -> tuple[str, ...]:
    """Return the words that go before a program's own to have it traced into a file."""
    return (*COMMAND, "-e", f"trace={TRACED}", "-o", str(trace))


def read_calls(lines: Iterable[str]) -> list[Call]:
    """Return the calls in the order of their beginnings."""
    return sorted(_calls(lines), key=lambda call: call.begin)


def _calls(lines: Iterable[str]) -> Iterator[Call]:
    begun: dict[int, tuple[str, int, str]] = {}
    for number, line in enumerate(lines):
        if whole := _WHOLE.match(line):
            thread, name, rest, result = whole.groups()
            yield _call(int(thread), name, number, number, rest, int(result))
        elif found := _BEGUN.match(line):
            begun[int(found[1])] = (found[2], number, found[3])
        elif (found := _ENDED.match(line)) and int(found[1]) in begun:
            name, begin, rest = begun.pop(int(found[1]))
            yield _call(int(found[1]), name, begin, number, rest + found[3], int(found[4]))


def _call(thread: int, name: str, begin: int, end: int, rest: str, result: int) -> Call:
    target = _TARGET.match(rest)
    name_of_target = _plain(target[1]).decode() if target else ""
    data = b"".join(_plain(text) for text in _TEXT.findall(rest))
    return Call(thread, name, begin, end, name_of_target, data, result)


def _plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
