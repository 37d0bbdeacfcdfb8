"""Does the exchange survive its own death, and come back as it was?"""

import random
import subprocess
from pathlib import Path
from typing import Any

import krakenex
import pytest

from s1mpletrader.simulator.auth import DEFAULT_KEYS
from tests.simulator.harness import Running, process

SELL = {"pair": "XBTUSD", "type": "sell", "ordertype": "limit", "volume": "0.001"}


def trader(running: Running) -> Any:
    key = DEFAULT_KEYS["SIM-ENGINE"]
    api = krakenex.API(key=key.key, secret=key.secret)
    api.uri = running.url
    return api


def restored(audit: dict[str, Any]) -> dict[str, Any]:
    """Return an audit without the moments that go on by themselves."""
    return {name: value for name, value in audit.items() if name != "protocol_us"}


def test_a_restarted_exchange_is_the_identical_exchange(tmp_path: Path) -> None:
    with process(tmp_path, "--paused") as (child, running):
        api = trader(running)
        for price in ("2400.00", "9000.00"):
            added = api.query_private("AddOrder", SELL | {"price": price, "cl_ord_id": price})
            assert not added["error"]
        running.control.step(37)
        running.control.transfer("USD", "12.5")
        before = running.control.audit()
        child.kill()
        child.wait()
    with process(tmp_path, "--paused") as (_, running):
        assert restored(running.control.audit()) == restored(before)
        old = before["nonces"]["SIM-ENGINE"]
        late = trader(running)
        late._nonce = lambda: old
        assert late.query_private("Balance")["error"] == ["EAPI:Invalid nonce"]
        assert running.control.step(1) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "is_kept"),
    [("s1mpletrader.simulator", True), ("tests.simulator.sabotaged_exchange", False)],
)
def test_what_was_answered_survives_a_kill_and_who_writes_late_is_caught(
    tmp_path: Path, module: str, *, is_kept: bool
) -> None:
    with process(tmp_path, "--paused", module=module) as (child, running):
        order = SELL | {"price": "9000.00", "cl_ord_id": "kx-1"}
        assert trader(running).query_private("AddOrder", order)["error"] == []
        child.kill()
        child.wait()
    with process(tmp_path, "--paused") as (_, running):
        orders = running.control.audit("main")["accounts"]["main"]["orders"]
        assert [order["client_id"] for order in orders] == (["kx-1"] if is_kept else [])


@pytest.mark.slow
def test_a_clean_stop_ends_with_zero(tmp_path: Path) -> None:
    with process(tmp_path, "--paused") as (child, _):
        child.terminate()
        assert child.wait(10) == 0


@pytest.mark.slow
def test_another_tape_is_refused(tmp_path: Path) -> None:
    with process(tmp_path, "--paused"):
        pass
    tape = tmp_path / "tape.csv"
    tape.write_text("".join(tape.read_text().splitlines(keepends=True)[:-1]))
    with process(tmp_path) as (child, _):
        assert child.wait(10) == 78


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_killed_at_any_moment_nothing_answered_is_lost(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a test
    answered: dict[str, str] = {}
    for _ in range(3):
        with process(tmp_path, "--speed", "36000") as (child, running):
            api, kill_after_s = trader(running), dice.uniform(0.05, 0.6)
            killer = subprocess.Popen(["sh", "-c", f"sleep {kill_after_s}; kill -9 {child.pid}"])
            number = len(answered) * 100
            try:
                while True:
                    number += 1
                    order = SELL | {"price": "2400.00", "cl_ord_id": str(number)}
                    answer = api.query_private("AddOrder", order)
                    if not answer["error"]:
                        answered[str(number)] = answer["result"]["txid"][0]
            except OSError:  # requests' connection errors: the exchange is dead
                child.wait()
            killer.wait()
        with process(tmp_path, "--paused") as (_, running):
            audit = running.control.audit("main")
            orders = {o["client_id"]: o["txid"] for o in audit["accounts"]["main"]["orders"]}
            assert {name: orders.get(name) for name in answered} == answered
    assert answered
