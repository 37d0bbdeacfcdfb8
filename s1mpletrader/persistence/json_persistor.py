"""Where does a worker's state live between two starts?"""

from pathlib import Path

import msgspec

from s1mpletrader.durable.disk import Disk
from s1mpletrader.durable.generation_file import GenerationFile
from s1mpletrader.errors import StateEncodeError


class JsonPersistor:
    """A JSON document at `path`, atomic, in generations; implements `ports.StatePersistor`.

    `tail -n1 state.json | jq .` shows it. The document's own meaning and its schema number belong
    to the owner of the state; `min_generation` is what the journal says was once acknowledged.
    """

    def __init__(
        self, path: Path, disk: Disk, *, name: str, schema: int = 1, min_generation: int = 0
    ) -> None:
        self.notes: tuple[str, ...] = ()
        """What loading found wrong and did about it."""
        self._file = GenerationFile(path, disk, name=name, schema=schema)
        self._min_generation = min_generation

    def load(self, *, read_only: bool = False) -> tuple[bytes | None, int]:
        """Return the newest valid body and its generation, (None, 0) before the first save.

        The result is durable on return, but for `read_only`, which changes nothing. Raises
        `StateCorrupt`, `StateRollback` or `StateTooNew`.
        """
        found = self._file.load(min_generation=self._min_generation, read_only=read_only)
        self.notes = found.notes
        return found.body, found.generation

    def save(self, body: bytes) -> int:
        """Store `body`; durable on return. Returns the generation.

        Raises `StateEncodeError` before touching the disk if `body` is not one line of JSON,
        `StateWriteError` with the previous generation intact, `StoragePoisoned`.
        """
        try:
            msgspec.json.decode(body)
        except (msgspec.DecodeError, ValueError) as error:
            raise StateEncodeError(f"the state is not JSON: {error}") from error
        if b"\n" in body:
            raise StateEncodeError("the state has more than one line: encode it without line ends")
        return self._file.save(body)
