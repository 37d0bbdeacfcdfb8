"""How is a pair broken, and how healed?"""

import signal
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from s1mpletrader.errors import NotRunning
from s1mpletrader.simulator.control_client import FaultState
from s1mpletrader.simulator.fault_specs import FaultSpec
from tests.chaos.kinds import BY_NAME
from tests.chaos.pair import Pair
from tests.chaos.scenario import Cycle, Kill
from tests.rig.asking import RigError, wait_for

HIT_WITHIN_S = 3.0
STEP_S = 0.04
MANUAL = frozenset({"manual_order", "manual_trade"})


class Breaker:
    """Orders faults, ends processes, and puts everything right again."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._known: dict[int, FaultState] = {}

    def carry_out(self, cycle: Cycle) -> None:
        """Do what the cycle says."""
        control = self._pair.rig.control
        control.resume()
        time.sleep(cycle.lead_s)
        self._known = {}
        self._order(cycle.faults)
        if BY_NAME[cycle.kind].awaits_hit:
            self._wait_hits()
        self._order(cycle.then)
        if BY_NAME[cycle.kind].pauses_market:
            control.pause()
        began = time.monotonic()
        if cycle.kill is not None:
            time.sleep(cycle.kill.delay_s)
            self._update()
            self._kill(cycle.kill)
        time.sleep(max(0.0, cycle.lasts_s - (time.monotonic() - began)))
        self._update()

    @property
    def hits(self) -> Counter[str]:
        """How often each of the exchange's kinds of fault has hit in this cycle."""
        found: Counter[str] = Counter()
        for known in self._known.values():
            found[known.spec.kind] += known.hits
        return found

    def heal(self) -> None:
        """Take everything back, and let the market stand still."""
        pair, control = self._pair, self._pair.rig.control
        if pair.rig.has_exchange_ended:
            pair.start_exchange()
        standing = {fault.id for fault in control.faults()}
        for fault_id in standing & set(self._known):
            control.remove(fault_id)
        control.cut(0, drop=False)
        control.set_status("online")
        control.pause()

    def clear_away(self) -> None:
        """Cancel what was ordered by hand, once everybody has seen it."""
        for known in self._known.values():
            if known.spec.kind == "manual_order" and known.result:
                self._pair.rig.control.cancel(known.result)

    def _order(self, faults: Iterable[dict[str, Any]]) -> None:
        for each in faults:
            ordered = self._pair.rig.control.add_fault(msgspec.convert(each, FaultSpec))
            self._known[ordered.id] = ordered

    def _wait_hits(self) -> None:
        """Wait for what must come along; what merely stands is hit by whoever meets it."""
        deadline = time.monotonic() + HIT_WITHIN_S
        while time.monotonic() < deadline:
            if all(known.hits or known.spec.mode == "standing" for known in self._known.values()):
                return
            time.sleep(STEP_S)
            self._update()

    def _update(self) -> None:
        """Learn what was hit; an exchange that is gone tells nothing, but shows its own end."""
        try:
            found = {fault.id: fault for fault in self._pair.rig.control.faults()}
        except NotRunning:
            is_dying = any(known.spec.kind == "kill" for known in self._known.values())
            if is_dying:
                wait_for("its end", lambda: self._pair.rig.has_exchange_ended, HIT_WITHIN_S)
            for fault_id, known in self._known.items():
                if known.spec.kind == "kill":
                    self._known[fault_id] = msgspec.structs.replace(known, hits=1)
            return
        self._known |= {key: found[key] for key in self._known if key in found}

    def _kill(self, kill: Kill) -> None:
        pair, rig = self._pair, self._pair.rig
        if kill.whom == "sleep":
            self._put_to_sleep(kill.down_s)
            return
        if kill.whom in {"engine", "both"}:
            rig.kill_engine()
        if kill.whom in {"exchange", "both"}:
            rig.kill_exchange()
        if kill.whom == "stop":
            code = rig.stop_engine()
            if code:
                raise RigError(f"the engine stopped with {code}: {pair.last_words()}")
        time.sleep(kill.down_s)
        if rig.has_exchange_ended:
            pair.start_exchange()
        if kill.whom != "exchange":
            rig.start_engine()

    def _put_to_sleep(self, for_s: float) -> None:
        engine = self._pair.rig.engine
        assert engine is not None
        engine.send_signal(signal.SIGSTOP)
        time.sleep(for_s)
        engine.send_signal(signal.SIGCONT)
