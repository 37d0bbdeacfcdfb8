"""What do all configuration values share?

They are immutable, know all their keys, and keep numbers as written: the loader hands every plain
scalar over as text, and only true, false and null are special, so `0.10` becomes exactly that
Decimal and `no` never becomes a boolean by accident.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def like(pattern: str, example: str) -> AfterValidator:
    """Return a check that refuses text of another shape and shows `example`."""
    shape = re.compile(pattern)

    def check(text: str) -> str:
        if shape.fullmatch(text) is None:
            raise ValueError(f'"{text}" does not look like {example}')
        return text

    return AfterValidator(check)


Identifier = Annotated[str, like(r"[A-Za-z][A-Za-z0-9_]{0,63}", "a_name_1")]
"""The name of a thing; it may become part of an event's name and of a path."""


class ConfigModel(BaseModel):
    """A part of the configuration: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
