"""Is a directory used only by the engine it belongs to?"""

from pathlib import Path

import msgspec
import pytest

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import StateCorrupt, StateTooNew
from s1mpletrader.persistence.instance_file import Instance, InstanceFile
from s1mpletrader.persistence.journal_file import JournalFile
from tests.persistence.groups import group

DISK = SystemDisk()
PAPER = Instance("demo", "acct", "paper", "host-1", "boot-1")
LIVE = msgspec.structs.replace(PAPER, environment="live")


def begin(directory: Path, instance: Instance, *groups: int) -> InstanceFile:
    """Do what a first start does."""
    file = InstanceFile(directory, DISK)
    assert file.admit(instance, may_create=True)
    journal = JournalFile.open(directory / "journal", DISK, version="1", create=True)
    journal.append([group(number) for number in groups])
    journal.sync()
    journal.close()
    file.create(instance)
    return file


def test_a_paper_engine_starts_in_an_empty_directory(tmp_path: Path) -> None:
    assert InstanceFile(tmp_path / "state", DISK).admit(PAPER) is True
    file = InstanceFile(tmp_path / "state", DISK)
    file.create(PAPER)
    assert file.read() == PAPER


def test_a_live_engine_needs_state_init(tmp_path: Path) -> None:
    file = InstanceFile(tmp_path, DISK)
    with pytest.raises(StateCorrupt, match="no state of a live engine") as refused:
        file.admit(LIVE)
    assert "state init" in refused.value.hint
    assert refused.value.exit_code == 65
    assert file.admit(LIVE, may_create=True)


def test_the_next_start_is_not_a_first_one(tmp_path: Path) -> None:
    file = begin(tmp_path, LIVE, 1)
    assert file.admit(LIVE) is False
    elsewhere = msgspec.structs.replace(LIVE, host_id="host-2", boot_id="boot-9")
    assert file.admit(elsewhere) is False


def test_an_instance_without_its_journal_is_refused(tmp_path: Path) -> None:
    file = begin(tmp_path, LIVE)
    (tmp_path / "journal" / "journal-00000001.jsonl").unlink()
    with pytest.raises(StateCorrupt, match="holds no journal"):
        file.admit(LIVE, may_create=True)


def test_a_journal_without_its_instance_is_refused(tmp_path: Path) -> None:
    file = begin(tmp_path, PAPER, 1)
    (tmp_path / "INSTANCE").unlink()
    with pytest.raises(StateCorrupt, match="there is no"):
        file.admit(PAPER)


def test_a_first_start_that_was_killed_is_a_first_start_again(tmp_path: Path) -> None:
    begin(tmp_path, PAPER)
    (tmp_path / "INSTANCE").unlink()
    assert InstanceFile(tmp_path, DISK).admit(PAPER) is True


@pytest.mark.parametrize(
    ("field", "value"), [("operation", "x"), ("account", "y"), ("environment", "live")]
)
def test_another_engines_state_is_refused(tmp_path: Path, field: str, value: str) -> None:
    file = begin(tmp_path, PAPER, 1)
    with pytest.raises(StateCorrupt, match=f"{field} {getattr(PAPER, field)}.*says {value}"):
        file.admit(msgspec.structs.replace(PAPER, **{field: value}))


def test_an_unreadable_instance_is_refused(tmp_path: Path) -> None:
    begin(tmp_path, PAPER, 1)
    (tmp_path / "INSTANCE").write_bytes(b"{")
    with pytest.raises(StateCorrupt, match="cannot be read"):
        InstanceFile(tmp_path, DISK).admit(PAPER)


def test_a_newer_instance_is_refused(tmp_path: Path) -> None:
    file = begin(tmp_path, PAPER, 1)
    text = (tmp_path / "INSTANCE").read_bytes()
    (tmp_path / "INSTANCE").write_bytes(text.replace(b'"s1":1', b'"s1":2'))
    with pytest.raises(StateTooNew):
        file.read()
