"""Is a lock held by one process at a time, whatever happens to its file?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.durable.locks import AccountLock, DirectoryLock, FileLock
from s1mpletrader.errors import Locked, PermissionDenied, StateError

DISK = SystemDisk()

HOLDER = """
import sys
from pathlib import Path
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.durable.locks import DirectoryLock

lock = DirectoryLock(Path(sys.argv[1]), SystemDisk()).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    held = f"{tmp_path} is in use by process {os.getpid()}"
    with DirectoryLock(tmp_path, DISK).acquire(), pytest.raises(Locked, match=held):
        DirectoryLock(tmp_path, DISK).acquire()
    with DirectoryLock(tmp_path, DISK).acquire():
        assert (tmp_path / "LOCK").exists()


def test_two_accounts_do_not_disturb_each_other(tmp_path: Path) -> None:
    first = AccountLock(tmp_path, "a1", DISK).acquire()
    second = AccountLock(tmp_path, "b2", DISK).acquire()
    with pytest.raises(Locked, match="account a1"):
        AccountLock(tmp_path, "a1", DISK).acquire()
    first.release()
    second.release()


def test_waiting_is_told_every_second_and_ends(tmp_path: Path) -> None:
    told: list[tuple[int, str]] = []
    slept: list[float] = []
    held = DirectoryLock(tmp_path, DISK)
    with held.acquire(), pytest.raises(Locked, match="waited 3 s"):
        DirectoryLock(tmp_path, DISK).acquire(
            wait_s=3, on_wait=lambda *each: told.append(each), sleep=slept.append
        )
    assert told == [(0, str(os.getpid())), (1, str(os.getpid())), (2, str(os.getpid()))]
    assert slept == [1, 1, 1]


def test_waiting_takes_the_lock_as_soon_as_it_is_free(tmp_path: Path) -> None:
    first = DirectoryLock(tmp_path, DISK).acquire()
    second = DirectoryLock(tmp_path, DISK)
    second.acquire(wait_s=60, sleep=lambda _seconds: first.release())
    assert second.holder() == str(os.getpid())
    second.release()
    second.release()


def test_a_lock_on_a_removed_file_is_no_lock(tmp_path: Path) -> None:
    """Between open and flock the file is replaced: the lock must be taken on the new one."""

    class Meddler(SystemDisk):
        meddles = 0

        def lock(self, fd: int) -> bool:
            taken = super().lock(fd)
            if self.meddles:
                self.meddles -= 1
                (tmp_path / "LOCK").unlink()
                if self.meddles:
                    (tmp_path / "LOCK").touch()
            return taken

    for meddles in (1, 2):
        disk = Meddler()
        disk.meddles = meddles
        lock = DirectoryLock(tmp_path, disk).acquire(wait_s=2, sleep=lambda _seconds: None)
        with pytest.raises(Locked):
            DirectoryLock(tmp_path, DISK).acquire()
        lock.release()


def test_the_end_of_a_process_ends_its_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(Locked, match=f"process {holder.pid}"):
        DirectoryLock(tmp_path, DISK).acquire()
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    DirectoryLock(tmp_path, DISK).acquire().release()


@pytest.mark.parametrize("text", [b"", b"x\n", b"\xff"])
def test_a_holder_that_wrote_no_pid_is_unknown(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "LOCK").write_bytes(text)
    assert DirectoryLock(tmp_path, DISK).holder() == "unknown"


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    assert DirectoryLock(tmp_path, DISK).holder() == "unknown"
    (tmp_path / "LOCK").mkdir()
    assert DirectoryLock(tmp_path, DISK).holder() == "unknown"


def test_a_lock_that_cannot_be_opened_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot open"):
        DirectoryLock(tmp_path / "missing", DISK).acquire()
    (tmp_path / "LOCK").symlink_to("elsewhere")
    with pytest.raises(PermissionDenied):
        FileLock(tmp_path / "LOCK", DISK, "it").acquire()
