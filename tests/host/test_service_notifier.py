"""How does the engine tell its service manager how it is?"""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from s1mpletrader.host.service_notifier import (
    ServiceNotifier,
    open_notifier,
    watchdog_interval_us,
)
from s1mpletrader.model.base import Micros


class Manager:
    """A service manager that reads only when asked to."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return found


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    path = tmp_path / "notify"
    found = Manager(path)
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    yield found
    found.socket.close()


@pytest.fixture
def notifier(manager: Manager) -> Iterator[ServiceNotifier]:
    assert manager.heard() == []
    found = open_notifier()
    yield found
    found.close()


def test_each_message_is_what_systemd_expects(manager: Manager, notifier: ServiceNotifier) -> None:
    notifier.ready("up, NOT trading: reconcile")
    notifier.status("first\nWATCHDOG=1 is no second line")
    notifier.watchdog()
    notifier.extend_timeout(Micros(5_000_000))
    notifier.stopping("stopping")
    assert manager.heard() == [
        "READY=1\nSTATUS=up, NOT trading: reconcile",
        "STATUS=first WATCHDOG=1 is no second line",
        "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=5000000",
        "STOPPING=1\nSTATUS=stopping",
    ]


def test_text_beyond_ascii_does_not_fail(manager: Manager, notifier: ServiceNotifier) -> None:
    notifier.status("halted by Zoë \N{ROCKET}")
    assert manager.heard() == ["STATUS=halted by Zo? ?"]


def test_a_manager_that_does_not_read_never_blocks_the_engine(
    manager: Manager, notifier: ServiceNotifier
) -> None:
    for _ in range(10_000):
        notifier.watchdog()
    assert notifier.dropped > 0
    notifier.stopping("stopping")
    manager.heard()
    notifier.watchdog()
    assert manager.heard() == ["STOPPING=1\nSTATUS=stopping", "WATCHDOG=1"]


def test_of_several_status_lines_only_the_newest_is_owed(
    manager: Manager, notifier: ServiceNotifier
) -> None:
    while not notifier.dropped:
        notifier.watchdog()
    notifier.status("old")
    notifier.status("new")
    manager.heard()
    notifier.watchdog()
    assert manager.heard() == ["STATUS=new", "WATCHDOG=1"]


def test_without_a_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    silent = open_notifier()
    silent.ready("ready")
    silent.watchdog()
    silent.close()
    assert silent.dropped == 0


def test_the_watchdog_is_fed_four_times_per_timeout_and_only_if_it_watches_us() -> None:
    watched = {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}
    assert watchdog_interval_us(watched, 42) == 7_500_000
    assert watchdog_interval_us(watched, 43) is None
    assert watchdog_interval_us({"WATCHDOG_USEC": "30000000"}, 42) == 7_500_000
    assert watchdog_interval_us({}, 42) is None
    assert watchdog_interval_us({"WATCHDOG_USEC": "0"}, 42) is None
    assert watchdog_interval_us({"WATCHDOG_USEC": "soon"}, 42) is None
