"""How is a state kept in generations so that loading never shows a mixture, nor nothing?

A generation is two lines: a header `{"s1":1,"name":..,"schema":n,"gen":n,"len":n,"sha":..}` and
the body. Saving: `.journal`, fsync, the old state linked as `.prev`, rename, fsync of the
directory. Loading takes the highest valid generation of the three and makes it durable before it
is returned, because a program that was killed may have left it in the page cache only.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from s1mpletrader.durable.atomic_file import (
    AtomicFile,
    list_directory,
    read_durable,
    read_file,
    remove,
    sync_directory,
)
from s1mpletrader.durable.disk import Disk
from s1mpletrader.durable.refusals import poisoned
from s1mpletrader.errors import (
    InternalError,
    StateCorrupt,
    StateRollback,
    StateTooNew,
    StoragePoisoned,
)

FORMAT = 1
HEADER_SIZE_MAX = 1024
"""Bytes within which a header must end."""

QUARANTINED_MAX = 9
"""Unreadable files kept per state; the last place is used again."""

SUFFIXES = ("", ".journal", ".prev")
"""Where a generation can be: the state, one being saved, the one before."""


class Generation(NamedTuple):
    """A valid body with its number; `schema` is the writer's."""

    number: int
    schema: int
    body: bytes


class Loaded(NamedTuple):
    """What was found; `notes` say what was wrong and what was done about it."""

    body: bytes | None
    generation: int
    notes: tuple[str, ...]


class _Header(msgspec.Struct, frozen=True):
    s1: int
    name: str
    schema: int
    gen: int
    len: int
    sha: str


_decode_header = msgspec.json.Decoder(_Header).decode


def encode(name: str, schema: int, generation: int, *body: bytes) -> tuple[bytes, ...]:
    """Return the file's bytes in pieces: a large body is never copied."""
    digest = _digest(name, schema, generation, *body)
    size = sum(map(len, body))
    header = _Header(FORMAT, name, schema, generation, size, digest)
    return (msgspec.json.encode(header) + b"\n", *body, b"\n")


def decode(name: str, data: bytes) -> Generation | str:
    """Return the generation in a file's bytes, or why it is none."""
    line, newline, _ = data[: HEADER_SIZE_MAX + 1].partition(b"\n")
    try:
        header = _decode_header(line)
    except (msgspec.DecodeError, ValueError) as error:
        return f"no header: {error}"
    body = data[len(line) + 1 : -1]
    if (header.s1, header.name) != (FORMAT, name) or not newline:
        return f"it is format {header.s1} of {header.name}, not {FORMAT} of {name}"
    if header.len != len(body) or not data.endswith(b"\n"):
        return f"it has {len(body)} bytes, not {header.len}"
    if _digest(name, header.schema, header.gen, body) != header.sha:
        return "its checksum is wrong"
    return Generation(header.gen, header.schema, body)


def _digest(name: str, schema: int, generation: int, *body: bytes) -> str:
    text = f"{FORMAT}|{name}|{schema}|{generation}|{sum(map(len, body))}|"
    digest = hashlib.sha256(text.encode())
    for piece in body:
        digest.update(piece)
    return digest.hexdigest()[:32]


