"""Is an intent on disk before its order's first byte leaves, and does the loop never wait for disk?

The kernel's own account, by strace: what the program believes of itself does not count.
"""

import json
import os
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rig.frames import SentFrame, sent_frames
from tests.rig.lockstep import Lockstep
from tests.rig.processes import Rig
from tests.rig.system_calls import CHANGES_OF_DISK, Call, command, read_calls

ONE_TRADE = (31, 92)
"""Golden cross, death cross."""
TWO_TRADES = (*ONE_TRADE, 103, 125)
SUBMITS = 3
"""Of each trade an entry, a stop and an exit."""
WRITES = frozenset({"write", "writev", "pwrite64"})


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_intents_are_on_disk_before_orders_leave_and_the_loop_never_waits(
    rig: Rig, tmp_path: Path
) -> None:
    calls = _trace(rig, tmp_path, TWO_TRADES)
    submits = _submits(calls)
    assert len(submits) >= 2 * SUBMITS
    assert [each.text for each in submits if not _was_durable(calls, each)] == []
    assert _disk_work_of_the_loop(calls) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_engine_that_sends_before_it_is_durable_is_caught(rig: Rig, tmp_path: Path) -> None:
    calls, submits = _sabotaged(rig, tmp_path, "send_at_once")
    assert not all(_was_durable(calls, each) for each in submits)
    assert _disk_work_of_the_loop(calls) == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_engine_that_syncs_on_its_loop_is_caught(rig: Rig, tmp_path: Path) -> None:
    calls, submits = _sabotaged(rig, tmp_path, "sync_on_the_loop")
    assert all(_was_durable(calls, each) for each in submits)
    assert _disk_work_of_the_loop(calls) != []


def _sabotaged(rig: Rig, directory: Path, name: str) -> tuple[list[Call], list[SentFrame]]:
    """Return what an engine with one method exchanged asked of the kernel, and its submits."""
    rig.program = ("-m", "tests.system.sabotaged_engine", name)
    calls = _trace(rig, directory, ONE_TRADE)
    submits = _submits(calls)
    assert len(submits) >= SUBMITS
    return calls, submits


def _require_strace() -> None:
    if shutil.which("strace") is None:
        if os.environ.get("CI"):
            pytest.fail("strace is not installed: apt-get install strace")
        pytest.skip("strace is not installed: apt-get install strace")


def _trace(rig: Rig, directory: Path, bars: Sequence[int]) -> list[Call]:
    """Trade under strace, stop, and return what the engine asked of the kernel."""
    _require_strace()
    trace, notify = directory / "trace", directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(notify))
        rig.environment["NOTIFY_SOCKET"] = str(notify)
        rig.start_exchange("--paused")
        rig.configure()
        rig.start_engine(prefix=command(trace))
        pid = rig.wait_trading(60)["pid"]
        market = Lockstep(rig)
        for bar in bars:
            market.before_bar(bar)
            market.settle()
            market.open_bar(bar)
            market.settle()
        rig.wait_equal()
        os.kill(pid, signal.SIGTERM)
        assert rig.engine_ends().code == 0
    with trace.open(encoding="ascii") as lines:
        return read_calls(lines)


def _submits(calls: list[Call]) -> list[SentFrame]:
    return [each for each in sent_frames(calls, "/private/v2") if _client_id(each)]


def _client_id(frame: SentFrame) -> str:
    sent = json.loads(frame.text)
    return str(sent["params"]["cl_ord_id"]) if sent.get("method") == "add_order" else ""


def _was_durable(calls: list[Call], submit: SentFrame) -> bool:
    """Return whether a flush of the intent's group had ended when the order's first byte left."""
    name = _client_id(submit).encode()
    written = next(
        call
        for call in calls
        if call.name in WRITES and b'"intended"' in call.data and name in call.data
    )
    return any(
        call.name == "fdatasync"
        and call.target == written.target
        and call.begin > written.end
        and call.end < submit.line
        and call.result == 0
        for call in calls
    )


def _disk_work_of_the_loop(calls: list[Call]) -> list[str]:
    """Return what the main thread did to the disk between READY and the end."""
    ready = next(call for call in calls if call.data.startswith(b"READY=1"))
    return [
        f"{call.name} {call.target or call.data.decode()}"
        for call in calls
        if call.begin > ready.end and call.thread == ready.thread and call.name in CHANGES_OF_DISK
    ]
