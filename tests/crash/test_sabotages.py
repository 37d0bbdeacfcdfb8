"""Does the harness notice an engine that is broken on purpose?"""

import pytest

from s1mpletrader.model.base import Value
from tests.crash.harness import Report, explore
from tests.crash.sabotages import SABOTAGES
from tests.crash.scenarios import SCENARIOS
from tests.fakes.temper import STORMY, UNKIND, Temper


class Trial(Value, frozen=True):
    """Where a sabotage is looked for, life after life; the first violation ends it."""

    scenario: str
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7)
    temper: Temper = UNKIND
    stride: int = 15


TRIALS = {
    "submit before append": Trial("planned exit"),
    "send before sync": Trial("planned exit"),
    "resend on Unknown": Trial("planned exit"),
    "keep a torn group": Trial("planned exit", seeds=(1, 3), stride=1),
    "judge without own orders": Trial("stop triggered"),
    "one look instead of two": Trial("planned exit", temper=STORMY),
    "no ripeness": Trial("planned exit", temper=STORMY),
    "CLOSED on the cancel ack": Trial("planned exit"),
    "adopt nothing": Trial("strangers on the account"),
    "book nothing foreign": Trial("strangers on the account"),
    "second sell while UNKNOWN": Trial("planned exit"),
    "stop replaced instead of amended": Trial("stop triggered"),
    "verdict against the ledger as it was": Trial("planned exit"),
}


def tried(trial: Trial) -> Report:
    """Return what the harness finds."""
    report, scenario = Report(), SCENARIOS[trial.scenario]
    for seed in trial.seeds:
        if not report.broken:
            life = explore(scenario, seed, trial.temper, stride=trial.stride, is_impatient=True)
            report.add(life)
    return report


def test_every_sabotage_has_its_trial() -> None:
    assert list(TRIALS) == list(SABOTAGES)


@pytest.mark.slow
@pytest.mark.parametrize("name", SABOTAGES)
def test_a_sabotage_is_noticed(name: str) -> None:
    with SABOTAGES[name]():
        report = tried(TRIALS[name])
    assert report.broken, f"{name} stays green: the fake exchange is too kind"
    print(f"{name}: {report.broken[0]}")
