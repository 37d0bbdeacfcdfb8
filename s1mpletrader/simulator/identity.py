"""What are things called here?"""

import base64
import hashlib
from collections import Counter


class Ids:
    """Ids in the exchange's shape, drawn from a seed: `OABCDE-FGHIJ-KLMNOP`."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn: Counter[str] = Counter()

    def number(self, kind: str) -> int:
        """Return the next number of a kind, from 1."""
        self._drawn[kind] += 1
        return self._drawn[kind]

    def new(self, prefix: str) -> str:
        """Return the next id: one letter and 16 base32 digits in groups of 5, 5 and 6."""
        text = f"{self._seed}:{prefix}:{self.number(prefix)}"
        digits = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()
        return f"{prefix}{digits[:5]}-{digits[5:10]}-{digits[10:16]}"
