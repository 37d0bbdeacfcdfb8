"""Do two copies of one engine ever trade at the same time?

As two hosts, while the market runs: the copy is taken from a trading engine and started beside it.
"""

import shutil
import time
from pathlib import Path

import pytest

from s1mpletrader.core.identity import identify
from tests.chaos.pair import Pair
from tests.rig.asking import wait_for

FENCED = 79
SECOND_US = 1_000_000
AFTER_S = 3.0
"""How long the newer one trades alone before the account is read."""


def overlaps_s(pair: Pair) -> float:
    """Return how long the older copy traded after the newer one's first order."""
    rows = pair.rig.control.audit("main")["accounts"]["main"]["orders"]
    seen: dict[int, list[int]] = {}
    for row in rows:
        identity = identify(row["client_id"])
        if identity is not None:
            seen.setdefault(identity.epoch, []).append(row["opened_us"])
    assert len(seen) > 1, "the newer copy never traded"
    *_, older, newer = (seen[epoch] for epoch in sorted(seen))
    return (max(older) - min(newer)) / SECOND_US


def run_two(pair: Pair) -> float:
    """Start a copy beside a trading engine; return how long both traded."""
    rig = pair.rig
    rig.environment = {"HOST_ID": "one"}
    pair.start()
    rig.control.resume()
    wait_for("a trade", lambda: rig.ask("trades")["trades"], 20)
    copy = rig.directory / "copy"
    shutil.copytree(rig.state, copy, ignore=shutil.ignore_patterns("*.sock", "*.lock", "LOCK"))
    rig.environment = {"HOST_ID": "two"}
    newer, older = rig.spawn_engine(copy, "copy.log"), rig.engine
    assert older is not None
    try:
        assert older.wait(40) == FENCED
        wait_for("orders of the copy", lambda: overlaps_is_known(pair), 40)
        time.sleep(AFTER_S)
        return overlaps_s(pair)
    finally:
        newer.kill()
        newer.wait()


def overlaps_is_known(pair: Pair) -> bool:
    """Return whether both copies have traded."""
    try:
        overlaps_s(pair)
    except AssertionError:
        return False
    return True


@pytest.mark.slow
def test_of_two_copies_only_one_trades(tmp_path: Path) -> None:
    """SAFETY F2: the lease keeps the older one silent before the newer one's first order."""
    pair = Pair(tmp_path / "pair", seed=1)
    try:
        assert run_two(pair) < 0
    finally:
        pair.close()
