"""Is a file replaced whole, and are refusals told apart?"""

import errno
from pathlib import Path

import pytest

from s1mpletrader.durable.atomic_file import (
    AtomicFile,
    list_directory,
    make_directory,
    read_durable,
    read_file,
    remove,
    write_atomic,
)
from s1mpletrader.durable.generation_file import GenerationFile
from s1mpletrader.errors import PermissionDenied, StateError, StateWriteError, StoragePoisoned
from tests.durable.crash_disk import CrashDisk
from tests.durable.faulty_disk import FaultyDisk

PATH = Path("/state/file")


def test_a_file_is_replaced_and_the_old_one_kept_if_wanted(tmp_path: Path) -> None:
    disk, path = FaultyDisk(), tmp_path / "file"
    write_atomic(path, b"one", disk)
    with AtomicFile(path, disk, keep=".prev") as file:
        file.write(b"t")
        file.write(b"wo")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {
        "file": b"two",
        "file.prev": b"one",
    }
    assert read_file(path, disk) == read_durable(path, disk) == b"two"
    assert read_file(tmp_path / "other", disk) is None


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    disk, path = FaultyDisk(), tmp_path / "file"
    write_atomic(path, b"one", disk)
    disk.room = 1
    with pytest.raises(StateWriteError):
        write_atomic(path, b"two", disk)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"file": b"one"}


def test_an_error_of_the_writer_discards_the_new_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), AtomicFile(tmp_path / "file", FaultyDisk()):
        raise ValueError("mine")
    assert list(tmp_path.iterdir()) == []


def test_after_the_rename_every_failure_is_final() -> None:
    """A caller that is told "nothing changed" would do it again, or do something else."""
    clean = CrashDisk()
    write_atomic(PATH, b"one", clean)
    for number in (errno.ENOSPC, errno.EACCES, errno.EIO):
        disk = CrashDisk()
        disk.fail_at, disk.fail_with = clean.calls - 1, number
        with pytest.raises(StoragePoisoned):
            write_atomic(PATH, b"one", disk)
        assert disk.failed == ["open"]
        assert PATH in disk.visible().files


def test_what_is_missing_or_forbidden_is_said(tmp_path: Path) -> None:
    disk = FaultyDisk()
    with pytest.raises(StateError, match="cannot open") as missing:
        write_atomic(tmp_path / "missing" / "file", b"", disk)
    assert "mounted" in missing.value.hint
    with pytest.raises(StateError):
        make_directory(tmp_path / "missing" / "directory", disk)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionDenied, match="link"):
        read_file(tmp_path / "link", disk)
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="Not a directory"):
        list_directory(tmp_path / "file", disk)
    assert list_directory(tmp_path / "missing", disk) == []


def test_removing_twice_is_removing_once() -> None:
    disk = CrashDisk()
    write_atomic(PATH, b"one", disk)
    remove(PATH, disk)
    remove(PATH, disk)
    assert disk.visible().files == {}
    disk.fail_at = disk.calls + 1
    with pytest.raises(StoragePoisoned, match="removing"):
        remove(PATH, disk)


def test_a_poisoned_state_refuses_for_ever() -> None:
    disk = CrashDisk()
    file = GenerationFile(PATH, disk, name="x")
    file.load()
    disk.fail_at = disk.calls + 5
    for _ in range(2):
        with pytest.raises(StoragePoisoned, match="fsync"):
            file.save(b"{}")
        disk.fail_at = -1
    assert disk.failed == ["fsync"]
