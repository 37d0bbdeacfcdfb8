"""What is left to the dice?"""

import random
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OneOf:
    """An argument drawn from a few."""

    choices: tuple[Any, ...]

    def draw(self, dice: random.Random) -> Any:
        """Return one of them."""
        return dice.choice(self.choices)


@dataclass(frozen=True)
class Between:
    """A number drawn from a range."""

    least: float
    most: float

    def draw(self, dice: random.Random) -> float:
        """Return one with three digits."""
        return round(dice.uniform(self.least, self.most), 3)


def one_of(*choices: Any) -> OneOf:
    """Return an argument drawn from `choices`."""
    return OneOf(choices)


def dice_of(seed: int, number: int) -> random.Random:
    """Return the dice of one cycle: they do not depend on the cycles before it."""
    return random.Random(f"{seed}/{number}")  # noqa: S311 - which fault, not a secret
