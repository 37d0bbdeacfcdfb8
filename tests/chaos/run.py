"""How does a pair live through a cycle?"""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s1mpletrader.core.gate import HALT_KINDS, Clears
from s1mpletrader.core.ledger import AggregatedLedger
from s1mpletrader.errors import ConfigurationError, NotRunning
from tests.chaos import allowed, judge
from tests.chaos.bookkeeper import Bookkeeper
from tests.chaos.breaking import STEP_S, Breaker
from tests.chaos.host_watch import HostWatch
from tests.chaos.kinds import BY_NAME
from tests.chaos.pair import Pair
from tests.chaos.scenario import Cycle
from tests.chaos.witness import Witness
from tests.rig.asking import RigError, wait_for
from tests.rig.comparison import differences

RESTARTS_MAX = 4
"""How often a person starts an engine again that was fenced."""
RESTART_PAUSE_S = 1.0
NOTICED_S = 12.0
"""A danger that is not told of within this is not told of."""
WAITED_FOR_LENGTH = 100


@dataclass
class Outcome:
    """What became of a cycle."""

    cycle: Cycle
    hits: Counter[str] = field(default_factory=Counter)
    """By the simulator's kinds."""
    rest_s: float = 0.0
    took_s: float = 0.0
    stalled_s: float = 0.0
    """How long the host gave no processor or no disk."""
    waited_for: Counter[str] = field(default_factory=Counter)
    """What was still under way, and how often it was when asked."""
    halts: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    @property
    def is_hit(self) -> bool:
        """Whether the fault of the cycle, the last one if there are several, hit."""
        return self.hits[self.cycle.faults[-1]["kind"]] > 0


