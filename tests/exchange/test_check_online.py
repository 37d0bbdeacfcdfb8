"""Does `check --online` tell what is wrong, asked as a person asks, at a real exchange process?"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.durable.locks import DirectoryLock
from s1mpletrader.simulator.auth import simulated_key
from tests.rig.processes import Rig
from tests.simulator.harness import Client, Running

pytestmark = pytest.mark.slow


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Yield a rig with a configuration; the exchange has traded an hour and stands still."""
    found = Rig(tmp_path)
    try:
        yield found
    finally:
        found.close()


def start(rig: Rig, **options: Any) -> None:
    rig.start_exchange("--paused", "--start-bar", "60", **options)
    rig.configure()


def check(rig: Rig, code: int) -> list[dict[str, str]]:
    ended = rig.run("check", "--online", "--json")
    assert ended.code == code, ended.said
    content = json.loads(ended.said)
    assert content["schema"] == "s1mpletrader.check/1"
    assert content["ok"] == (code == 0)
    findings: list[dict[str, str]] = content["findings"]
    return findings


def told(findings: list[dict[str, str]], verdict: str) -> list[str]:
    return [each["text"] for each in findings if each["verdict"] == verdict]


def use_key(rig: Rig, name: str) -> None:
    key = simulated_key(name, "main")
    rig.store_credential("key", key.key.encode())
    rig.store_credential("secret", key.secret.encode())


def test_a_ready_account_is_ready_again_and_again_and_trades_afterwards(rig: Rig) -> None:
    start(rig)
    for _ in range(2):  # without a state directory nobody remembers the epoch
        assert told(check(rig, 0), "ok")[-1] == "an order was validated and not placed"
        assert not rig.state.exists()
    assert rig.run("state", "init").code == 0
    check(rig, 0)
    check(rig, 0)
    said = rig.run("check", "--online").said
    assert "the key may trade and may not withdraw" in said
    rig.start_engine()
    rig.wait_trading()
    findings = check(rig, 0)  # the engine asks, with its own key and nonces (SAFETY F4)
    assert told(findings, "ok")[-1] == "an order was validated and not placed"
    assert rig.engine is not None
    assert rig.wait_trading()["pid"] == rig.engine.pid
    rig.stop_engine()


def test_a_check_beside_a_process_that_does_not_answer_says_so(rig: Rig) -> None:
    start(rig)
    assert rig.run("state", "init").code == 0
    with DirectoryLock(rig.state, SystemDisk()).acquire():
        ended = rig.run("check", "--online")
    assert ended.code == 75
    assert "another process holds the state or the account" in ended.said


def test_a_key_that_may_withdraw_is_refused(rig: Rig) -> None:
    start(rig)
    use_key(rig, "SIM-WITHDRAWER")
    assert told(check(rig, 1), "error") == ["the key may withdraw"]


def test_a_missing_permission_is_named(rig: Rig) -> None:
    start(rig)
    use_key(rig, "SIM-READER")
    errors = told(check(rig, 1), "error")
    assert "the key lacks the permission Create & Modify Orders" in errors
    assert "the key lacks the permission Access WebSockets API" in errors
    assert any("EGeneral:Permission denied" in each for each in errors)


@pytest.mark.parametrize("skew_s", ["3600", "-3600"])
def test_a_skewed_clock_is_told(rig: Rig, skew_s: str) -> None:
    rig.environment["SKEW_S"] = skew_s
    start(rig, program=("-m", "tests.system.skewed_exchange"))
    ((text),) = told(check(rig, 1), "error")
    assert text.startswith(("this host is 3600", "this host is 3599"))
    assert ("behind" if skew_s == "3600" else "ahead of") in text


def test_a_foreign_open_order_is_told(rig: Rig) -> None:
    start(rig)

    async def place_by_hand() -> None:
        running = Running(rig.port, rig.control)
        async with Client(running, "SIM-PROTECTOR") as client:
            order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit"}
            answer = await client.private("AddOrder", **order, volume="0.1", price="100")
            assert answer["error"] == []

    asyncio.run(place_by_hand())
    (warning,) = told(check(rig, 5), "warning")
    assert "is not of this operation: buy 0.1" in warning


def test_without_an_exchange_the_check_says_so(rig: Rig) -> None:
    start(rig)
    rig.kill_exchange()
    ended = rig.run("check", "--online")
    assert ended.code == 69
    assert "no answer" in ended.said


def test_without_a_key_file_nothing_is_asked(rig: Rig) -> None:
    start(rig)
    (rig.credentials / "simulated_exchange.key").unlink()
    assert rig.run("check", "--online").code == 78
