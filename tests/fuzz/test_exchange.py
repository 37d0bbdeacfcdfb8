"""Does everything that comes from the exchange end as a value or as the one typed error?

A million by hand: `S1MPLETRADER_FUZZ=1000000 pytest tests/fuzz/test_exchange.py`.
"""

import os
import tracemalloc
from collections.abc import Callable

import pytest

from tests.fuzz import exchange_books, exchange_frames, exchange_rest
from tests.fuzz.mutation import Outcome, fuzz_with

INPUTS = int(os.environ.get("S1MPLETRADER_FUZZ", "20000"))
SEED = 20_260_505
MEMORY_MAX = 64 * 2**20
PARSERS: dict[str, tuple[Callable[[int, int], Outcome], int]] = {
    "frames": (exchange_frames.fuzz, INPUTS * 2 // 5),
    "REST bodies": (exchange_rest.fuzz, INPUTS * 2 // 5),
    "books": (exchange_books.fuzz, INPUTS // 5),
}


@pytest.mark.parametrize("name", PARSERS)
def test_a_few_damaged_inputs_are_read_or_refused(name: str) -> None:
    fuzz, _ = PARSERS[name]
    outcome = fuzz(SEED, 400)
    assert outcome.read > 0
    assert outcome.refused > 0


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", PARSERS)
def test_damaged_inputs_are_read_or_refused_in_bounded_memory(name: str) -> None:
    fuzz, count = PARSERS[name]
    tracemalloc.start()
    try:
        outcome = fuzz(SEED, count)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert min(outcome) > count // 10
    assert peak < MEMORY_MAX


def test_an_input_that_is_not_handled_is_told_with_its_seed() -> None:
    def careless(data: bytes) -> None:
        data.decode("ascii")

    with pytest.raises(AssertionError, match=f"of seed {SEED}"):
        fuzz_with(careless, (b"\xff",), SEED, 10)
