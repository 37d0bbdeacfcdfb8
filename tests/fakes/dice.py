"""Which unkindness comes next?

Every draw has a name and depends on nothing else: one more question never shifts the others, so a
crashed and restarted run meets the same world.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws by name, from a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def number(self, name: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both possible."""
        digest = hashlib.blake2b(f"{self.seed}:{name}".encode(), digest_size=8).digest()
        return low + int.from_bytes(digest) % (high - low + 1)

    def chance(self, name: str, percent: int) -> bool:
        """Return True in `percent` of 100 cases."""
        return self.number(name, 1, 100) <= percent

    def pick(self, name: str, options: Sequence[T]) -> T:
        """Return one of `options`."""
        return options[self.number(name, 0, len(options) - 1)]
