"""What is printed at the end of a chaos run?"""

from collections.abc import Iterator

from tests.chaos.campaign import Tally

CLASSES = {
    "duplicates": ("times",),
    "lost fills": ("booked on one side only", "second oracle: order"),
    "wrong verdicts": ("verdict:",),
    "unexplained halts": ("halt:",),
    "orders without intent": ("intent:",),
    "entries despite a halt": ("despite halt:",),
    "no rest in time": ("rest:",),
}
"""Which violations count as what; everything else is a difference of the books."""


def table(tally: Tally) -> Iterator[str]:
    """Yield the lines of the table kinds x outcomes, in Markdown."""
    yield "| fault | cycles | hit | with a kill | longest time to rest | halts seen |"
    yield "|---|---|---|---|---|---|"
    for kind, row in sorted(tally.rows.items()):
        halts = ", ".join(f"{reason} {count}" for reason, count in sorted(row.halts.items()))
        yield (
            f"| {kind} | {row.cycles} | {row.hit} | {row.kills} | {row.longest_s:.1f} s |"
            f" {halts or 'none'} |"
        )


def summary(tally: Tally) -> Iterator[str]:
    """Yield the lines of the sums."""
    rows = tally.rows.values()
    cycles, kills = sum(row.cycles for row in rows), sum(row.kills for row in rows)
    hit = sum(row.hit > 0 for row in rows)
    yield (
        f"{cycles} cycles, {kills} with a kill, {hit} of {len(rows)} ways to go wrong hit,"
        f" {len(+tally.hits)} kinds of the exchange's faults, {tally.took_s:.0f} s"
    )
    yield f"the host gave no processor or disk for up to {tally.stalled_s:.1f} s"
    rest = list(tally.broken)
    for name, marks in CLASSES.items():
        found = [each for each in rest if any(mark in each for mark in marks)]
        rest = [each for each in rest if each not in found]
        yield f"{len(found)} {name}"
    yield f"{len(rest)} other differences"
