"""Is a wrong configuration refused before anything happens, with its place and a hint?"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rig.processes import Document, Rig

REFUSED = 78


def misspell_a_key(content: Document) -> None:
    content["limits"]["order_cost_maximum"] = 5


def write_a_word_for_a_number(content: Document) -> None:
    content["environments"][0]["reconcile"]["deadline_s"] = "soon"


def name_no_plugin(content: Document) -> None:
    content["workforce"]["context_workers"][0]["plugin"] = "atr_detektor"


def wire_a_circle(content: Document) -> None:
    rule = {
        "wiring_id": "circle",
        "source": {
            "component_id": "cross",
            "event_name": "cross_OUTPUT",
            "event_type": "SystemEvent",
        },
        "target": {"component_id": "atr", "handler_method": "process"},
    }
    content["wiring_rules"].append(rule)


@pytest.mark.parametrize(
    ("name", "mistake", "said"),
    [
        ("operation.yaml", misspell_a_key, r'unknown key .*"order_cost_max"'),
        ("environments.yaml", write_a_word_for_a_number, r'a number was expected, found "soon"'),
        ("strategies/ema_cross.yaml", name_no_plugin, r'unknown plugin .*"atr_detector"'),
        ("wiring/ema_cross.yaml", wire_a_circle, r"runs in a circle: atr -> ema -> cross -> atr"),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    rig: Rig, name: str, mistake: Callable[[Document], None], said: str
) -> None:
    rig.configure()
    rig.edit(name, mistake)
    rig.start_engine()
    ended = rig.engine_ends()
    assert ended.code == REFUSED
    assert re.search(rf"{re.escape(name)}:\d+:\d+: error: .*{said}", ended.said), ended.said
    assert "nothing was started" in ended.said
    assert not rig.state.exists()


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.chmod(0o644)])
def test_a_secret_that_is_missing_or_public_is_refused(
    rig: Rig, damage: Callable[[Path], None]
) -> None:
    rig.configure()
    damage(rig.credentials / "simulated_exchange.secret")
    rig.start_engine()
    ended = rig.engine_ends()
    assert ended.code == REFUSED
    assert "credential" in ended.said
    assert "hint: " in ended.said
    assert not rig.state.exists()


def test_a_check_refuses_what_a_start_would_refuse(rig: Rig) -> None:
    rig.configure()
    assert rig.run("check").code == 0
    (rig.credentials / "simulated_exchange.secret").unlink()
    ended = rig.run("check")
    assert ended.code == REFUSED
    assert "credential simulated_exchange.secret cannot be read" in ended.said
