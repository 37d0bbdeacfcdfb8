"""Which WebSocket frames did a client send, and when did the first byte of each leave?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.rig.system_calls import Call

SENDING = frozenset({"sendto", "sendmsg", "write", "writev"})
_TEXT, _LONG, _LONGEST = 0x81, 126, 127


@dataclass(frozen=True)
class SentFrame:
    """A text that a client sent; `line` is where its first byte left."""

    line: int
    text: str


def sent_frames(calls: Iterable[Call], path: str) -> list[SentFrame]:
    """Return the text frames of every connection that asked for `path`."""
    streams: dict[str, list[Call]] = {}
    for call in calls:
        if call.name in SENDING and call.target.startswith("socket:") and call.result > 0:
            streams.setdefault(call.target, []).append(call)
    asked = f"GET {path} ".encode()
    found: list[SentFrame] = []
    for stream in streams.values():
        # a connection may have carried plain requests before it became a WebSocket
        upgrade = next((i for i, call in enumerate(stream) if call.data.startswith(asked)), None)
        if upgrade is not None:
            found += _frames(stream[upgrade:])
    return found


def _frames(stream: list[Call]) -> Iterator[SentFrame]:
    data = b"".join(call.data[: call.result] for call in stream)
    at = data.index(b"\r\n\r\n") + 4
    while at < len(data):
        size, head = data[at + 1] & 0x7F, 2
        if size == _LONG:
            size, head = int.from_bytes(data[at + 2 : at + 4]), 4
        elif size == _LONGEST:
            size, head = int.from_bytes(data[at + 2 : at + 10]), 10
        mask = data[at + head : at + head + 4]
        body = data[at + head + 4 : at + head + 4 + size]
        if data[at] == _TEXT:
            plain = bytes(byte ^ mask[index % 4] for index, byte in enumerate(body))
            yield SentFrame(_line_of(stream, at), plain.decode())
        at += head + 4 + size


def _line_of(stream: list[Call], offset: int) -> int:
    for call in stream:
        if offset < call.result:
            return call.begin
        offset -= call.result
    raise AssertionError("a byte that was never sent")
