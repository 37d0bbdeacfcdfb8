"""Can any tape, scenario, feed or log be more than read or refused with words?"""

import zlib
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from s1mpletrader.errors import ConfigurationError, ExchangeProtocolError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.simulator import event_log, feed, scenario, tape
from s1mpletrader.simulator.commands import Command, Transfer, UseNonce
from tests.fuzz import simulator_mutation
from tests.simulator.harness import BARS
from tests.simulator.test_feed import ROW, frame
from tests.simulator.test_scenario import GOOD

COMMANDS: tuple[Command, ...] = (
    UseNonce(Micros(1), "SIM-ENGINE", 5),
    Transfer(Micros(2), "main", Asset("BTC"), Decimal("0.5")),
)
TAPES = (BARS.encode(),)
SCENARIOS = (GOOD.encode(),)
FRAMES = (frame(ROW, ROW).encode(), b'{"channel":"heartbeat"}')
LINES = tuple(event_log.as_line(1, each)[9:-1] for each in COMMANDS)
"""Without checksum and line feed, which would refuse whatever is spoiled."""


def read_tape(body: bytes) -> str:
    """Read a tape and walk over its trades."""
    try:
        found = tape.read(body, Path("fuzz.csv"))
    except ConfigurationError:
        return "refused"
    for track in found.tracks.values():
        for number in (1, len(track)):
            track.tick(number)
    found.upto(found.end_us())
    return "read"


def read_scenario(body: bytes) -> str:
    """Read a scenario file."""
    try:
        scenario.read(body.decode("utf-8", errors="replace"), "fuzz.yaml")
    except ConfigurationError:
        return "refused"
    return "read"


def read_feed(body: bytes) -> str:
    """Read a frame of another exchange's feed."""
    try:
        feed.trades(body.decode("utf-8", errors="replace"))
    except ExchangeProtocolError:
        return "refused"
    return "read"


def read_line(body: bytes) -> str:
    """Read a line of the command log, its checksum being right."""
    line = b"%08x %s\n" % (zlib.crc32(body), body)
    return "refused" if event_log.read_line(line) is None else "read"


READERS: dict[str, tuple[tuple[bytes, ...], Callable[[bytes], str]]] = {
    "tape": (TAPES, read_tape),
    "scenario": (SCENARIOS, read_scenario),
    "feed": (FRAMES, read_feed),
    "log": (LINES, read_line),
}


def fuzz(seed: int, count: int) -> Counter[str]:
    """Read `count` spoiled inputs, shared by the readers; returns how often each outcome came."""
    outcomes: Counter[str] = Counter()
    for name, (corpus, read) in READERS.items():
        found = simulator_mutation.run(seed, count // len(READERS), corpus, read)
        outcomes.update({f"{name} {outcome}": number for outcome, number in found.items()})
    return outcomes
