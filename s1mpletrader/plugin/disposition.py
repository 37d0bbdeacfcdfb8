"""What may a worker answer, and what happens next?

CONTINUE: the next worker of the chain runs. PUBLISH: an event starts a new flow, and this branch
ends. STOP: this branch ends.
"""

from enum import StrEnum
from typing import Self, final

import msgspec


class Disposition(StrEnum):
    """The three answers."""

    CONTINUE = "CONTINUE"
    PUBLISH = "PUBLISH"
    STOP = "STOP"


@final
class DispositionEnvelope(msgspec.Struct, frozen=True):
    """A worker's answer; written with `proceed`, `publish` or `stop`, never by hand."""

    disposition: Disposition
    event: object | None = None

    def __post_init__(self) -> None:
        """Refuse a PUBLISH without an event, and an event with anything else."""
        if (self.event is None) is (self.disposition is Disposition.PUBLISH):
            text = f"{self.disposition} with event {self.event!r}: only PUBLISH has one, and must"
            raise TypeError(text)

    @classmethod
    def proceed(cls) -> Self:
        """Let the next worker of the chain run."""
        return cls(Disposition.CONTINUE)

    @classmethod
    def publish(cls, event: object) -> Self:
        """Start a new flow with `event`, whose type says its name (`events.event_name`)."""
        return cls(Disposition.PUBLISH, event)

    @classmethod
    def stop(cls) -> Self:
        """End this branch: nothing to do on this tick."""
        return cls(Disposition.STOP)
