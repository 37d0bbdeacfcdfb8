"""`python -m tests.model.run [scenario|sabotage|all] [part of a name]`: explores, prints tables."""

import sys

from tests.model.explore import Result, explore
from tests.model.sabotages import SABOTAGES, Sabotage
from tests.model.scenarios import FENCES, SETUPS, scenario

TRACES: list[str] = []


def run_scenarios(part: str) -> bool:
    """Explore every scenario whose name holds `part`; return whether all hold."""
    print("| scenario | states | transitions | complete | CPU s | violations | no way to rest |")
    print("|---|---|---|---|---|---|---|", flush=True)
    is_good = True
    for name in (*SETUPS, *FENCES):
        if part not in name:
            continue
        found = explore(scenario(name.split()[0])())
        is_complete = "yes" if found.is_complete else "NO"
        print(
            f"| {name} | {found.states:,} | {found.transitions:,} | {is_complete} | "
            f"{found.seconds:.0f} | {len(found.violations) or 'none'} | {found.stuck or 'none'} |",
            flush=True,
        )
        is_good = is_good and found.is_complete and not found.violations and not found.stuck
        TRACES.extend(f"{name}: {text}: {_short(way)}" for text, way in found.violations.items())
        if found.stuck:
            TRACES.append(f"{name}: no way to rest: {_short(found.stuck_trace)}")
    return is_good


def run_sabotages(part: str) -> bool:
    """Explore every sabotage whose name holds `part`; return whether each is found as it should."""
    print("| sabotage | caught in | steps | by | states looked at | CPU s |")
    print("|---|---|---|---|---|---|", flush=True)
    is_good = True
    for sabotage in SABOTAGES:
        if part in sabotage.name:
            is_good = _print_sabotage(sabotage) and is_good
    return is_good


def _print_sabotage(sabotage: Sabotage) -> bool:
    key, found = find(sabotage)
    broken = next(iter(found.violations), "")
    if broken:
        steps = len(found.violations[broken])
        print(
            f"| {sabotage.name} | {key} | {steps} | {broken} | {found.states:,} | "
            f"{found.seconds:.0f} |",
            flush=True,
        )
        TRACES.append(f"[{sabotage.name}] {key}: {broken}\n    {_short(found.violations[broken])}")
    else:
        why = sabotage.why_not_caught or "A HOLE"
        print(
            f"| {sabotage.name} | not caught | - | {why} | {found.states:,} | "
            f"{found.seconds:.0f} |",
            flush=True,
        )
    return bool(broken) is not bool(sabotage.why_not_caught)


def find(sabotage: Sabotage, *, states_max: int = 6_000_000) -> tuple[str, Result]:
    """Return where the sabotage is caught and how; the last scenario's result if nowhere."""
    key, found = "", Result()
    with sabotage.in_force():
        for each in sabotage.scenarios.split():
            model = scenario(each, **sabotage.changes)()
            key = each
            found = explore(
                model,
                first_only=True,
                liveness=False,
                states_max=states_max,
                only=sabotage.only,
            )
            if found.violations:
                break
    return key, found


def _short(trace: list[str]) -> str:
    return " > ".join(trace)


def main(arguments: list[str]) -> int:
    """Run what was asked for; 0 if everything is as it should be."""
    what, part = (*arguments, "all", "")[:2] if len(arguments) != 1 else (arguments[0], "")
    is_good = True
    if what in {"scenario", "all"}:
        is_good = run_scenarios(part)
    if what in {"sabotage", "all"}:
        is_good = run_sabotages(part) and is_good
    print("\n" + "\n".join(TRACES))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
