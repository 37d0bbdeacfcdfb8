"""Does the harness notice an engine that is broken on purpose, for what is broken about it?"""

from collections.abc import Iterator
from functools import cache

import pytest

from s1mpletrader.model.base import Value
from tests.crash.harness import explore
from tests.crash.sabotages import SABOTAGES
from tests.crash.scenarios import SCENARIOS
from tests.fakes.temper import STORMY, UNKIND, Temper


class Trial(Value, frozen=True):
    """Where a sabotage is looked for, life after life, and what it must lead to."""

    scenario: str
    expected: str
    """Part of a violation: any other one would be noticed for a reason of its own."""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7)
    temper: Temper = UNKIND
    stride: int = 15


TRIALS = {
    "submit before append": Trial("planned exit", "carries our tag and is not in the journal"),
    "send before sync": Trial("planned exit", "carries our tag and is not in the journal"),
    "resend on Unknown": Trial("planned exit", "was sent 2 times"),
    "keep a torn group": Trial(
        "planned exit", "USD: 0 in the books, 100000 at the exchange", seeds=(1, 3), stride=1
    ),
    "judge without own orders": Trial("stop triggered", "is unknown and does not come to rest"),
    "one look instead of two": Trial(
        "planned exit", "is closed here and open there", temper=STORMY
    ),
    "no ripeness": Trial("planned exit", "was said to be absent (NotPlaced)", temper=STORMY),
    "CLOSED on the cancel ack": Trial("planned exit", "more than it had"),
    "adopt nothing": Trial("strangers on the account", "is unknown in the books, closed there"),
    "book nothing foreign": Trial("strangers on the account", "halted without need: balance"),
    "second sell while UNKNOWN": Trial("planned exit", "more than it had"),
    "stop replaced instead of amended": Trial(
        "stop triggered", "was cancelled though nobody wanted to leave"
    ),
    "verdict against the ledger as it was": Trial("planned exit", "is booked twice"),
}


def lives_of(name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield seeds and the violations of their lives, up to the one that shows what it must."""
    trial = TRIALS[name]
    for seed in trial.seeds:
        with SABOTAGES[name]():
            broken = lived(trial, seed)
        yield seed, broken
        if shows(name, broken):
            return


def lived(trial: Trial, seed: int) -> list[str]:
    """Return what the harness finds in one life and its crashes."""
    scenario = SCENARIOS[trial.scenario]
    return explore(scenario, seed, trial.temper, stride=trial.stride, is_impatient=True).broken


def shows(name: str, broken: list[str]) -> bool:
    """Return whether these violations are what a sabotage must lead to."""
    return any(TRIALS[name].expected in each for each in broken)


@cache
def broken_honestly(scenario: str, seed: int, temper: Temper) -> list[str]:
    """Return what is found in the life where nothing is broken on purpose."""
    return lived(Trial(scenario, "", temper=temper), seed)


def test_every_sabotage_has_its_trial() -> None:
    assert list(TRIALS) == list(SABOTAGES)


@pytest.mark.slow
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotage_is_noticed_for_what_it_breaks(name: str) -> None:
    """And without it the same lives keep every promise."""
    trial, lives = TRIALS[name], dict(lives_of(name))
    assert not any(broken_honestly(trial.scenario, seed, trial.temper) for seed in lives)
    broken = lives[max(lives)]
    assert shows(name, broken), f"{name} does not lead to {trial.expected!r}: {broken}"
    print(f"{name}: {broken[0]}")
