"""Is this host run by systemd, and does stderr go to its journal?"""

import os
import sys
import types
from pathlib import Path

import pytest

from s1mpletrader.host import journald


def test_without_python_systemd_the_mark_of_sd_booted_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "systemd.daemon", None)
    monkeypatch.setattr(journald, "BOOTED_MARK", tmp_path)
    assert journald.booted()
    monkeypatch.setattr(journald, "BOOTED_MARK", tmp_path / "nowhere")
    assert not journald.booted()


def test_with_python_systemd_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = types.ModuleType("systemd.daemon")
    monkeypatch.setattr(daemon, "booted", lambda: 1, raising=False)
    monkeypatch.setitem(sys.modules, "systemd", types.ModuleType("systemd"))
    monkeypatch.setitem(sys.modules, "systemd.daemon", daemon)
    assert journald.booted()


def test_a_stream_is_the_journals_only_if_device_and_inode_agree(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        found = os.fstat(stream.fileno())
        told = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert journald.is_journal(stream.fileno(), told)
        assert not journald.is_journal(stream.fileno(), {"JOURNAL_STREAM": "1:2"})
        assert not journald.is_journal(stream.fileno(), {})
        closed = stream.fileno()
    assert not journald.is_journal(closed, told)