class Life:
    """A pair from its first start to its end, and everybody who watches it."""

    def __init__(
        self, directory: Path, host: HostWatch, *, seed: int, sabotage: str = "honest"
    ) -> None:
        self._host = host
        self.pair = Pair(directory, seed=seed, sabotage=sabotage)
        self.witness = Witness(self.pair.rig.state / "journal")
        self._breaker = Breaker(self.pair)
        self._bookkeeper: Bookkeeper | None = None
        self._restarts = 0

    def begin(self) -> None:
        """Start everything."""
        self.pair.start()
        self._bookkeeper = Bookkeeper(self.pair.rig.port)

    def end(self) -> None:
        """Leave nothing running."""
        if self._bookkeeper is not None:
            self._bookkeeper.close()
        self.pair.close()

    def live(self, cycle: Cycle) -> Outcome:
        """Carry out a cycle and judge it."""
        began = time.monotonic()
        outcome = Outcome(cycle)
        self._restarts = 0
        self.witness.begin()
        before, begin_us = self.pair.status() or {}, self.pair.now_us()
        try:
            self._breaker.carry_out(cycle)
            self._wait_noticed(cycle)
            outcome.hits = self._breaker.hits
            self._breaker.heal()
            healed, healed_us = time.monotonic(), self.pair.now_us()
            self._rest(cycle, outcome, healed_us)
            outcome.rest_s = time.monotonic() - healed
            audit = self.pair.rig.control.audit("main")
            self.witness.follow()
            outcome.stalled_s = self._host.stalled_s(began)
            outcome.broken += judge.violations(cycle, self.witness, audit, outcome.stalled_s)
            window_us = begin_us, self.pair.now_us()
            outcome.broken += self._blindness(cycle, audit, before, window_us, began)
            outcome.broken += self._second_opinion()
            self._breaker.clear_away()
            self._resume_trading()
        except (RigError, NotRunning, ConfigurationError, OSError) as problem:
            outcome.broken.append(f"rest: {type(problem).__name__}: {problem}"[:2000])
            self.witness.follow()
        is_late = cycle.kind in allowed.LINGERS
        self.witness.lingering = allowed.explains(cycle, 0) if is_late else frozenset()
        self.witness.lingering_skew_s = cycle.skew_s
        outcome.halts = {each.reason for each in self.witness.news.halts}
        outcome.took_s = time.monotonic() - began
        return outcome

    def _wait_noticed(self, cycle: Cycle) -> None:
        """Leave the fault alone until what must be noticed was, or it is too late."""
        expected, deadline = allowed.ALLOWED[cycle.kind].expected, time.monotonic() + NOTICED_S
        while expected and cycle.kill is None and time.monotonic() < deadline:
            self.witness.follow()
            if expected <= {halt.reason for halt in self.witness.news.halts}:
                return
            time.sleep(STEP_S)

    def _rest(self, cycle: Cycle, outcome: Outcome, healed_us: int) -> None:
        """Wait until nothing is under way, both books agree, and a look begun since agrees."""
        began = time.monotonic()
        has_asked = BY_NAME[cycle.kind].is_found_by_itself
        while True:
            why = self._unrest(cycle, self.pair.status())
            outcome.waited_for[why[:WAITED_FOR_LENGTH]] += 1
            if not why and self.witness.books.agreed_us >= healed_us:
                return
            if not why and not has_asked:
                has_asked = self.pair.ask_for_look()
            longest_s = allowed.longest_s(cycle, self._host.stalled_s(began))
            if time.monotonic() > began + longest_s:
                why = why or "no look agreed since the fault was healed"
                raise RigError(f"not at rest within {longest_s:.1f} s: {why}")
            time.sleep(STEP_S)

    def _unrest(self, cycle: Cycle, status: dict[str, Any] | None) -> str:
        """Return what is still under way; empty if nothing is."""
        if status is None:
            self._restart_if_ended(cycle)
            return "the engine does not answer"
        waits = [halt for halt in status["halts"] if not _is_for_a_person(halt["reason"])]
        if status["state"] not in {"trading", "halted"} or waits:
            return f"{status['state']}: {status['reasons']}"
        books = self.witness.follow()
        if any(order.is_in_doubt for order in books.live_orders()):
            return "an order is in doubt"
        if any(books.trades[each].is_exit_wanted for each in books.open_trades):
            return "a trade is being closed"
        audit = self.pair.rig.control.audit("main")
        return "; ".join(differences(self.witness.follow(), audit)[:5])

    def _restart_if_ended(self, cycle: Cycle) -> None:
        """Be the person who starts a fenced engine again; every other end is a failure."""
        engine = self.pair.rig.engine
        code = None if engine is None else engine.poll()
        if code is None:
            return
        self._restarts += 1
        if code not in allowed.exits(cycle) or self._restarts > RESTARTS_MAX:
            raise RigError(f"the engine ended with {code}: {self.pair.last_words()}")
        time.sleep(RESTART_PAUSE_S)  # an epoch is a second (SAFETY F1)
        self.pair.rig.start_engine()

    def _blindness(
        self,
        cycle: Cycle,
        audit: dict[str, Any],
        before: dict[str, Any],
        window_us: tuple[int, int],
        began: float,
    ) -> list[str]:
        """Compare the time without a stop; each run counts its own, so only within one run."""
        after = self.pair.status() or {}
        if cycle.kill is not None or "pid" not in before or before["pid"] != after.get("pid"):
            return []
        accounted_s = float(after["unprotected_s"]) - float(before["unprotected_s"])
        truth = audit["accounts"]["main"]
        return list(
            judge.blindness(
                cycle, self.witness, truth, window_us, accounted_s, self._host.stalled_s(began)
            )
        )

    def _second_opinion(self) -> list[str]:
        books = self.witness.books
        executed = {
            str(order.txid): order.executed for order in books.orders.values() if order.txid
        }
        totals = AggregatedLedger(books.ledgers.values()).totals()
        assert self._bookkeeper is not None
        found = self._bookkeeper.disagreements(executed, {str(k): v for k, v in totals.items()})
        return [f"second oracle: {each}" for each in found]

    def _resume_trading(self) -> None:
        """Be the person who has understood a halt: it ends after a look that agrees since."""
        if not self.witness.follow().halts:
            return

        def is_trading() -> bool:
            self.pair.tell("reconcile")
            self.pair.tell("resume")
            status = self.pair.status()
            return status is not None and status["state"] == "trading"

        wait_for("trading after `resume`", is_trading, allowed.BUSY_S)


def _is_for_a_person(reason: str) -> bool:
    return HALT_KINDS[reason] not in {Clears.ITSELF, Clears.FLAT}
