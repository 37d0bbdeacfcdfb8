"""What does the engine do when the exchange refuses it, is not there, or has another clock?"""

import base64
import time

import pytest

from s1mpletrader.core.backoff import Backoff
from s1mpletrader.model import inputs
from tests.rig.asking import wait_for
from tests.rig.lockstep import Lockstep
from tests.rig.processes import Rig

GOLDEN_BAR = 31
"""The first trade of this hour closes the bar of the tape's first golden cross."""
ATTEMPTS = 3
CLOCK_ERROR_S = 0.5
"""Of the exchange's time as long as only its whole seconds are known."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("credential", "value", "said"),
    [
        ("key", b"NOBODY", "EAPI:Invalid key"),
        ("secret", base64.b64encode(b"x" * 64), "EAPI:Invalid signature"),
    ],
)
def test_a_refused_key_is_said_and_not_hammered(
    rig: Rig, credential: str, value: bytes, said: str
) -> None:
    rig.start_exchange("--paused")
    rig.configure()
    rig.store_credential(credential, value)
    rig.start_engine()
    wait_for(f"{ATTEMPTS} refusals", lambda: len(_failures_us(rig)) >= ATTEMPTS, 20)
    status = rig.run("status")
    assert status.code == 4
    assert said in status.said
    assert "check the API key" in rig.log("engine.log")
    assert value.decode() not in rig.log("engine.log")
    times = _failures_us(rig)
    least_s = sum(Backoff().delay_s(number, 1.0) for number in range(1, len(times)))
    assert (times[-1] - times[0]) / 1_000_000 >= least_s - CLOCK_ERROR_S
    assert rig.stop_engine() == 0


def _failures_us(rig: Rig) -> list[int]:
    return [
        group.stamp.protocol_us
        for group in rig.groups()
        if isinstance(group.input, inputs.ConnectionChanged) and group.input.state == "down"
    ]


@pytest.mark.slow
def test_an_engine_without_exchange_is_up_and_trades_once_it_comes(rig: Rig) -> None:
    rig.start_exchange("--paused")
    rig.configure(lease_s=1.1)
    rig.kill_exchange()
    rig.start_engine()
    wait_for("an answer", rig.status, 20)
    wait_for("a line of the log", lambda: "up, NOT trading" in rig.log("engine.log"), 10)
    status = rig.run("status")
    assert status.code == 4
    assert "the exchange has not answered yet" in status.said
    rig.start_exchange("--paused")
    rig.wait_trading()
    rig.wait_equal()


@pytest.mark.slow
@pytest.mark.parametrize("skew_s", [-3_600, 3_600])
def test_another_clock_at_the_exchange_changes_nothing(rig: Rig, skew_s: int) -> None:
    rig.environment["SKEW_S"] = str(skew_s)
    rig.start_exchange("--paused", program=("-m", "tests.system.skewed_exchange"))
    rig.configure(lease_s=1.5)
    rig.start_engine()
    rig.wait_trading()
    market = Lockstep(rig)
    market.before_bar(GOLDEN_BAR)
    market.settle()
    market.open_bar(GOLDEN_BAR)
    market.settle()
    books = rig.wait_equal()
    assert len(books.open_trades) == 1
    host_us = time.time() * 1_000_000
    assert abs(books.stamp.protocol_us - host_us - skew_s * 1_000_000) < 60_000_000
    assert rig.stop_engine() == 0
    rig.start_engine()
    rig.wait_trading()
    rig.wait_equal()
