"""Where could the process die, and what is left of it there?

A life is lived once while every point where it could end is copied (world and disk); then each
copy is recovered by the ordinary start and driven to rest. A point is before and after every send,
at every write and before every sync, with every part of a batch of groups written.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from s1mpletrader.core import journal
from s1mpletrader.errors import S1mpleTraderError
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND
from s1mpletrader.persistence.journal_file import JournalFile
from tests.crash.scenarios import Scenario
from tests.crash.verdict import violations
from tests.crash.world import Witness, World
from tests.durable.crash_disk import CrashDisk, Image
from tests.fakes.disk import Left, WatchedDisk
from tests.fakes.engine import DIRECTORY, SEGMENT_SIZE, Engine, Flush
from tests.fakes.temper import Temper

REST_STEPS_MAX = 120
"""How often 5 s are given to come to rest."""
LOOKS_AT_REST = 2
KILL_DOWN_US = 1 * SECOND
POWER_DOWN_US = 20 * SECOND


@dataclass(frozen=True)
class Crash:
    """A world without its process, and what its disk holds."""

    point: str
    left: Left
    world: bytes
    image: Image


@dataclass
class Report:
    """What was tried and found."""

    points: int = 0
    states: int = 0
    bytes_torn: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Sum up."""
        self.points += other.points
        self.states += other.states
        self.bytes_torn += other.bytes_torn
        self.broken += other.broken

    def __str__(self) -> str:
        return (
            f"{self.points} crash points, {self.states} distinct states, "
            f"{self.bytes_torn} torn bytes, {len(self.broken)} violations"
        )


class Recorder(Witness):
    """Copies the world at every point; `writes` keeps each write for tearing it byte by byte."""

    def __init__(self) -> None:
        self.crashes: list[Crash] = []
        self.writes: list[tuple[Image, Path, bytes]] = []
        self._world: World
        self._disk: WatchedDisk

    def watch(self, world: World, engine: Engine) -> None:
        """Learn who is watched."""
        self._world, self._disk = world, engine.disk

    def passes(self, point: str) -> None:
        """Copy the world beside a send: everything that left is durable by then."""
        self._copy(point, None, b"", (Left.SEEN, Left.NOTHING))

    def disk_changes(self, what: str, path: Path | None, data: bytes) -> None:
        """Copy the world before a change of the disk, and with each part of a write done."""
        self._copy(f"before {what}", path, b"", tuple(Left))
        if path is None or not data:
            return
        self.writes.append((self._disk.left(Left.SEEN), path, data))
        end = 0
        while (mark := journal.find_mark(data, end)) is not None:
            while (line := data.find(b"\n", end, mark.end - 1) + 1) > 0:
                end = line
                self._copy(f"{end} bytes into a write", path, data[:end], (Left.SEEN,))
            end = mark.end
            self._copy(f"{end} bytes into a write", path, data[:end], (Left.SEEN, Left.HALF))

    def _copy(self, point: str, path: Path | None, torn: bytes, lefts: tuple[Left, ...]) -> None:
        frozen = self._world.frozen()
        for left in lefts:
            self.crashes.append(Crash(point, left, frozen, self._disk.left(left, path, torn)))


def live(world: World, witness: Witness) -> tuple[Engine | None, list[str]]:
    """Boot an engine and let it live to the end of the script and come to rest."""
    try:
        engine = world.boot_engine(witness)
        world.run(engine, world.ends_us)
        settle(world, engine)
    except S1mpleTraderError as error:
        return None, [f"the engine died of {type(error).__name__}: {error}"]
    return engine, []


def settle(world: World, engine: Engine) -> None:
    """Wait until nothing is to be done, and two looks begun after that agree; all is written."""
    _rest(world, engine)
    engine.handle(Flush())


def _rest(world: World, engine: Engine) -> None:
    asked, agreed = -1, 0
    for _ in range(REST_STEPS_MAX):
        world.run(engine, max(world.timeline.now_us + 5 * SECOND, world.exchange.hides_until_us))
        if not _is_at_rest(world, engine):
            asked, agreed = -1, 0
            continue
        agreed += 0 <= asked <= engine.trader.books.agreed_us
        if agreed == LOOKS_AT_REST:
            return
        engine.take(inputs.OperatorCommand("reconcile", "harness"))
        asked = world.timeline.now_us


