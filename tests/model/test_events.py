"""Do event names and payload types belong together?"""

from typing import ClassVar

from s1mpletrader.model.base import Value
from s1mpletrader.model.events import ENGINE_EVENTS, WORKER_EVENTS, event_name, payload_type


class GapSeen(Value, frozen=True):
    event_name: ClassVar[str] = "GAP_SEEN"


class Odd(Value, frozen=True):
    event_name: int


def test_every_standard_event_is_found_by_its_payload_and_back() -> None:
    for name in (*ENGINE_EVENTS, *WORKER_EVENTS):
        payload = payload_type(name)
        assert payload is not None
        assert event_name(payload) == name


def test_a_plugins_payload_names_its_event_itself() -> None:
    assert event_name(GapSeen) == "GAP_SEEN"
    assert payload_type("GAP_SEEN") is None


def test_a_payload_without_a_name_is_no_event() -> None:
    assert event_name(int) is None
    assert event_name(Odd) is None
