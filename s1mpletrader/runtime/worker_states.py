"""Where do workers remember things?

Each worker that asks for `state_persistence` has one box with one frozen value. The engine takes
all boxes as JSON with the records of an input, and fills them again at start (ARCHITECTURE 6).
"""

from typing import Generic, TypeVar

import msgspec

from s1mpletrader.errors import StateCorrupt
from s1mpletrader.model.ids import WorkerId

S = TypeVar("S", bound=msgspec.Struct)


class StateBox(Generic[S]):
    """The `StateProvider` of one worker."""

    def __init__(self, worker: WorkerId, state_type: type[S]) -> None:
        self._worker = worker
        self._state_type = state_type
        self._state: S | None = None

    def get(self) -> S | None:
        """Return the last value set; None if there was none."""
        return self._state

    def set(self, state: S) -> None:
        """Replace the value; raises TypeError for another type than the manifest declares."""
        if type(state) is not self._state_type:
            text = f"{self._worker} set {type(state).__name__}, not {self._state_type.__name__}"
            raise TypeError(text)
        self._state = state

    def encoded(self) -> bytes | None:
        """Return the value as JSON, None if there is none."""
        return None if self._state is None else msgspec.json.encode(self._state)

    def restore(self, body: bytes) -> None:
        """Take a value back from `encoded`; raises `StateCorrupt` if it is not one."""
        try:
            self._state = msgspec.json.decode(body, type=self._state_type)
        except msgspec.DecodeError as error:
            text = f"the state of worker {self._worker} is no {self._state_type.__name__}: {error}"
            raise StateCorrupt(text, hint="was the plugin changed since it was stored?") from error
