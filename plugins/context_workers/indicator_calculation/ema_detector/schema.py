"""How is the `ema_detector` set up?"""

from typing import Self

from pydantic import Field, model_validator

from s1mpletrader.plugin import WorkerParams

PERIOD_MAX = 1_000


class EmaParams(WorkerParams, frozen=True):
    """Two periods, in bars."""

    fast: int = Field(default=10, ge=1, le=PERIOD_MAX)
    slow: int = Field(default=30, ge=2, le=PERIOD_MAX)

    @model_validator(mode="after")
    def fast_is_faster(self) -> Self:
        """Refuse a pair that could never cross the right way."""
        if self.fast >= self.slow:
            text = f"fast ({self.fast}) must be below slow ({self.slow})"
            raise ValueError(text)
        return self
