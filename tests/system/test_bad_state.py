"""Is state that cannot be trusted refused, with nothing of it touched?"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rig.processes import Document, Rig

REFUSED = 65
SEGMENT = "journal/journal-00000001.jsonl"
TORN = b'{"n":1000000,"mt":1,"pt":1,"in":{"type":"tim'


def flip_a_bit(state: Path) -> None:
    path = state / SEGMENT
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x04
    path.write_bytes(data)


def lose_the_journal(state: Path) -> None:
    shutil.rmtree(state / "journal")


def lose_the_instance(state: Path) -> None:
    (state / "INSTANCE").unlink()


def write_a_newer_schema(state: Path) -> None:
    path = state / SEGMENT
    path.write_bytes(path.read_bytes().replace(b'"schema":1', b'"schema":2', 1))


def write_a_newer_instance(state: Path) -> None:
    path = state / "INSTANCE"
    content = json.loads(path.read_bytes())
    content["s1"] += 1
    path.write_text(json.dumps(content))


def give_it_to_another_operation(state: Path) -> None:
    path = state / "INSTANCE"
    path.write_bytes(path.read_bytes().replace(b'"paper"', b'"other"', 1))


def restore_an_older_journal(state: Path) -> None:
    """Cut the journal behind a whole group, as a backup of an earlier moment would be."""
    path = state / SEGMENT
    lines = path.read_bytes().splitlines(keepends=True)
    ends = [number for number, line in enumerate(lines, start=1) if b',"h":"' in line]
    path.write_bytes(b"".join(lines[: ends[len(ends) // 2]]))


def tear_the_checkpoint_and_the_first_half(state: Path) -> None:
    """Leave neither the beginning of the story nor its summary."""
    flip_a_bit(state)
    for path in (state / "checkpoint").iterdir():
        path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (flip_a_bit, "cannot be read, and what follows says that it had been durable"),
        (lose_the_journal, "holds no journal"),
        (lose_the_instance, "holds a journal, but there is no"),
        (write_a_newer_schema, "the journal has record schema 2, this version 1"),
        (write_a_newer_instance, "INSTANCE has format 2, this version reads 1"),
        (give_it_to_another_operation, "belongs to operation other"),
        (restore_an_older_journal, "the checkpoint stands for group"),
        (tear_the_checkpoint_and_the_first_half, "cannot be read"),
    ],
)
def test_untrustworthy_state_is_refused_and_kept(
    second_start: Rig, damage: Callable[[Path], None], said: str
) -> None:
    rig = second_start
    rig.configure()
    damage(rig.state)
    before = _contents(rig.state)
    rig.start_engine()
    ended = rig.engine_ends()
    assert ended.code == REFUSED, ended.said
    assert said in ended.said
    assert "hint: " in ended.said
    assert _contents(rig.state) == before


@pytest.mark.slow
def test_a_torn_last_group_is_cut_off_kept_aside_and_told(second_start: Rig) -> None:
    rig = second_start
    rig.start_exchange("--paused")
    rig.configure(lease_s=36_000)
    groups = len(list(rig.groups()))
    with (rig.state / SEGMENT).open("ab") as file:
        file.write(TORN)
    rig.start_engine()
    rig.wait_trading()
    assert f"an unfinished group {groups + 1} was cut off" in rig.log("engine.log")
    (aside,) = (rig.state / "journal").glob("*.torn-*")
    assert aside.read_bytes() == TORN
    rig.wait_equal()


@pytest.mark.slow
def test_a_live_engine_starts_only_on_state_that_a_person_made(rig: Rig) -> None:
    def live(content: Document) -> None:
        content["environments"][0]["mode"] = "live"

    def real_counters(content: Document) -> None:
        content["connectors"][0]["rate_decay_factor"] = 1

    rig.configure()
    rig.edit("environments.yaml", live)
    rig.edit("connectors.yaml", real_counters)
    rig.start_engine()
    ended = rig.engine_ends()
    assert ended.code == REFUSED
    assert "holds no state of a live engine" in ended.said
    assert "s1mpletrader state init" in ended.said
    assert not (rig.state / "INSTANCE").exists()
    made = rig.run("state", "init")
    assert made.code == 0, made.said
    assert (rig.state / "INSTANCE").exists()


def _contents(state: Path) -> dict[str, str]:
    """Return a hash of every file that matters."""
    return {
        str(path.relative_to(state)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(state.rglob("*"))
        if path.is_file() and path.suffix != ".lock" and path.name != "LOCK"
    }
