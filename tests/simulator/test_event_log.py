"""Is what was accepted still there, and is what was not whole noticed?"""

from decimal import Decimal as D
from pathlib import Path

import pytest

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import StateCorrupt
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.simulator.commands import (
    Amend,
    ArmDeadMan,
    Cancel,
    CancelAll,
    Command,
    Configured,
    Elapse,
    Founded,
    Place,
    Play,
    Rules,
    SetStatus,
    Transfer,
    UseNonce,
)
from s1mpletrader.simulator.event_log import NAME, EventLog
from s1mpletrader.simulator.values import OrderType
from tests.simulator.harness import BTC, draft_of

NOW = Micros(1_600_000_000_000_000)
FULL_DRAFT = draft_of(
    side=Side.SELL,
    type=OrderType.LIMIT,
    limit_price="1.10",
    tif=TimeInForce.GTD,
    expire_us=NOW,
    client_id="a",
    deadline_us=NOW,
)
COMMANDS: list[Command] = [
    Founded(NOW, 7, "hash", {"main": {Asset("USD"): D("1.50")}}, {BTC: 1}),
    Configured(NOW, Rules(stops_hold=False)),
    Place(NOW, "main", FULL_DRAFT),
    Amend(NOW, "main", txid="O", qty=D("0.10"), trigger_price=D(1)),
    Cancel(NOW, "main", client_id="a"),
    CancelAll(NOW, "main"),
    ArmDeadMan(NOW, "main", None),
    Elapse(NOW),
    Play(NOW, 3),
    Transfer(NOW, "main", Asset("BTC"), D("-0.1")),
    UseNonce(NOW, "key", 2**64 - 1),
    SetStatus(NOW, "online"),
]


def written(directory: Path) -> Path:
    log, found = EventLog.open(directory, SystemDisk())
    assert found == []
    log.append(COMMANDS[:5])
    log.append(COMMANDS[5:])
    log.close()
    return directory / NAME


def reopened(directory: Path) -> list[Command]:
    log, found = EventLog.open(directory, SystemDisk())
    log.close()
    return found


def test_every_command_comes_back_as_it_was(tmp_path: Path) -> None:
    written(tmp_path)
    assert reopened(tmp_path) == COMMANDS


def test_the_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    written(tmp_path)
    log, _ = EventLog.open(tmp_path, SystemDisk())
    log.append([Elapse(NOW)])
    log.close()
    assert reopened(tmp_path) == [*COMMANDS, Elapse(NOW)]


def test_every_cut_leaves_a_prefix_of_the_commands(tmp_path: Path) -> None:
    whole = written(tmp_path).read_bytes()
    for size in range(len(whole) - 1, 0, -61):
        (tmp_path / NAME).write_bytes(whole[:size])
        found = reopened(tmp_path)
        assert found == COMMANDS[: len(found)]
        assert (tmp_path / NAME).read_bytes().count(b"\n") == len(found)


def test_a_torn_tail_is_kept_aside(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    assert reopened(tmp_path) == COMMANDS[:-1]
    torn = list(tmp_path.glob(f"{NAME}.torn-*"))
    assert len(torn) == 1
    assert torn[0].read_bytes().endswith(b'"onli')


def test_a_flipped_byte_before_good_lines_is_corruption(tmp_path: Path) -> None:
    path = written(tmp_path)
    whole = path.read_bytes()
    for position in range(0, whole.rindex(b"\n", 0, -1), 11):
        flipped = bytes([whole[position] ^ 1])
        path.write_bytes(whole[:position] + flipped + whole[position + 1 :])
        with pytest.raises(StateCorrupt, match="not what was written"):
            reopened(tmp_path)


def test_a_missing_line_is_corruption(tmp_path: Path) -> None:
    path = written(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))
    with pytest.raises(StateCorrupt):
        reopened(tmp_path)
