"""How many faults and kills does the engine survive?

`python -m tests.chaos` drives pairs of a real exchange and a real engine through faults and kills,
judges every cycle, prints the table, and ends with 1 if any promise was broken.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import kinds, report, scenario
from tests.chaos.campaign import Campaign
from tests.chaos.sabotages import SABOTAGES

FAILURES = Path("build") / "chaos"


def main(arguments: Sequence[str]) -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    add = parser.add_argument
    add("--seed", type=int, default=1, help="decides everything that is drawn")
    add("--cycles", type=int, default=20)
    add("--first", type=int, default=0, help="number of the first cycle")
    add("--pairs", type=int, default=2, help="exchanges and engines at a time")
    add("--sabotage", choices=sorted(SABOTAGES), help="a broken engine of tests/chaos/sabotages.py")
    add("--kind", choices=sorted(kinds.BY_NAME), help="only this way to go wrong")
    add("--replay", type=Path, help="a cycle's file: live it again instead")
    add("--times", type=int, default=5, help="how often it is lived again")
    chosen = parser.parse_args(arguments)
    if chosen.replay is not None:
        cycles, pairs = [scenario.load(chosen.replay)] * chosen.times, 1
    else:
        numbers = range(chosen.first, chosen.first + chosen.cycles)
        ways = kinds.KINDS if chosen.kind is None else (kinds.BY_NAME[chosen.kind],)
        cycles = [kinds.draw(chosen.seed, number, ways) for number in numbers]
        pairs = chosen.pairs
        print(f"seed {chosen.seed}: {len(cycles)} cycles on {pairs} pairs", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as work:
        campaign = Campaign(Path(work), FAILURES, lambda text: print(text, flush=True))
        tally = campaign.run(cycles, pairs=pairs, sabotage=SABOTAGES.get(chosen.sabotage))
    print("\n".join((*report.table(tally), *report.summary(tally))))
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
