"""How is a group written as bytes, and which bytes are a group?

A group is one or more lines of JSON: the input, then one line per record. The last line ends with
the end mark `,"w":N,"h":"<32 hex>"}`: `w` is the highest input number known to be durable when the
group was encoded, `h` the SHA-256, cut to 128 bits, of the previous group's `h` and this group's
bytes up to its `,"h"`. So a torn tail, stale blocks, bit rot and tampering are all found by one
field. Each segment begins with a header line, a link of the same chain (docs/journal-format.md,
SAFETY J1, J8).
"""

import hashlib
import re
from typing import NamedTuple

import msgspec

from s1mpletrader.errors import StateCorrupt, StateEncodeError, StateTooNew
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.groups import Group
from s1mpletrader.model.inputs import Input, Stamp
from s1mpletrader.model.records import RECORD_SCHEMA, Record

GENESIS = "0" * 32
"""The hash before the first header of a journal."""

GROUP_SIZE_MAX = 16 << 20
"""Bytes of the largest group; a piece without an end mark after that many bytes is torn."""

_MARK = re.compile(rb',"w":(\d{1,18})(,"h":"([0-9a-f]{32})"\}\n)')
_NUMBER = re.compile(rb'\{"n":(\d{1,18}),')


class Header(Value, frozen=True):
    """The first line of a segment."""

    journal: str
    """Always `s1mpletrader`: what file(1) and people see first."""
    schema: int
    """`RECORD_SCHEMA` of the program that wrote the segment."""
    version: str
    """The program's version; says nothing about what can be read."""
    segment: int
    first: int
    """The number of the segment's first group."""
    prev: str
    """The hash of the group before it, `GENESIS` for the first."""
    w: int = 0
    h: str = ""


class Mark(NamedTuple):
    """An end mark: where the hashed bytes end, where the group ends, and what it says."""

    body_end: int
    end: int
    durable: int
    head: str


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


class _OpenHeader(Value, frozen=True):
    journal: str
    schema: int
    version: str
    segment: int
    first: int
    prev: str


class _SchemaOnly(msgspec.Struct, frozen=True):
    journal: str
    schema: int


_encode = msgspec.json.Encoder().encode
_decode_input = msgspec.json.Decoder(_InputLine).decode
_decode_record = msgspec.json.Decoder(_RecordLine).decode
_decode_header = msgspec.json.Decoder(Header).decode
_decode_schema = msgspec.json.Decoder(_SchemaOnly).decode


def chain(previous: str, body: bytes) -> str:
    """Return the hash of a group whose bytes up to its `,"h"` are `body`."""
    return hashlib.sha256(previous.encode("ascii") + body).hexdigest()[:32]


def encode(group: Group, previous: str, durable: int) -> tuple[bytes, str]:
    """Return the group's bytes and its hash, chained to `previous`.

    Raises `StateEncodeError` for a value that JSON cannot hold, or too many of them.
    """
    stamp = group.stamp
    try:
        lines = [
            _encode(_OpenInputLine(stamp.number, stamp.market_us, stamp.protocol_us, group.input))
        ]
        lines += [_encode(_OpenRecordLine(stamp.number, record)) for record in group.records]
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
        text = f"group {stamp.number} cannot be written: {error}"
        raise StateEncodeError(text) from error
    piece, head = _marked(b"\n".join(lines), previous, durable)
    if len(piece) > GROUP_SIZE_MAX:
        text = f"group {stamp.number} has {len(piece)} bytes, more than {GROUP_SIZE_MAX}"
        raise StateEncodeError(text)
    return piece, head


def encode_header(*, segment: int, first: int, previous: str, version: str) -> bytes:
    """Return a segment's first line, chained to the group before it."""
    fields = _OpenHeader("s1mpletrader", RECORD_SCHEMA, version, segment, first, previous)
    return _marked(_encode(fields), previous, first - 1)[0]


def _marked(lines: bytes, previous: str, durable: int) -> tuple[bytes, str]:
    body = lines[:-1] + b',"w":%d' % durable
    head = chain(previous, body)
    return body + b',"h":"%s"}\n' % head.encode("ascii"), head


def find_mark(data: bytes, start: int = 0) -> Mark | None:
    """Return the first end mark from `start` on; None if there is none (yet)."""
    found = _MARK.search(data, start)
    return _mark(found) if found else None


def find_last_mark(data: bytes) -> Mark | None:
    """Return the last end mark in `data`."""
    found = [*_MARK.finditer(data)]
    return _mark(found[-1]) if found else None


def _mark(found: re.Match[bytes]) -> Mark:
    return Mark(found.start(2), found.end(), int(found[1]), found[3].decode("ascii"))


def number_of(line: bytes) -> int | None:
    """Return the number in a group's line without decoding it; None for anything else."""
    found = _NUMBER.match(line)
    return int(found[1]) if found else None


def verify(piece: bytes, previous: str) -> Mark | None:
    """Return the end mark of `piece` if it is one whole group that follows `previous`."""
    mark = find_mark(piece)
    if mark is None or mark.end != len(piece):
        return None
    return mark if chain(previous, piece[: mark.body_end]) == mark.head else None


def decode(piece: bytes) -> Group:
    """Return the group in `piece`, which `verify` accepted; raises `StateCorrupt`."""
    first, *rest = piece.rstrip(b"\n").split(b"\n")
    try:
        line = _decode_input(first)
        records = tuple(_decode_record(each) for each in rest)
    except (msgspec.DecodeError, ValueError) as error:
        text = f"the journal holds a group that this version cannot read: {error}"
        raise StateCorrupt(text, hint="was it written by a newer version?") from error
    if any(record.n != line.n for record in records):
        text = f"group {line.n} of the journal holds records of another group"
        raise StateCorrupt(text)
    stamp = Stamp(line.n, line.mt, line.pt)
    return Group(stamp, line.input, tuple(record.rec for record in records))


def decode_header(line: bytes) -> Header:
    """Return a segment's header; raises `StateCorrupt`, or `StateTooNew` before all else."""
    try:
        schema = _decode_schema(line)
        if schema.journal == "s1mpletrader" and schema.schema > RECORD_SCHEMA:
            text = f"the journal has record schema {schema.schema}, this version {RECORD_SCHEMA}"
            raise StateTooNew(text, hint="install the version that wrote it, or a newer one")
        header = _decode_header(line)
    except (msgspec.DecodeError, ValueError) as error:
        text = f"a segment of the journal does not begin with a header: {error}"
        raise StateCorrupt(text) from error
    if verify(line, header.prev) is None:
        raise StateCorrupt(f"the header of segment {header.segment} of the journal is damaged")
    return header


def claims_durable(tail: bytes, number: int) -> bool:
    """Return whether bytes behind a torn group say that group `number` had been durable.

    Then the tear is not the legal end of an interrupted write but lost acknowledged data (J1).
    """
    return any(int(mark[1]) >= number for mark in _MARK.finditer(tail))
