"""How does a pair live through a cycle?"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from s1mpletrader.core.gate import HALT_KINDS, Clears
from s1mpletrader.core.ledger import AggregatedLedger
from s1mpletrader.errors import ConfigurationError, NotRunning
from s1mpletrader.simulator.faults import FaultSpec
from tests.chaos import allowed, judge
from tests.chaos.bookkeeper import Bookkeeper
from tests.chaos.kinds import BY_NAME
from tests.chaos.pair import Pair
from tests.chaos.scenario import Cycle, Kill
from tests.chaos.witness import Witness
from tests.rig.asking import RigError
from tests.rig.comparison import differences

HIT_WITHIN_S = 3.0
STEP_S = 0.02


@dataclass
class Outcome:
    """What became of a cycle."""

    cycle: Cycle
    hits: int = 0
    rest_s: float = 0.0
    took_s: float = 0.0
    halts: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)


class Life:
    """A pair from its first start to its end, and everybody who watches it."""

    def __init__(self, directory: Path, *, seed: int, sabotage: str = "honest") -> None:
        self.pair = Pair(directory, seed=seed, sabotage=sabotage)
        self.witness = Witness(self.pair.rig.state / "journal")
        self.bookkeeper: Bookkeeper | None = None

    def begin(self) -> None:
        """Start everything."""
        self.pair.start()
        self.bookkeeper = Bookkeeper(self.pair.rig.port)

    def end(self) -> None:
        """Leave nothing running."""
        if self.bookkeeper is not None:
            self.bookkeeper.close()
        self.pair.close()

    def live(self, cycle: Cycle) -> Outcome:
        """Carry out a cycle and judge it."""
        began = time.monotonic()
        outcome = Outcome(cycle)
        self.witness.begin()
        try:
            ids = self._break(cycle, outcome)
            self._heal(ids)
            healed, healed_us = time.monotonic(), self.pair.now_us()
            self._rest(cycle, healed_us)
            outcome.rest_s = time.monotonic() - healed
            audit = self.pair.rig.control.audit()
            self.witness.follow()
            outcome.broken += judge.violations(cycle, self.witness, audit)
            outcome.broken += self._second_opinion()
            self._resume_trading()
        except (RigError, NotRunning, ConfigurationError, OSError) as problem:
            outcome.broken.append(f"rest: {type(problem).__name__}: {problem}"[:2000])
        outcome.halts = {each.reason for each in self.witness.news.halts}
        outcome.took_s = time.monotonic() - began
        return outcome

    def _break(self, cycle: Cycle, outcome: Outcome) -> list[int]:
        control = self.pair.rig.control
        control.resume()
        time.sleep(cycle.lead_s)
        specs = [msgspec.convert(each, FaultSpec) for each in cycle.faults]
        ids = [control.add_fault(spec).id for spec in specs]
        if BY_NAME[cycle.kind].awaits_hit:
            outcome.hits = self._wait_hit(ids[-1])
        else:
            outcome.hits = 1
        began = time.monotonic()
        if cycle.kill is not None:
            self._kill(cycle.kill)
        time.sleep(max(0.0, cycle.lasts_s - (time.monotonic() - began)))
        return ids

    def _wait_hit(self, fault_id: int) -> int:
        deadline = time.monotonic() + HIT_WITHIN_S
        while time.monotonic() < deadline:
            hits = self.pair.rig.control.fault(fault_id).hits
            if hits:
                return hits
            time.sleep(STEP_S)
        return 0

    def _kill(self, kill: Kill) -> None:
        pair, rig = self.pair, self.pair.rig
        time.sleep(kill.delay_s)
        if kill.whom in {"engine", "both"}:
            rig.kill_engine()
        if kill.whom in {"exchange", "both"}:
            rig.kill_exchange()
        if kill.whom == "stop":
            code = rig.stop_engine()
            if code:
                raise RigError(f"the engine stopped with {code}")
        time.sleep(kill.down_s)
        if kill.whom in {"exchange", "both"}:
            pair.start_exchange()
        if kill.whom != "exchange":
            rig.start_engine()

    def _heal(self, ids: list[int]) -> None:
        known = {fault.id for fault in self.pair.rig.control.faults()}
        for fault_id in known & set(ids):
            self.pair.rig.control.remove(fault_id)
        self.pair.rig.control.pause()

    def _rest(self, cycle: Cycle, healed_us: int) -> None:
        """Wait until nothing is under way, both books agree, and a look begun since agrees."""
        whom = None if cycle.kill is None else cycle.kill.whom
        longest_s = allowed.longest_s(cycle.kind, whom)
        deadline = time.monotonic() + longest_s
        has_asked = False
        while True:
            why = self._unrest(self.pair.status())
            if not why and self.witness.books.agreed_us >= healed_us:
                return
            if not why and not has_asked:
                has_asked = True
                self.pair.tell("reconcile")
            if time.monotonic() > deadline:
                why = why or "no look agreed since the fault was healed"
                raise RigError(f"not at rest within {longest_s:.1f} s: {why}")
            time.sleep(STEP_S)

    def _unrest(self, status: dict[str, Any] | None) -> str:
        if status is None:
            engine = self.pair.rig.engine
            code = None if engine is None else engine.poll()
            if code is not None:
                raise RigError(f"the engine ended with {code}: {self.last_words()}")
            return "the engine does not answer"
        waits = [halt for halt in status["halts"] if not _is_for_a_person(halt["reason"])]
        if status["state"] not in {"trading", "halted"} or waits:
            return f"{status['state']}: {status['reasons']}"
        audit, books = self.pair.rig.control.audit(), self.witness.follow()
        if any(order.is_in_doubt for order in books.live_orders()):
            return "an order is in doubt"
        if any(books.trades[each].is_exit_wanted for each in books.open_trades):
            return "a trade is being closed"
        found = differences(books, audit)
        return "; ".join(found[:5])

    def _second_opinion(self) -> list[str]:
        books = self.witness.books
        executed = {
            str(order.txid): order.executed for order in books.orders.values() if order.txid
        }
        totals = AggregatedLedger(books.ledgers.values()).totals()
        assert self.bookkeeper is not None
        found = self.bookkeeper.disagreements(executed, {str(k): v for k, v in totals.items()})
        return [f"second oracle: {each}" for each in found]

    def _resume_trading(self) -> None:
        if self.witness.books.halts:
            self.pair.tell("resume")
            self.pair.rig.wait_trading(allowed.BUSY_S)

    def last_words(self) -> str:
        """Return the end of the engine's log."""
        return self.pair.rig.log("engine.log")[-1500:]


def _is_for_a_person(reason: str) -> bool:
    return HALT_KINDS[reason] not in {Clears.ITSELF, Clears.FLAT}
