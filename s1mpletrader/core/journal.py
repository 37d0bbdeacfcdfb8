"""How is a group written as bytes, and which bytes are a group?

A group is one or more lines of JSON: the input, then one line per record. The last line ends with
the end mark `,"w":N,"h":"<32 hex>"}`: `w` is the highest input number known to be durable when the
group was encoded, `h` the SHA-256, cut to 128 bits, of the previous group's `h` and this group's
bytes up to its `,"h"`. So a torn tail, stale blocks, bit rot and tampering are all found by one
field (docs/journal-format.md, SAFETY J1, J8).
"""

import hashlib
import re

import msgspec

from s1mpletrader.errors import StateCorrupt
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.groups import Group
from s1mpletrader.model.inputs import Input, Stamp
from s1mpletrader.model.records import Record

GENESIS = "0" * 32
"""The hash before the first group of a journal."""

_MARK = re.compile(rb',"w":(\d{1,18})(,"h":"([0-9a-f]{32})"\}\n)\Z')
_WATERMARK = re.compile(rb',"w":(\d{1,18}),"h":"[0-9a-f]{32}"\}\n')


class _InputLine(Value, frozen=True, rename={"input": "in"}):
    n: int
    mt: Micros
    pt: Micros
    input: Input
    w: int | None = None
    h: str | None = None


class _RecordLine(Value, frozen=True):
    n: int
    rec: Record
    w: int | None = None
    h: str | None = None


class _OpenInputLine(Value, frozen=True, rename={"input": "in"}):
    n: int
    mt: Micros
    pt: Micros
    input: Input


class _OpenRecordLine(Value, frozen=True):
    n: int
    rec: Record


_encode = msgspec.json.Encoder().encode
_decode_input = msgspec.json.Decoder(_InputLine).decode
_decode_record = msgspec.json.Decoder(_RecordLine).decode


def chain(previous: str, body: bytes) -> str:
    """Return the hash of a group whose bytes up to its `,"h"` are `body`."""
    return hashlib.sha256(previous.encode("ascii") + body).hexdigest()[:32]


def encode(group: Group, previous: str, durable: int) -> tuple[bytes, str]:
    """Return the group's bytes and its hash, chained to `previous`."""
    stamp = group.stamp
    lines = [_encode(_OpenInputLine(stamp.number, stamp.market_us, stamp.protocol_us, group.input))]
    lines += [_encode(_OpenRecordLine(stamp.number, record)) for record in group.records]
    body = b"\n".join(lines)[:-1] + b',"w":%d' % durable
    head = chain(previous, body)
    return body + b',"h":"%s"}\n' % head.encode("ascii"), head


def group_end(data: bytes | memoryview, start: int) -> int:
    """Return where the group that starts at `start` ends (after its mark), or -1 if torn."""
    found = _WATERMARK.search(data, start)
    return found.end() if found else -1


def verify(piece: bytes, previous: str) -> tuple[int, str] | None:
    """Return (watermark, hash) if `piece` is a whole group that follows `previous`, else None."""
    mark = _MARK.search(piece)
    if mark is None or chain(previous, piece[: mark.start(2)]) != mark[3].decode("ascii"):
        return None
    return int(mark[1]), mark[3].decode("ascii")


def decode(piece: bytes) -> Group:
    """Return the group in `piece`, which `verify` accepted; raises `StateCorrupt`."""
    first, *rest = piece.rstrip(b"\n").split(b"\n")
    try:
        line = _decode_input(first)
        records = tuple(_decode_record(each) for each in rest)
    except msgspec.DecodeError as error:
        text = f"the journal holds a group that this version cannot read: {error}"
        raise StateCorrupt(text, hint="was it written by a newer version?") from error
    if any(record.n != line.n for record in records):
        text = f"group {line.n} of the journal holds records of another group"
        raise StateCorrupt(text)
    stamp = Stamp(line.n, line.mt, line.pt)
    return Group(stamp, line.input, tuple(record.rec for record in records))


def claims_durable(tail: bytes, number: int) -> bool:
    """Return whether bytes behind a torn group say that group `number` had been durable.

    Then the tear is not the legal end of an interrupted write but lost acknowledged data (J1).
    """
    return any(int(mark[1]) >= number for mark in _WATERMARK.finditer(tail))