def _is_at_rest(world: World, engine: Engine) -> bool:
    books = engine.trader.books
    return (
        engine.trader.memory.has_agreed
        and world.timeline.now_us >= world.exchange.hides_until_us
        and world.exchange.venue.is_settled
        and all(order.is_open_quantity_known for order in books.live_orders())
        and not any(books.trades[each].is_exit_wanted for each in books.open_trades)
    )


def recover(crash: Crash, witness: Witness) -> list[str]:
    """Restart on what a crash left; return the broken promises."""
    world = World.thawed(crash.world)
    world.image = crash.image
    now = world.timeline.now_us
    world.exchange.hang_up()
    is_kill = crash.left is Left.SEEN
    world.boot += 0 if is_kill else 1
    world.run(None, now + (KILL_DOWN_US if is_kill else POWER_DOWN_US))
    engine, broken = live(world, witness)
    if engine is not None:
        broken = violations(world, engine)
        engine.stop()
    return broken


def distinct(crashes: list[Crash]) -> Iterator[Crash]:
    """Yield one crash for each distinct pair of world and recovered journal."""
    seen: set[bytes] = set()
    for crash in crashes:
        head = recovered(crash.image).head.encode()
        is_kill = crash.left is Left.SEEN
        key = hashlib.sha256(crash.world + head + (b"k" if is_kill else b"p")).digest()
        if key not in seen:
            seen.add(key)
            yield crash


def recovered(image: Image) -> JournalFile:
    """Return the journal after its recovery from an image, closed."""
    file = JournalFile.open(
        DIRECTORY, CrashDisk(image), version="test", create=True, segment_size=SEGMENT_SIZE
    )
    file.close()
    return file


def explore(
    scenario: Scenario,
    seed: int,
    temper: Temper,
    *,
    stride: int = 1,
    nested_stride: int = 0,
    is_impatient: bool = False,
) -> Report:
    """Crash a life at every `stride`-th state, and each recovery at every `nested_stride`-th.

    `is_impatient`: the first violation is enough.
    """
    report, name = Report(), f"{scenario.name}, seed {seed}"
    world, recorder = World(scenario, seed, temper), Recorder()
    engine, broken = live(world, recorder)
    if engine is not None:
        broken = violations(world, engine)
    report.broken += [f"{name}, uninterrupted: {each}" for each in broken]
    report.points = len(recorder.crashes)
    for index, crash in enumerate(distinct(recorder.crashes)):
        if index % stride:
            continue
        if is_impatient and report.broken:
            break
        report.states += 1
        again = Recorder() if nested_stride else Witness()
        broken = recover(crash, again)
        where = f"{name}, {index}: {crash.left} {crash.point}"
        report.broken += [f"{where}: {each}" for each in broken]
        if isinstance(again, Recorder):
            report.points += len(again.crashes)
            for nested, second in enumerate(distinct(again.crashes)):
                if (nested + index) % nested_stride:
                    continue
                report.states += 1
                broken = recover(second, Witness())
                deeper = f"{where}, then {nested}: {second.left} {second.point}"
                report.broken += [f"{deeper}: {each}" for each in broken]
    return report


def tear(recorder: Recorder, stride: int = 1) -> Report:
    """Tear every write after every byte: recovery keeps exactly the whole groups before it."""
    report = Report()
    for image, path, data in recorder.writes:
        if path.suffix != ".jsonl":
            continue
        before = recovered(image).next_number
        ends = list(_ends(data))
        for size in range(0, len(data) + 1, stride):
            files = {**image.files, path: image.files[path] + data[:size]}
            found = recovered(Image(files, image.directories)).next_number
            report.bytes_torn += 1
            expected = before + sum(end <= size for end in ends)
            if found != expected:
                report.broken.append(f"{size} bytes of a write: {found} is next, not {expected}")
    return report


def _ends(data: bytes) -> Iterator[int]:
    end = 0
    while (mark := journal.find_mark(data, end)) is not None:
        end = mark.end
        yield end
