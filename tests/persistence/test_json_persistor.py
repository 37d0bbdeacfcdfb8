"""Is a worker's state the old one or the new one, whatever happens?"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.durable import atomic_file, generation_file
from s1mpletrader.durable.atomic_file import AtomicFile, read_file
from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.durable.generation_file import QUARANTINED_MAX, Generation, decode
from s1mpletrader.durable.generation_file import encode as pieces_of
from s1mpletrader.errors import (
    InternalError,
    StateCorrupt,
    StateEncodeError,
    StateRollback,
    StateTooNew,
)
from s1mpletrader.persistence.json_persistor import JsonPersistor
from tests.durable.crash_disk import EMPTY, CrashDisk, Image
from tests.durable.crashes import explore

PATH = Path("/state/state.json")


def encode(name: str, schema: int, generation: int, content: bytes) -> bytes:
    """Return a whole file."""
    return b"".join(pieces_of(name, schema, generation, content))


def body(generation: int) -> bytes:
    return b'{"generation":%d,"text":"%s"}' % (generation, b"x" * 9000)


def persistor(path: Path, **options: int) -> JsonPersistor:
    return JsonPersistor(path, SystemDisk(), name="worker", **options)


def saved(path: Path, *generations: int) -> JsonPersistor:
    state = persistor(path)
    state.load()
    for generation in generations:
        assert state.save(body(generation)) == generation
    return state


def test_the_newest_state_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert persistor(path).load() == (None, 0)
    saved(path, 1, 2, 3)
    assert persistor(path).load() == (body(3), 3)
    assert path.read_bytes().splitlines()[-1] == body(3)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["state.json", "state.json.prev"]


def test_saving_before_loading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match="before it was loaded"):
        persistor(tmp_path / "state.json").save(b"{}")


@pytest.mark.parametrize("text", [b"", b"NaN", b"{", b'{"a":\n1}', b"\xff"])
def test_what_is_not_a_line_of_json_is_refused_before_the_disk_is_touched(
    tmp_path: Path, text: bytes
) -> None:
    state = saved(tmp_path / "state.json", 1)
    with pytest.raises(StateEncodeError):
        state.save(text)
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_a_damaged_state_falls_back_by_one_and_is_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    saved(path, 1, 2)
    path.write_bytes(path.read_bytes()[:-2])
    state = persistor(path)
    assert state.load() == (body(1), 1)
    assert state.notes[0].startswith("state.json: it has ")
    assert state.notes[0].endswith("kept as state.json.corrupt-1")
    assert state.save(body(2)) == 2
    assert persistor(path).load() == (body(2), 2)


def test_a_fall_back_below_what_was_acknowledged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    saved(path, 1, 2)
    path.write_bytes(b"")
    with pytest.raises(StateRollback, match="holds generation 1, 2 was acknowledged"):
        persistor(path, min_generation=2).load()
    path.unlink()
    path.with_name("state.json.prev").unlink()
    with pytest.raises(StateRollback):
        persistor(path, min_generation=1).load()


def test_corruption_of_everything_stops_every_start_and_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    saved(path, 1, 2)
    for each in tmp_path.iterdir():
        each.write_bytes(b"rubbish\n")
    for _ in range(2):
        with pytest.raises(StateCorrupt, match="no valid generation") as refused:
            persistor(path).load()
        assert refused.value.exit_code == 65
    assert sorted(each.name for each in tmp_path.iterdir()) == ["state.json", "state.json.prev"]


def test_a_torn_first_save_is_no_state_yet(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.with_name("state.json.journal").write_bytes(b'{"s1":1')
    assert persistor(path).load() == (None, 0)
    assert [each.name for each in tmp_path.iterdir()] == ["state.json.corrupt-1"]


def test_a_complete_newer_journal_is_promoted_and_an_older_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    saved(path, 1, 2)
    path.with_name("state.json.journal").write_bytes(encode("worker", 1, 3, body(3)))
    assert persistor(path).load() == (body(3), 3)
    path.with_name("state.json.journal").write_bytes(encode("worker", 1, 2, body(2)))
    assert persistor(path).load() == (body(3), 3)
    assert not path.with_name("state.json.journal").exists()


def test_reading_only_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    saved(path, 1)
    path.with_name("state.json.journal").write_bytes(encode("worker", 1, 2, body(2)))
    path.with_name("state.json.prev").write_bytes(b"rubbish")
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    state = persistor(path)
    assert state.load(read_only=True) == (body(2), 2)
    assert len(state.notes) == 1
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_another_workers_file_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    saved(path, 1)
    with pytest.raises(StateCorrupt, match="of worker, not 1 of other"):
        JsonPersistor(path, SystemDisk(), name="other").load()


def test_a_newer_schema_is_refused_and_an_older_one_is_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = persistor(path, schema=2)
    state.load()
    state.save(body(1))
    with pytest.raises(StateTooNew, match="schema 2, this version reads 1"):
        persistor(path).load()
    assert persistor(path, schema=3).load() == (body(1), 1)


def test_what_is_put_aside_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for _ in range(QUARANTINED_MAX + 2):
        path.with_name("state.json.journal").write_bytes(b"torn")
        persistor(path).load()
    assert len(list(tmp_path.iterdir())) == QUARANTINED_MAX


@given(st.binary(max_size=200), st.integers(0, 9), st.integers(0, 2**40))
def test_what_was_encoded_is_decoded(text: bytes, schema: int, generation: int) -> None:
    assert decode("x", encode("x", schema, generation, text)) == Generation(
        generation, schema, text
    )


def test_no_cut_and_no_flipped_bit_is_taken_for_a_state() -> None:
    data = encode("worker", 1, 7, b'{"a":1}')
    for size in range(len(data)):
        assert isinstance(decode("worker", data[:size]), str)
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        found = decode("worker", bytes(flipped))
        assert isinstance(found, str) or found == decode("worker", data)


def life(disk: CrashDisk) -> None:
    """Save four generations."""
    state = JsonPersistor(PATH, disk, name="worker")
    state.load()
    for generation in range(1, 5):
        disk.note("begun", generation)
        state.save(body(generation))
        disk.note("acked", generation)


def recover(disk: CrashDisk) -> int:
    """Return the generation found, having checked its body."""
    found, generation = JsonPersistor(PATH, disk, name="worker").load()
    assert found == (body(generation) if generation else None)
    return generation


def test_no_crash_loses_a_saved_state() -> None:
    verdict = explore(life, recover, start=EMPTY, limit=400)
    print(f"state: {verdict.states} distinct crash states")
    assert verdict.broken == []
    assert verdict.states > 500


def test_saving_goes_on_after_every_crash() -> None:
    disk = CrashDisk()
    life(disk)
    for at in range(len(disk.ops) + 1):
        survivor = disk.replayed(at)
        state = JsonPersistor(PATH, survivor, name="worker")
        _, generation = state.load()
        state.save(body(generation + 1))
        assert recover(CrashDisk(survivor.visible())) == generation + 1


def test_sabotage_promoting_a_journal_on_sight_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def believe(name: str, data: bytes) -> Generation | str:
        found = decode(name, data)
        return found if isinstance(found, Generation) else Generation(99, 1, data)

    monkeypatch.setattr(generation_file, "decode", believe)
    assert explore(life, recover, start=EMPTY, limit=20, is_nested=False, stops_early=True).broken


def test_sabotage_no_sync_of_the_directory_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_file, "sync_directory", lambda *_: None)
    broken = explore(life, recover, start=EMPTY, limit=20, is_nested=False, stops_early=True).broken
    assert any("found 0, acknowledged 1" in each for each in broken)


def test_sabotage_no_sync_of_the_file_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AtomicFile, "_sync", lambda _self: None)
    assert explore(life, recover, start=EMPTY, limit=20, is_nested=False, stops_early=True).broken


def test_sabotage_loading_without_making_durable_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generation_file, "read_durable", read_file)
    monkeypatch.setattr(generation_file, "sync_directory", lambda *_: None)
    assert explore(life, recover, start=EMPTY, limit=20, is_nested=False, stops_early=True).broken


def test_what_a_failed_sync_left_in_the_cache_is_not_believed() -> None:
    """The next process must see what the device has, not what the cache shows."""
    before = encode("worker", 1, 1, body(1))
    disk = CrashDisk(Image({PATH: before}, EMPTY.directories))
    fd = disk.open(PATH, 1)
    disk.pwrite(fd, encode("worker", 1, 2, body(2)), 0)
    disk.fail_at = disk.calls + 1
    with pytest.raises(OSError, match="error"):
        disk.fsync(fd)
    assert recover(disk) == 1
