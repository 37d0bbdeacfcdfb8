"""What does opening a journal accept, cut, or refuse?"""

from pathlib import Path

import pytest

from s1mpletrader.core import journal as codec
from s1mpletrader.durable.disk import Disk, SystemDisk
from s1mpletrader.errors import (
    InternalError,
    StateCorrupt,
    StateRollback,
    StateTooNew,
)
from s1mpletrader.model.records import RECORD_SCHEMA
from s1mpletrader.persistence import segments
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.journal_reader import JournalReader
from s1mpletrader.persistence.segments import segment_path
from tests.durable.crash_disk import CrashDisk, Image
from tests.durable.faulty_disk import FaultyDisk
from tests.persistence.groups import group

DISK = SystemDisk()


def opened(
    directory: Path, *, create: bool = True, segment_size: int = 1 << 20, disk: Disk = DISK
) -> JournalFile:
    return JournalFile.open(
        directory, disk, version="1", create=create, segment_size=segment_size, claim_size=4096
    )


def damaged(path: Path, data: bytes) -> CrashDisk:
    """Return a disk in memory on which the journal's only segment holds `data`."""
    return CrashDisk(Image({path: data}, frozenset({path.parent})))


def written(directory: Path, *batches: int, segment_size: int = 1 << 20) -> list[str]:
    """Write and sync batches of that many groups; returns the hash of each group."""
    journal = opened(directory, segment_size=segment_size)
    heads: list[str] = []
    for size in batches:
        first = journal.next_number
        batch = journal.encode([group(each, "x") for each in range(first, first + size)])
        journal.write(batch)
        journal.sync()
        heads += batch.heads
    journal.close()
    return heads


def numbers(directory: Path, first: int = 1) -> list[int]:
    return [each.stamp.number for each in JournalReader(directory, DISK).groups(first)]


