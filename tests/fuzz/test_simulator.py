"""Do the simulated exchange's parsers survive whatever is sent to them?

A million by hand: `S1MPLETRADER_FUZZ=1000000 pytest tests/fuzz/test_simulator.py`.
"""

import os
from collections import Counter
from collections.abc import Callable

import pytest

from tests.fuzz import simulator_control, simulator_files, simulator_mutation
from tests.fuzz import simulator_rest as rest
from tests.fuzz import simulator_ws as ws

INPUTS = int(os.environ.get("S1MPLETRADER_FUZZ", "20000"))
FEW = 200
PARSERS: dict[str, Callable[[int, int], Counter[str]]] = {
    "rest": rest.fuzz,
    "ws": ws.fuzz,
    "control": simulator_control.fuzz,
    "files": simulator_files.fuzz,
}


@pytest.mark.parametrize("name", PARSERS)
def test_a_few_spoiled_inputs_are_read_or_refused(name: str) -> None:
    outcomes = PARSERS[name](1, FEW)
    assert outcomes.total() >= FEW
    assert len(outcomes) > 1, "some are read, some are refused"


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", PARSERS)
def test_no_spoiled_input_breaks_a_parser(name: str) -> None:
    outcomes = PARSERS[name](20261121, INPUTS // len(PARSERS))
    assert outcomes.total() >= INPUTS // len(PARSERS)


def test_the_same_seed_spoils_the_same_way() -> None:
    assert simulator_control.fuzz(7, FEW) == simulator_control.fuzz(7, FEW)


def test_a_parser_that_breaks_is_caught() -> None:
    def broken(body: bytes) -> str:
        return str(body.decode())

    with pytest.raises(UnicodeDecodeError) as caught:
        simulator_mutation.run(1, FEW, (b"abcdef",), broken)
    assert "seed 1" in caught.value.__notes__[0]
