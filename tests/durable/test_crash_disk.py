"""Is the disk in memory like the real one, as far as programs can see, and unkind beyond?"""

import errno
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.durable.disk import Disk, SystemDisk
from tests.durable.crash_disk import CrashDisk, Image
from tests.durable.crashes import contents, cuts, kills

NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, st.integers(0, 9000), st.binary(max_size=5000)),
        st.tuples(st.just("truncate"), NAMES, st.integers(0, 9000), st.just(b"")),
        st.tuples(st.just("empty"), NAMES, st.just(0), st.just(b"")),
        st.tuples(st.sampled_from(["replace", "link"]), NAMES, NAMES, st.just(b"")),
        st.tuples(st.just("unlink"), NAMES, st.just(0), st.just(b"")),
        st.tuples(st.just("mkdir"), NAMES, st.just(0), st.just(b"")),
    ),
    max_size=12,
)


def do(disk: Disk, root: Path, step: tuple[str, str, int | str, bytes]) -> int | None:
    """Do one step; returns the error's number."""
    kind, name, where, data = step
    path = root / name
    try:
        if kind in {"write", "truncate", "empty"}:
            flags = os.O_RDWR | os.O_CREAT | (os.O_TRUNC if kind == "empty" else 0)
            fd = disk.open(path, flags)
            try:
                if kind == "write":
                    disk.pwrite(fd, data, int(where))
                elif kind == "truncate":
                    disk.ftruncate(fd, int(where))
                disk.fsync(fd)
                disk.forget(fd)
                assert disk.fstat(fd).st_ino == disk.stat(path).st_ino
            finally:
                disk.close(fd)
        elif kind == "replace":
            disk.replace(path, root / str(where))
        elif kind == "link":
            disk.link(path, root / str(where))
        elif kind == "unlink":
            disk.unlink(path)
        else:
            disk.mkdir(root / f"{name}.d")
    except OSError as error:
        return error.errno
    return None


def seen(disk: Disk, root: Path) -> dict[str, bytes]:
    found = {}
    for name in disk.listdir(root):
        if not name.endswith(".d"):
            fd = disk.open(root / name, os.O_RDONLY)
            assert disk.fstat(fd).st_size == len(disk.pread(fd, 100_000, 0))
            found[name] = disk.pread(fd, 100_000, 0)
            disk.close(fd)
    return found


@given(STEPS)
def test_programs_see_the_same(steps: list[tuple[str, str, int | str, bytes]]) -> None:
    with TemporaryDirectory(dir=os.environ.get("XDG_RUNTIME_DIR")) as name:
        real, root = SystemDisk(), Path(name)
        memory = CrashDisk(Image({}, frozenset({root})))
        for step in steps:
            assert do(real, root, step) == do(memory, root, step)
        assert sorted(real.listdir(root)) == sorted(memory.listdir(root))
        assert seen(real, root) == seen(memory, root)
        assert memory.leaked == 0


@given(STEPS)
def test_what_was_synced_survives_every_crash(
    steps: list[tuple[str, str, int | str, bytes]],
) -> None:
    root = Path("/state")
    disk = CrashDisk()
    for step in steps:
        do(disk, root, step)
    fd = disk.open(root, os.O_RDONLY | os.O_DIRECTORY)
    disk.fsync(fd)
    disk.close(fd)
    last = [crash.image for crash in cuts(disk, since=len(disk.ops))]
    assert last == [disk.visible()]
    assert [*kills(disk)][-1].image == disk.visible()


def test_what_was_not_synced_may_be_anything() -> None:
    disk = CrashDisk()
    path = Path("/state/a")
    fd = disk.open(path, os.O_RDWR | os.O_CREAT)
    disk.pwrite(fd, b"abcd", 0)
    images = [crash.image.files for crash in cuts(disk, since=len(disk.ops))]
    for left in ({}, {path: b""}, {path: b"a"}, {path: b"\0\0\0\0"}, {path: b"a\0\0\0"}):
        assert left in images
    disk.fsync(fd)
    disk.close(fd)
    images = [crash.image.files for crash in cuts(disk, since=len(disk.ops))]
    assert images == [{}, {path: b"abcd"}]


def test_blocks_reach_the_disk_in_any_order() -> None:
    old = b"o" * 4096
    disk = CrashDisk(Image({Path("/state/a"): old}, frozenset({Path("/state")})))
    fd = disk.open(Path("/state/a"), os.O_RDWR)
    disk.pwrite(fd, b"n" * 8192, 4096)
    found = contents(old, disk.dirty[1], is_deep=False)
    assert old + b"\0" * 4096 + b"n" * 4096 in found
    assert old + b"n" * 4096 + b"\0" * 4096 in found


def test_a_failed_sync_loses_what_readers_still_see() -> None:
    disk = CrashDisk()
    path = Path("/state/a")
    fd = disk.open(path, os.O_RDWR | os.O_CREAT)
    disk.pwrite(fd, b"abcd", 0)
    disk.fail_at = disk.calls + 1
    with pytest.raises(OSError, match="error") as failed:
        disk.fsync(fd)
    assert failed.value.errno == errno.EIO
    disk.fsync(fd)
    assert disk.pread(fd, 10, 0) == b"abcd"
    images = [crash.image.files for crash in cuts(disk, since=len(disk.ops))]
    assert images == [{}, {path: b""}]
    disk.forget(fd)
    assert disk.pread(fd, 10, 0) == b""


def test_a_rename_between_two_links_of_one_file_changes_nothing() -> None:
    """As POSIX has it: both names stay."""
    disk, one, two = CrashDisk(), Path("/state/a"), Path("/state/b")
    disk.close(disk.open(one, os.O_RDWR | os.O_CREAT))
    disk.link(one, two)
    disk.replace(one, two)
    assert sorted(disk.listdir(one.parent)) == ["a", "b"]
