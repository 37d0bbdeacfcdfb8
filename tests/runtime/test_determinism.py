"""Do the same inputs give the same bytes, whatever the hash seed (SAFETY R1)?"""

import os
import subprocess
import sys

from tests.runtime.world import ROOT

SCRIPT = """
import hashlib
from tests.runtime.test_link_runtime import feed, lost, rising
from tests.runtime.world import Tape, ema_cross_link
from s1mpletrader.model.events import CONNECTION_LOST

link, tape, total = ema_cross_link(), Tape(), hashlib.sha256()
for each in rising():
    result = feed(link, tape, each)
    total.update(repr((result.records, result.plans, result.exits)).encode())
    if result.plans:
        tape.books.open_trade = result.plans[0].trade_id
halted = link.on_event(CONNECTION_LOST, lost(), tape.stamp(0), tape.books, tape.ids)
total.update(repr(halted).encode())
total.update(repr(link.states()).encode())
print(total.hexdigest(), link.metrics)
"""


def outcome(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    )
    return done.stdout


def test_three_hash_seeds_give_the_same_bytes() -> None:
    outcomes = {outcome(seed) for seed in ("0", "1", "4242")}
    assert len(outcomes) == 1
    assert "workers_executed" in outcomes.pop()