class GenerationFile:
    """One state at `path`; `load` comes before `save`. Used by one thread at a time."""

    def __init__(self, path: Path, disk: Disk, *, name: str, schema: int = 1) -> None:
        self.path = path
        self._disk = disk
        self._name = name
        self._schema = schema
        self._generation: int | None = None
        self._poison: StoragePoisoned | None = None

    def load(self, *, min_generation: int = 0, read_only: bool = False) -> Loaded:
        """Return the newest valid generation, durable; body None if nothing was ever saved.

        `read_only` changes nothing, for other programs while the owner runs; it promises nothing
        about a later power cut. Raises `StateCorrupt` if files are there and none is valid
        (nothing is touched), `StateRollback` below `min_generation`, `StateTooNew`.
        """
        read = read_file if read_only else read_durable
        valid: dict[str, Generation] = {}
        broken: dict[str, str] = {}
        for suffix in SUFFIXES:
            data = read(self._at(suffix), self._disk)
            found = decode(self._name, data) if data is not None else None
            if isinstance(found, Generation):
                valid[suffix] = found
            elif found is not None:
                broken[suffix] = found
        if not valid and set(broken) - {".journal"}:
            why = "; ".join(f"{self._at(each).name}: {text}" for each, text in broken.items())
            raise StateCorrupt(
                f"no valid generation of {self.path}: {why}",
                hint="look at the files, then restore them or move them away",
            )
        best = max(valid, key=lambda suffix: valid[suffix].number, default="")
        chosen = valid.get(best, Generation(0, 0, b""))
        self._check(chosen, min_generation)
        if read_only:
            notes = tuple(f"{self._at(each).name}: {text}" for each, text in broken.items())
        else:
            notes = self._tidy(best, set(valid), broken)
            self._generation = chosen.number
        return Loaded(chosen.body if valid else None, chosen.number, notes)

    def save(self, *body: bytes) -> int:
        """Store the next generation, given in pieces; durable on return. Returns its number.

        Raises `StateWriteError` (the previous generation is intact, may be tried again) and
        `StoragePoisoned` (previous or new, unknown: the process must end).
        """
        if self._poison is not None:
            raise StoragePoisoned(str(self._poison), hint=self._poison.hint)
        if self._generation is None:
            raise InternalError(f"{self.path} is saved before it was loaded")
        number = self._generation + 1
        pieces = encode(self._name, self._schema, number, *body)
        try:
            with AtomicFile(self.path, self._disk, suffix=".journal", keep=".prev") as file:
                for piece in pieces:
                    file.write(piece)
        except StoragePoisoned as error:
            self._poison = error
            raise
        self._generation = number
        return number

    def set_aside(self) -> None:
        """Quarantine every file, valid or not, as if nothing had ever been saved."""
        for suffix in SUFFIXES:
            if read_file(self._at(suffix), self._disk) is not None:
                self._quarantine(suffix)
        sync_directory(self.path.parent, self._disk)
        self._generation = 0

    def _check(self, chosen: Generation, min_generation: int) -> None:
        if chosen.number < min_generation:
            raise StateRollback(
                f"{self.path} holds generation {chosen.number}, {min_generation} was acknowledged",
                hint="an older copy of the state was restored, or the disk lost a write",
            )
        if chosen.schema > self._schema:
            raise StateTooNew(
                f"{self.path} has schema {chosen.schema}, this version reads {self._schema}",
                hint="install the version that wrote it, or a newer one",
            )

    def _tidy(self, best: str, valid: set[str], broken: dict[str, str]) -> tuple[str, ...]:
        """Make the chosen generation the state's name durable, put unreadable files aside."""
        notes = tuple(
            f"{self._at(suffix).name}: {why}, kept as {self._quarantine(suffix)}"
            for suffix, why in broken.items()
        )
        if best == ".journal":
            try:
                self._disk.replace(self._at(".journal"), self.path)
            except OSError as error:
                raise poisoned("renaming", self._at(".journal"), error) from error
        elif ".journal" in valid:
            remove(self._at(".journal"), self._disk)
        if valid or broken:
            sync_directory(self.path.parent, self._disk)
        return notes

    def _quarantine(self, suffix: str) -> str:
        names = list_directory(self.path.parent, self._disk)
        candidates = [f"{self.path.name}.corrupt-{n}" for n in range(1, QUARANTINED_MAX + 1)]
        name = next((each for each in candidates if each not in names), candidates[-1])
        try:
            self._disk.replace(self._at(suffix), self.path.with_name(name))
        except OSError as error:
            raise poisoned("renaming", self._at(suffix), error) from error
        return name

    def _at(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)
