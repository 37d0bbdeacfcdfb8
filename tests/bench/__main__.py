"""What costs what, as ratios in one run? `make bench`.

Figures of a machine say little about another one; ratios to a bare interpreter start, measured in
the same run, do. Times are wall times where it says so, processor times else.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench import reconcile, submit, wire
from tests.bench.costs import cpu_of, cpu_of_run, median_of, resident_mb
from tests.rig.asking import wait_for
from tests.rig.lockstep import TRADES_OF_ALL_PAIRS, Lockstep
from tests.rig.processes import Rig

LEASE_S = 36_000
HOURS = 5_000
HOURS_A_STEP = 500
STARTS = 5
PATIENCE_S = 60.0
STATUS_CPU_MAX_S = 0.080


class Start(NamedTuple):
    """What a start took."""

    wall_s: float
    cpu_s: float


class Hard(NamedTuple):
    """A bound that may not be broken."""

    what: str
    found: float
    most: float


def main() -> int:
    """Measure everything once and print it; 1 if a hard bound is broken."""
    hard: list[Hard] = []
    with tempfile.TemporaryDirectory(prefix="s1mpletrader-bench-") as directory:
        rig = Rig(Path(directory))
        try:
            _measure(rig, hard)
        finally:
            rig.close()
    broken = [each for each in hard if each.found > each.most]
    for each in hard:
        verdict = "BROKEN" if each in broken else "holds"
        print(f"bound {verdict}: {each.what}: {each.found:.3g}, at most {each.most:g}")
    return 1 if broken else 0


def _measure(rig: Rig, hard: list[Hard]) -> None:
    program = (sys.executable, "-c", "pass")
    bare = Start(median_of(_bare_wall), median_of(lambda: cpu_of_run(program)))
    _say("a bare interpreter start, wall", bare.wall_s * 1000, "ms")
    _say("a bare interpreter start, processor", bare.cpu_s * 1000, "ms")
    rig.start_exchange("--paused")
    rig.configure(lease_s=1.1)
    rig.start_engine()
    rig.wait_trading()
    hard.append(Hard("s1mpletrader status, CPU s", _status(rig, bare.cpu_s), STATUS_CPU_MAX_S))
    hard.append(Hard("bytes of a trade / json.loads", _connector(), wire.RATIO_MAX))
    hard.append(Hard("a look over a long past / a short one", _looks(), reconcile.RATIO_MAX))
    rig.kill_engine()
    rig.configure(lease_s=LEASE_S)
    rig.start_engine()
    rig.wait_trading()
    _starts(rig, bare, "a short journal")
    _tape(rig)
    _starts(rig, bare, f"{HOURS} hours since the last checkpoint")


def _bare_wall() -> float:
    began = time.perf_counter()
    subprocess.run((sys.executable, "-c", "pass"), check=True)
    return time.perf_counter() - began


def _looks() -> float:
    """Show that a look's cost depends on what is new; return its ratio to a short past."""
    cost_s, ratio = reconcile.cost_ratio()
    _say(f"a look of {reconcile.ROWS} new rows, processor", cost_s * 1000, "ms")
    what = f"  with {reconcile.LONG:,} closed orders behind it"
    print(f"{what:<50}{ratio:12,.2f}      of {reconcile.SHORT}")
    return ratio


def _connector() -> float:
    """Show what the wire costs, as ratios to what anybody would use instead."""
    ratio = wire.ratio()
    print(f"{'bytes of a trade -> exact values':<50}{ratio:12,.2f}      of json.loads")
    found = submit.latency()
    _say("submit over loopback, wall", found.ours * 1000, "ms")
    print(f"{'':<50}{found.ours / found.ccxt:12,.2f}      of ccxt, REST")
    return ratio


def _status(rig: Rig, bare_s: float) -> float:
    cost = median_of(lambda: cpu_of_run(rig.command("status"), rig.variables()))
    _say("s1mpletrader status", cost * 1000, "ms", cost / bare_s)
    return cost


def _tape(rig: Rig) -> None:
    """Play many hours as fast as the engine takes them."""
    pid = int(rig.ask("status")["pid"])
    _say("resident memory when trading begins", resident_mb(pid), "MB")
    market = Lockstep(rig)
    market.open_bar(1)
    market.settle()
    _say("resident memory after an hour of tape", resident_mb(pid), "MB")
    cpu_s, began = cpu_of(pid), time.perf_counter()
    for hour in range(HOURS_A_STEP, HOURS + 1, HOURS_A_STEP):
        market.before_bar(hour)
        market.settle()
    ticks = (HOURS - 1) * TRADES_OF_ALL_PAIRS / 2
    _say("ticks through the engine, a second of processor", ticks / (cpu_of(pid) - cpu_s), "")
    _say("ticks through both processes, a second", ticks / (time.perf_counter() - began), "")
    _say(f"resident memory after {HOURS} hours of tape", resident_mb(pid), "MB")


def _starts(rig: Rig, bare: Start, journal: str) -> None:
    """Kill the engine and start it again, some times."""
    folded: list[Start] = []
    trading: list[Start] = []
    for _ in range(STARTS):
        rig.kill_engine()
        began = time.perf_counter()
        rig.start_engine()
        pid = int(wait_for("the sockets", rig.status, PATIENCE_S)["pid"])
        folded.append(Start(time.perf_counter() - began, cpu_of(pid)))
        rig.wait_trading(PATIENCE_S)
        trading.append(Start(time.perf_counter() - began, cpu_of(pid)))
        # a look whose agreement is not durable would make the next start a newcomer's (SAFETY F2)
        rig.wait_status(lambda found: found["journal"]["durable"] == found["journal"]["number"])
    print(f"kill -9, with {journal}:")
    for name, found in (("state folded, sockets open", folded), ("trading", trading)):
        wall_s, cpu_s = (median(each) for each in zip(*found, strict=True))
        _say(f"  -> {name}, wall", wall_s * 1000, "ms", wall_s / bare.wall_s)
        _say(f"  -> {name}, processor", cpu_s * 1000, "ms", cpu_s / bare.cpu_s)


def _say(what: str, value: float, unit: str, ratio: float | None = None) -> None:
    tail = "" if ratio is None else f"  {ratio:8.1f} bare starts"
    print(f"{what:<50}{value:12,.1f} {unit:<3}{tail}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
