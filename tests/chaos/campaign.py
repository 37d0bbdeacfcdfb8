"""How do many cycles run on a few pairs, and what came of all of them?"""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from s1mpletrader.errors import S1mpleTraderError
from tests.chaos import scenario
from tests.chaos.host_watch import HostWatch
from tests.chaos.run import Life, Outcome
from tests.chaos.sabotages import Sabotage
from tests.chaos.scenario import Cycle
from tests.rig.asking import RigError

LIFE_CYCLES = 30
"""A pair begins anew after so many: the longer its journal, the longer each start and audit."""
LONG_REST_S = 8.0
"""A rest that took so long is explained."""
UNBORN_MAX = 5
KEPT = ("engine.log", "exchange.log")


@dataclass
class Row:
    """What came of one kind."""

    cycles: int = 0
    hit: int = 0
    """Cycles in which every fault of the kind hit."""
    kills: int = 0
    longest_s: float = 0.0
    halts: Counter[str] = field(default_factory=Counter)
    broken: int = 0


@dataclass
class Tally:
    """What came of everything."""

    rows: dict[str, Row] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    """By the simulator's kinds."""
    broken: list[str] = field(default_factory=list)
    took_s: float = 0.0
    stalled_s: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count a cycle."""
        row = self.rows.setdefault(outcome.cycle.kind, Row())
        row.cycles += 1
        row.hit += outcome.is_hit
        row.kills += outcome.cycle.is_killed
        row.longest_s = max(row.longest_s, outcome.rest_s)
        row.halts.update(outcome.halts)
        row.broken += bool(outcome.broken)
        self.hits += outcome.hits
        self.stalled_s = max(self.stalled_s, outcome.stalled_s)
        self.broken += outcome.broken


class Campaign:
    """Draws, hands out, counts."""

    def __init__(self, work: Path, failures: Path, tell: Callable[[str], None]) -> None:
        self._work = work
        self._failures = failures
        self._tell = tell
        self._lock = threading.Lock()
        self._host = HostWatch(work / "host-watch")
        self._unborn = 0
        self.tally = Tally()

    def run(
        self,
        cycles: list[Cycle],
        *,
        pairs: int,
        sabotage: Sabotage | None = None,
        impatient: bool = False,
    ) -> Tally:
        """Live all cycles on `pairs` pairs at a time; `impatient`: the first violation ends it."""
        began = time.monotonic()
        queue = list(reversed(cycles))

        def work(number: int) -> None:
            lives = 0
            while queue and not (impatient and self.tally.broken) and self._unborn < UNBORN_MAX:
                lives += 1
                self._live(f"{number}-{lives}", queue, sabotage)

        self._host.start()
        try:
            with ThreadPoolExecutor(pairs) as pool:
                for done in [pool.submit(work, number) for number in range(pairs)]:
                    done.result()
        finally:
            self._host.stop()
        self.tally.took_s = time.monotonic() - began
        return self.tally

    def _live(self, name: str, queue: list[Cycle], sabotage: Sabotage | None) -> None:
        seed = queue[-1].seed if queue else 0
        name_of = "honest" if sabotage is None else sabotage.patch.__name__
        life = Life(self._work / name, self._host, seed=seed, sabotage=name_of)
        if sabotage is not None:
            life.pair.patience.update(sabotage.patience)
        try:
            if not self._begins(life):
                return
            for _ in range(LIFE_CYCLES):
                try:
                    cycle = queue.pop()
                except IndexError:
                    return
                outcome = life.live(cycle)
                self._note(name, outcome)
                if outcome.broken:
                    self._keep(life, cycle)
                    return
        finally:
            life.end()
            shutil.rmtree(self._work / name, ignore_errors=True)

    def _begins(self, life: Life) -> bool:
        """Start a pair; one that does not come up in time is a failure, but only its own."""
        try:
            life.begin()
        except (RigError, S1mpleTraderError, OSError) as problem:
            with self._lock:
                self._unborn += 1
                self.tally.broken.append(f"rest: a pair did not begin: {problem}"[:2000])
                self._tell(f"  BROKEN {self.tally.broken[-1]}")
            return False
        return True

    def _note(self, name: str, outcome: Outcome) -> None:
        cycle = outcome.cycle
        kill = f" + {cycle.kill.whom}" if cycle.kill is not None else ""
        halts = ", ".join(sorted(outcome.halts)) or "none"
        hit = "hit" if outcome.is_hit else "NOT HIT"
        with self._lock:
            self.tally.add(outcome)
            self._tell(
                f"{cycle.number:4} pair {name}: {cycle.kind}{kill}: {hit},"
                f" rest after {outcome.rest_s:.1f} s of {outcome.took_s:.1f} s, halts {halts}"
            )
            if outcome.rest_s > LONG_REST_S:
                self._tell(f"  waited for {outcome.waited_for.most_common(3)}")
            for each in outcome.broken:
                self._tell(f"  BROKEN {each}")

    def _keep(self, life: Life, cycle: Cycle) -> None:
        """Keep what explains a failure, and say how to see it again."""
        directory = self._failures / f"seed-{cycle.seed}-cycle-{cycle.number}"
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / "cycle.json"
        scenario.save(cycle, path)
        home = life.pair.rig.directory
        for name in KEPT:
            shutil.copy(home / name, directory / name)
        shutil.copytree(home / "engine" / "journal", directory / "journal", dirs_exist_ok=True)
        self._tell(f"  again: python -m tests.chaos --replay {path}")
