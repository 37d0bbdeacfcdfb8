"""How does the harness fare in its long form?

`python -m tests.crash.run` explores a sample, `--all` everything: every crash point of every
scenario in two tempers, pairs of crashes, every torn byte, what shows too late, every sabotage.
"""

import argparse
import sys
from collections.abc import Sequence

from tests.crash.harness import Recorder, Report, explore, live, tear
from tests.crash.sabotages import SABOTAGES
from tests.crash.scenarios import SCENARIOS
from tests.crash.test_sabotages import lives_of, shows
from tests.crash.verdict import violations
from tests.crash.world import Witness, World
from tests.fakes.temper import BEYOND, HASTY, HIDING, STORMY, UNKIND, Temper

TEMPERS = {"unkind": UNKIND, "stormy": STORMY, "hasty": HASTY, "hiding": HIDING, "beyond": BEYOND}


def main(arguments: Sequence[str]) -> int:
    """Run, print a line for each part and the sum; returns 1 if anything is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.run", description=__doc__)
    parser.add_argument("--all", action="store_true", help="the long form, some 15 minutes")
    parser.add_argument("--seeds", type=int, default=2, help="lives of each scenario and temper")
    chosen = parser.parse_args(arguments)
    stride = 1 if chosen.all else 50
    total = Report()
    for temper in ("unkind", "stormy", "hasty"):
        for seed in range(chosen.seeds):
            _explore(total, temper, seed, stride=stride, nested_stride=0)
        _explore(total, temper, chosen.seeds, stride=29 * stride, nested_stride=43)
    for temper in ("hiding", "beyond"):
        _explore(total, temper, chosen.seeds, stride=20 * stride, nested_stride=0)
    lives = _live(total, 100 if chosen.all else 10)
    _tear(total, stride)
    green = _sabotage()
    print(f"in all: {total}; {lives} uninterrupted lives; sabotages unnoticed: {green or 'none'}")
    return 1 if total.broken or green else 0


def _explore(total: Report, temper: str, seed: int, *, stride: int, nested_stride: int) -> None:
    for name, scenario in SCENARIOS.items():
        report = explore(
            scenario, seed, TEMPERS[temper], stride=stride, nested_stride=nested_stride
        )
        kind = "pairs" if nested_stride else "singles"
        _tell(f"{temper}, {kind}, {name}, seed {seed}", report)
        total.add(report)


def _live(total: Report, seeds: int) -> int:
    lives = 0
    for label, temper in TEMPERS.items():
        report = Report()
        for name, scenario in SCENARIOS.items():
            for seed in range(seeds):
                lives += 1
                report.broken += [
                    f"{name}, {seed}: {x}" for x in _outlive(scenario.name, seed, temper)
                ]
        _tell(f"{label}, uninterrupted", report)
        total.add(report)
    return lives


def _outlive(name: str, seed: int, temper: Temper) -> list[str]:
    world = World(SCENARIOS[name], seed, temper)
    engine, broken = live(world, Witness())
    return broken if engine is None else violations(world, engine)


def _tear(total: Report, stride: int) -> None:
    for name in ("planned exit", "stop triggered"):
        recorder = Recorder()
        live(World(SCENARIOS[name], 1, UNKIND), recorder)
        report = tear(recorder, stride)
        _tell(f"torn writes, {name}", report)
        total.add(report)


def _sabotage() -> list[str]:
    green = []
    for name in SABOTAGES:
        *_, (_, broken) = lives_of(name)
        is_noticed = shows(name, broken)
        print(f"sabotage {name}: {broken[0] if is_noticed else 'UNNOTICED'}", flush=True)
        if not is_noticed:
            green.append(name)
    return green


def _tell(label: str, report: Report) -> None:
    print(f"{label}: {report}", flush=True)
    for each in report.broken[:5]:
        print(f"  {each}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
