"""How are good inputs of the simulated exchange spoiled, the same way for the same seed?"""

import random
import resource
from collections import Counter
from collections.abc import Callable, Sequence

TOKENS = (
    b"null", b"true", b"-1", b"0", b"1e999", b"-1e-999", b"NaN", b"Infinity", b"9" * 50,
    b"0.00000000000000000001", b"[]", b"{}", b"[[[[[[[[[[", b'""', b'"\\ud800"', b"\x00",
    b"\xff\xfe", b"%00", b"&", b"=", b"+5%", b"#1%", b"\xe2\x80\xae", b"9999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00+14:00", b"2026-01-02T03:04:05", b"\r\n", b"---", b"*a", b"&a", b"!!x",
)  # fmt: skip
"""What parsers have choked on before."""
INPUT_MAX = 16_384
GROWTH_MAX_KIB = 96 * 1024
"""How much the process may grow while it reads any number of inputs."""


def mutated(dice: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Return a good input with a few things done to it."""
    body = bytearray(dice.choice(corpus))
    for _ in range(dice.randint(1, 4)):
        _spoil(dice, body, corpus)
    return bytes(body[:INPUT_MAX])


def _spoil(dice: random.Random, body: bytearray, corpus: Sequence[bytes]) -> None:
    begin = dice.randrange(len(body) + 1)
    end = min(len(body), begin + dice.randint(0, 12))
    match dice.randrange(7):
        case 0:
            del body[begin:end]
        case 1:
            body[begin:begin] = body[begin:end] * dice.randint(1, 50)
        case 2:
            body[begin:end] = dice.choice(TOKENS)
        case 3:
            body[begin:begin] = dice.randbytes(dice.randint(1, 8))
        case 4:
            del body[begin:]
        case 5:
            other = dice.choice(corpus)
            body[begin:end] = other[dice.randrange(len(other)) :][:40]
        case _:
            _respell_a_number(dice, body)


def _respell_a_number(dice: random.Random, body: bytearray) -> None:
    places = [index for index, byte in enumerate(body) if 48 <= byte <= 57]
    if places:
        place = dice.choice(places)
        body[place : place + 1] = dice.choice((b"-", b"9" * 20, b"0", b".", b"e9", b"'1'", b""))


def run(
    seed: int, count: int, corpus: Sequence[bytes], read: Callable[[bytes], str]
) -> Counter[str]:
    """Return how often each outcome came; what `read` raises is a crash and gets through.

    The unspoiled corpus is read first. Raises `MemoryError` if the process grows beyond bounds.
    """
    dice = random.Random(seed)  # noqa: S311 - a test
    outcomes = Counter(read(body) for body in corpus)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(count):
        body = mutated(dice, corpus)
        try:
            outcomes[read(body)] += 1
        except Exception as crash:
            crash.add_note(f"seed {seed}: {body!r}")
            raise
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if grown > GROWTH_MAX_KIB:
        raise MemoryError(f"seed {seed}: {count} inputs took {grown} KiB")
    return outcomes