def test_a_journal_that_should_be_there_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(StateCorrupt, match="holds no journal"):
        opened(tmp_path, create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_journal_begins_with_group_1(tmp_path: Path) -> None:
    journal = opened(tmp_path / "journal")
    assert (journal.next_number, journal.durable_number) == (1, 0)
    assert (journal.head, journal.first_number) == (codec.GENESIS, 1)
    assert list(journal.groups()) == []
    journal.append([])
    journal.close()


def test_numbers_are_dense(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    with pytest.raises(InternalError, match="group 2 was handed to the journal, 1 is next"):
        journal.append([group(2)])
    batch = journal.encode([group(1)])
    journal.write(batch)
    with pytest.raises(InternalError, match="does not follow"):
        journal.write(batch)
    journal.close()
    assert numbers(tmp_path) == [1]


def test_what_was_written_is_durable_only_after_a_sync(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([group(1), group(2)])
    assert (journal.next_number, journal.durable_number) == (3, 0)
    journal.sync()
    assert journal.durable_number == 2
    journal.append([group(3)])
    journal.sync()
    journal.close()
    lines = segment_path(tmp_path, 1).read_bytes().splitlines()
    assert [line.count(b'"w":0') for line in lines] == [1, 1, 1, 0]
    assert b'"w":2' in lines[3]


def test_segments_follow_each_other(tmp_path: Path) -> None:
    heads = written(tmp_path, *[3] * 10, segment_size=1000)
    assert len(list(tmp_path.iterdir())) > 3
    journal = opened(tmp_path, create=False)
    assert journal.next_number == 31
    assert journal.head == heads[-1]
    assert [each.stamp.number for each in journal.groups()] == [*range(1, 31)]
    assert journal.notes == ()
    journal.close()


def test_every_cut_of_the_last_segment_leaves_a_prefix_of_groups(tmp_path: Path) -> None:
    """A cut before what a later group says was durable is not a legal one."""
    written(tmp_path, 1, 1, 2)
    path = segment_path(tmp_path, 1)
    data = path.read_bytes()
    ends = [found.end for found in _marks(data)]
    for size in range(ends[0], len(data)):
        disk = damaged(path, data[:size])
        journal = opened(tmp_path, create=False, disk=disk)
        whole = sum(end <= size for end in ends[1:])
        assert journal.next_number == whole + 1
        assert [each.stamp.number for each in journal.groups()] == [*range(1, whole + 1)]
        journal.close()
        files = {path: data[: ends[whole]]}
        if size > ends[whole]:
            files[tmp_path / f"{path.name}.torn-{ends[whole]}"] = data[ends[whole] : size]
        assert disk.visible().files == files
        assert len(journal.notes) == len(files) - 1


def _marks(data: bytes) -> list[codec.Mark]:
    marks: list[codec.Mark] = []
    while mark := codec.find_mark(data, marks[-1].end if marks else 0):
        marks.append(mark)
    return marks


def test_every_cut_of_a_header_is_corruption(tmp_path: Path) -> None:
    written(tmp_path, 1)
    path = segment_path(tmp_path, 1)
    data = path.read_bytes()
    for size in range(_marks(data)[0].end):
        disk = damaged(path, data[:size])
        with pytest.raises(StateCorrupt):
            opened(tmp_path, create=False, disk=disk)
        assert disk.visible().files == {path: data[:size]}


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_every_flipped_bit_is_cut_off_or_refused_and_never_read(tmp_path: Path, step: int) -> None:
    written(tmp_path, 1, 1, 2)
    path = segment_path(tmp_path, 1)
    data = path.read_bytes()
    good = [group(each, "x") for each in range(1, 5)]
    refused = cut = 0
    for position in range(0, len(data) * 8, step):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        disk = damaged(path, bytes(flipped))
        try:
            journal = opened(tmp_path, create=False, disk=disk)
        except (StateCorrupt, StateTooNew):
            refused += 1
            assert disk.visible().files == {path: flipped}
            continue
        found = list(journal.groups())
        assert found == good[: len(found)]
        assert len(found) >= 2, "groups 1 and 2 were acknowledged by what follows"
        cut += len(found) < 4
        journal.close()
    print(f"journal: of {refused + cut} flips {refused} refused, {cut} taken as a torn tail")
    assert refused > cut > 0


def test_a_tear_behind_which_later_groups_are_whole_is_corruption(tmp_path: Path) -> None:
    written(tmp_path, 1, 1, 1)
    path = segment_path(tmp_path, 1)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"n":2', b'"n":7'))
    with pytest.raises(StateCorrupt, match=r"group 2 at byte .* had been durable") as refused:
        opened(tmp_path, create=False)
    assert refused.value.exit_code == 65


def test_a_damaged_sealed_segment_is_refused_when_it_is_read(tmp_path: Path) -> None:
    written(tmp_path, *[3] * 6, segment_size=1000)
    path = segment_path(tmp_path, 1)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"n":2', b'"n":7'))
    journal = opened(tmp_path)
    with pytest.raises(StateCorrupt, match=r"damaged at byte .* in group 2"):
        list(journal.groups())
    journal.close()
    path.write_bytes(data[:-10])
    with pytest.raises(StateCorrupt, match="damaged at its end"):
        opened(tmp_path)


def test_a_missing_segment_is_refused(tmp_path: Path) -> None:
    written(tmp_path, *[3] * 10, segment_size=1000)
    segment_path(tmp_path, 2).unlink()
    with pytest.raises(StateCorrupt, match="segment 2 is missing between 1 and 3"):
        opened(tmp_path)


def test_an_exchanged_segment_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "a", *[3] * 6, segment_size=1000)
    written(tmp_path / "b", *[1] * 18, segment_size=1000)
    segment_path(tmp_path / "a", 2).write_bytes(segment_path(tmp_path / "b", 2).read_bytes())
    with pytest.raises(StateCorrupt, match=r"begins with group \d+ after"):
        opened(tmp_path / "a")
    segment_path(tmp_path / "a", 1).rename(segment_path(tmp_path / "a", 7))
    with pytest.raises(StateCorrupt):
        opened(tmp_path / "a")


def test_a_renamed_segment_is_refused(tmp_path: Path) -> None:
    written(tmp_path, 1)
    segment_path(tmp_path, 1).rename(segment_path(tmp_path, 2))
    with pytest.raises(StateCorrupt, match="says that it is segment 1"):
        opened(tmp_path)


def test_a_newer_schema_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "RECORD_SCHEMA", RECORD_SCHEMA + 1)
    written(tmp_path, 1)
    monkeypatch.undo()
    with pytest.raises(StateTooNew, match="record schema"):
        opened(tmp_path)


def test_older_segments_may_be_gone(tmp_path: Path) -> None:
    heads = written(tmp_path, *[3] * 10, segment_size=1000)
    segment_path(tmp_path, 1).unlink()
    journal = opened(tmp_path)
    first = journal.first_number
    assert first > 1
    found = journal.groups(first, after_head=heads[first - 2])
    assert [each.stamp.number for each in found] == [*range(first, 31)]
    with pytest.raises(StateCorrupt, match="group 1 is asked for, the oldest here is"):
        list(journal.groups())
    journal.close()


def test_the_fold_begins_behind_a_checkpoint_of_this_journal_only(tmp_path: Path) -> None:
    heads = written(tmp_path, *[3] * 10, segment_size=1000)
    journal = opened(tmp_path)
    for number in range(31):
        head = heads[number - 1] if number else codec.GENESIS
        found = journal.groups(number + 1, after_head=head)
        assert [each.stamp.number for each in found] == [*range(number + 1, 31)]
        with pytest.raises(StateRollback, match=f"group {number} is not the one"):
            list(journal.groups(number + 1, after_head="f" * 32))
    with pytest.raises(StateRollback):
        list(journal.groups(35, after_head=heads[-1]))
    journal.close()


def test_groups_are_found_in_large_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, *[5] * 40, segment_size=20_000)
    monkeypatch.setattr(segments, "PROBE_SIZE", 64)
    reader = JournalReader(tmp_path, DISK)
    for number in range(1, 201, 3):
        assert next(iter(reader.groups(number))).stamp.number == number
    assert reader.last_number == 200
    assert [each.stamp.number for each in reader.tail(3)] == [198, 199, 200]
    assert len(list(reader.tail(1000))) == 200
    assert list(reader.groups(201)) == []
    assert list(reader.groups(300)) == []


