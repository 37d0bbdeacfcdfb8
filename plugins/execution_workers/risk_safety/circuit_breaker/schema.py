"""How is the `circuit_breaker` set up?"""

from typing import Self

from pydantic import Field, model_validator

from s1mpletrader.plugin import WorkerParams


class BreakerParams(WorkerParams, frozen=True):
    """Which threats halt trading, and what else they ask for."""

    halt_on: tuple[str, ...] = Field(default=("CONNECTION_LOST", "WORKER_FAILED"), min_length=1)
    close_on: tuple[str, ...] = ()
    """Threats that also close what the link holds."""

    @model_validator(mode="after")
    def closing_halts_too(self) -> Self:
        """Refuse a threat that would close positions and let new ones be opened."""
        only_closing = sorted(set(self.close_on) - set(self.halt_on))
        if only_closing:
            text = f"{', '.join(only_closing)} in close_on must be in halt_on too"
            raise ValueError(text)
        return self
