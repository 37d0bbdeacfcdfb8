"""Is each append whole or undone, and is what was synced there?"""

import errno
import os
from pathlib import Path

import pytest

from s1mpletrader.durable.append_log import TORN_KEPT_MAX, AppendLog
from s1mpletrader.errors import PermissionDenied, StateError, StateWriteError, StoragePoisoned
from tests.durable.faulty_disk import FaultyDisk


@pytest.fixture
def disk() -> FaultyDisk:
    return FaultyDisk()


def test_what_was_appended_is_read_again(tmp_path: Path, disk: FaultyDisk) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    log.append(b"one\n")
    log.sync()
    log.append(b"two\n")
    assert (log.size, log.synced_size) == (8, 4)
    log.close()
    again = AppendLog.open(tmp_path / "log", disk, create=False)
    assert again.read(100, 0) == b"one\ntwo\n"
    assert again.read(100, 8) == b""
    again.close()


def test_a_log_that_should_be_there_is_not_created(tmp_path: Path, disk: FaultyDisk) -> None:
    with pytest.raises(StateError, match="cannot open"):
        AppendLog.open(tmp_path / "log", disk, create=False)


def test_a_symbolic_link_is_refused(tmp_path: Path, disk: FaultyDisk) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionDenied, match="log"):
        AppendLog.open(tmp_path / "log", disk)


def test_a_short_write_is_undone(tmp_path: Path, disk: FaultyDisk) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    log.append(b"one\n")
    disk.room = 2
    with pytest.raises(StateWriteError):
        log.append(b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\n"
    disk.room = 100
    log.append(b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    log.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_leaves_the_log_usable(tmp_path: Path, disk: FaultyDisk, number: int) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    disk.fail = {"pwrite": number}
    with pytest.raises(StateWriteError, match=os.strerror(number)):
        log.append(b"one\n")
    disk.fail = {}
    log.append(b"one\n")
    log.close()


@pytest.mark.parametrize("call", ["ftruncate", "fsync"])
def test_a_failed_undo_poisons(tmp_path: Path, disk: FaultyDisk, call: str) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    disk.room, disk.fail = 2, {call: errno.EIO}
    with pytest.raises(StoragePoisoned):
        log.append(b"one\n")
    disk.room, disk.fail = 100, {}
    with pytest.raises(StoragePoisoned):
        log.append(b"one\n")
    log.close()


@pytest.mark.parametrize("call", ["pwrite", "fdatasync", "pread"])
def test_an_input_output_error_is_final(tmp_path: Path, disk: FaultyDisk, call: str) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    log.append(b"one\n")
    disk.fail = {call: errno.EIO}
    with pytest.raises(StoragePoisoned):
        _use(log)
    disk.fail = {}
    for use in (log.sync, log.seal, lambda: log.append(b"x"), lambda: log.claim(1)):
        with pytest.raises(StoragePoisoned):
            use()
    log.close()


def _use(log: AppendLog) -> None:
    log.append(b"two\n")
    log.sync()
    log.read(1, 0)


def test_opening_fails_if_what_is_there_cannot_be_synced(tmp_path: Path, disk: FaultyDisk) -> None:
    disk.fail = {"fsync": errno.EIO}
    with pytest.raises(StoragePoisoned):
        AppendLog.open(tmp_path / "log", disk)


def test_a_cut_keeps_the_tail_aside(tmp_path: Path, disk: FaultyDisk) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    log.append(b"one\n" + b"t" * (TORN_KEPT_MAX + 1))
    assert log.cut(4, tmp_path / "log.torn-4")
    assert (tmp_path / "log").read_bytes() == b"one\n"
    assert (tmp_path / "log.torn-4").read_bytes() == b"t" * TORN_KEPT_MAX
    assert (log.size, log.synced_size) == (4, 4)
    log.append(b"two\n")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    log.close()


def test_a_full_disk_does_not_prevent_a_cut(tmp_path: Path, disk: FaultyDisk) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    log.append(b"one\ntorn")
    disk.fail = {"pwrite": errno.ENOSPC}
    assert not log.cut(4, tmp_path / "log.torn-4")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["log"]
    assert (tmp_path / "log").read_bytes() == b"one\n"
    log.close()


def test_claimed_room_is_not_part_of_the_log(tmp_path: Path, disk: FaultyDisk) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    log.append(b"one\n")
    assert log.claim(1 << 20)
    assert log.claim(1 << 20)
    assert (tmp_path / "log").stat().st_size == 4
    log.seal()
    log.close()
    assert (tmp_path / "log").read_bytes() == b"one\n"


@pytest.mark.parametrize(
    ("number", "has_room"), [(errno.ENOSPC, False), (errno.EOPNOTSUPP, True), (errno.EIO, True)]
)
def test_only_a_full_disk_has_no_room(
    tmp_path: Path, disk: FaultyDisk, number: int, *, has_room: bool
) -> None:
    log = AppendLog.open(tmp_path / "log", disk)
    disk.fail = {"claim": number}
    assert log.claim(10) is has_room
    log.close()