def test_a_reader_of_nothing_finds_nothing(tmp_path: Path) -> None:
    reader = JournalReader(tmp_path / "missing", DISK)
    assert (reader.first_number, reader.last_number) == (1, 0)
    assert list(reader.groups()) == []
    assert list(reader.tail(5)) == []
    opened(tmp_path / "journal").close()
    reader = JournalReader(tmp_path / "journal", DISK)
    assert (reader.first_number, reader.last_number) == (1, 0)
    assert list(reader.tail(5)) == []


def test_a_reader_follows_a_running_engine_and_changes_nothing(tmp_path: Path) -> None:
    """The writer rotates and writes half a group while the reader reads."""
    journal = opened(tmp_path, segment_size=1500)
    journal.append([group(each, "x") for each in range(1, 4)])
    found = []
    for each in JournalReader(tmp_path, DISK).groups():
        found.append(each.stamp.number)
        if journal.next_number < 40:
            journal.append([group(journal.next_number, "x")])
    assert found == [*range(1, 40)]
    path = segment_path(tmp_path, journal._segment)
    with path.open("ab") as file:
        file.write(b'{"n":40,"mt":1')
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert numbers(tmp_path) == [*range(1, 40)]
    assert JournalReader(tmp_path, DISK).last_number == 39
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    journal.close()


def test_a_full_disk_postpones_a_new_segment(tmp_path: Path) -> None:
    disk = FaultyDisk()
    journal = JournalFile.open(tmp_path, disk, version="1", create=True, segment_size=300)
    journal.append([group(1, "x" * 300)])
    disk.room = 100
    batch = journal.encode([group(2)])
    disk.room = 1 << 20
    journal.write(batch)
    assert [each.name for each in tmp_path.iterdir()] == ["journal-00000001.jsonl"]
    journal.append([group(3)])
    assert len(list(tmp_path.iterdir())) == 2
    journal.close()
    assert numbers(tmp_path) == [1, 2, 3]


def test_a_group_under_a_wrong_number_is_corruption(tmp_path: Path) -> None:
    """A program error that wrote a wrong number, with a hash that fits."""
    written(tmp_path, 1)
    path = segment_path(tmp_path, 1)
    data = path.read_bytes()
    piece, _ = codec.encode(group(7), _marks(data)[-1].head, 1)
    path.write_bytes(data + piece)
    with pytest.raises(StateCorrupt, match="group 2 says that it is number 7"):
        numbers(tmp_path)


def test_a_group_without_an_end_is_torn_after_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 1)
    path = segment_path(tmp_path, 1)
    path.write_bytes(path.read_bytes() + b"x" * 5000)
    monkeypatch.setattr(codec, "GROUP_SIZE_MAX", 1000)
    monkeypatch.setattr(segments, "READ_SIZE", 100)
    assert numbers(tmp_path) == [1]
    monkeypatch.setattr(segments, "PROBE_SIZE", 1000)
    assert JournalReader(tmp_path, DISK).last_number == 1
