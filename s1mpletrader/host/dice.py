"""What is left to chance?

The only module of the engine that draws random numbers; everything else takes them as arguments.
"""

import secrets

JITTER_STEPS = 1 << 53


def jitter() -> float:
    """Return a number in [0, 1), to spread retries."""
    return secrets.randbelow(JITTER_STEPS) / JITTER_STEPS


def start_bits() -> int:
    """Return the 16 random bits that tell two starts with one epoch apart (SAFETY O9)."""
    return secrets.randbits(16)


def run_seed() -> int:
    """Return the seed of a run's ids: 63 bits, so that it fits a JSON integer (SAFETY R1)."""
    return secrets.randbits(63)
