"""How are good inputs of the simulated exchange spoiled, the same way for the same seed?"""

import copy
import json
import random
import resource
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

TOKENS = (
    b"null", b"true", b"-1", b"0", b"1e999", b"-1e-999", b"NaN", b"Infinity", b"9" * 50,
    b"0.00000000000000000001", b"[]", b"{}", b"[[[[[[[[[[", b'""', b'"\\ud800"', b"\x00",
    b"\xff\xfe", b"%00", b"&", b"=", b"+5%", b"#1%", b"\xe2\x80\xae", b"9999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00+14:00", b"2026-01-02T03:04:05", b"\r\n", b"---", b"*a", b"&a", b"!!x",
)  # fmt: skip
"""What parsers have choked on before."""
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.5, 2**63, 2**64, -(2**70), 1e300, 1e-300, "", "x", "0", "-1",
    "1e999", "NaN", "inf", "\x00", "\ud800", "x" * 300, [], [[]], {}, {"a": {}}, ["a", 1, None],
    [{}], "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", 253402300800, -62135596801, "+5%",
    "+60", "OABCDE-FGHIJ-KLMNOP", "BTC/USD", "limit", "pct", 10**30, "1" * 40, "٣", "1_000",
)  # fmt: skip
"""Values of every kind where another kind belongs."""
VALUES_SHARE, REMOVED_SHARE, STOP_SHARE = 0.6, 0.2, 0.2
INPUT_MAX = 16_384
GROWTH_MAX_KIB = 96 * 1024
"""How much the process may grow while it reads any number of inputs."""


def mutated(dice: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Return a good input with a few things done to it: to its values, or to its bytes."""
    body = bytearray(dice.choice(corpus))
    if body[:1] == b"{" and dice.random() < VALUES_SHARE:
        return _with_other_values(dice, bytes(body))[:INPUT_MAX]
    for _ in range(dice.randint(1, 4)):
        _spoil(dice, body, corpus)
    return bytes(body[:INPUT_MAX])


def _with_other_values(dice: random.Random, body: bytes) -> bytes:
    """Return JSON that is still JSON, with one to three of its values replaced or removed."""
    top = json.loads(body)
    for _ in range(dice.randint(1, 3)):
        inner, place = _somewhere(dice, top)
        if inner is None:
            break
        if dice.random() < REMOVED_SHARE:
            del inner[place]
        else:
            inner[place] = copy.deepcopy(dice.choice(VALUES))
    return json.dumps(top).encode()


def _somewhere(dice: random.Random, top: Any) -> tuple[Any, Any]:
    inner, place, current = None, None, top
    while isinstance(current, dict | list) and current:
        inner = current
        place = dice.choice(list(current)) if isinstance(current, dict) else 0
        current = current[place]
        if dice.random() < STOP_SHARE:
            break
    return inner, place


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
