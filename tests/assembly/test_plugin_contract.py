"""Is a plugin that breaks its contract refused, by name, with what was expected and found?"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from s1mpletrader.assembly.plugin_contract import Plugin
from s1mpletrader.assembly.plugin_registry import find_plugins
from s1mpletrader.config.problem import Problem
from tests.assembly.shop import ROOT

NUMBERS = itertools.count()

STANDARD = """
from plugins.context_workers.sentiment_enrichment.{name}.schema import Params
from plugins.context_workers.sentiment_enrichment.{name}.dtos import Mood, Memory
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin import *


class MoodReader(StandardWorker):
    params_type = Params

    def __init__(
        self, *, instance_id: WorkerId, params: Params, state_persistence: StateProvider[Memory]
    ) -> None:
        super().__init__(instance_id=instance_id)

    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        return DispositionEnvelope.proceed()
"""
LISTENER = """
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.market import Bar
from s1mpletrader.model.signals import CriticalEvent, ExitSignal
from s1mpletrader.plugin import *


class Watcher(EventDrivenWorker):
    def __init__(self, *, instance_id: WorkerId, params: WorkerParams) -> None:
        super().__init__(instance_id=instance_id)

    def on_threat(self, threat: CriticalEvent) -> DispositionEnvelope:
        return DispositionEnvelope.stop()
"""
SCHEMA = """
from s1mpletrader.plugin import WorkerParams


class Params(WorkerParams, frozen=True):
    window: int = 3
"""
DTOS = """
from dataclasses import dataclass
import msgspec
from s1mpletrader.model.base import Value


class Mood(Value, frozen=True):
    value: float


class Memory(Value, frozen=True):
    value: float


class Loose(msgspec.Struct):
    value: float


@dataclass
class Plain:
    value: float
"""
STANDARD_MANIFEST = """\
plugin_api: 1
identification:
  name: {name}
  type: context_workers
  subtype: sentiment_enrichment
  version: 1.0.0
requires_capability: [state_persistence]
requires_dtos:
  - {{dto_type: Bar, expected_path: s1mpletrader.model.market}}
produces_dtos:
  - {{dto_type: Mood, local_path: dtos}}
capabilities:
  state: {{enabled: true, state_dto: dtos.Memory}}
"""
LISTENER_MANIFEST = """\
plugin_api: 1
identification:
  name: {name}
  type: context_workers
  subtype: sentiment_enrichment
  version: 1.0.0
capabilities:
  events:
    enabled: true
    publishes: []
    wirings:
      - {{listens_to: THREAT_DETECTED, invokes: {{method: on_threat}}}}
"""


class Workshop:
    """A plugin root in a temporary place; every plugin gets a name of its own."""

    def __init__(self, place: Path) -> None:
        self.root = place / "plugins"
        self.root.mkdir()

    def make(self, manifest: str, worker: str) -> str:
        """Write a plugin; return its name."""
        name = f"made_{next(NUMBERS)}"
        home = self.root / "context_workers/sentiment_enrichment" / name
        (home / "dtos").mkdir(parents=True)
        (home / "manifest.yaml").write_text(manifest.format(name=name))
        (home / "worker.py").write_text(worker.replace("{name}", name))
        (home / "schema.py").write_text(SCHEMA)
        (home / "dtos/__init__.py").write_text(DTOS)
        return name

    def load(self, name: str) -> tuple[Plugin | None, list[Problem]]:
        """Find and load one plugin."""
        registry, problems = find_plugins([ROOT / "plugins", self.root])
        assert problems == []
        plugins, problems = registry.load([name])
        return plugins.get(name), problems

    def told(self, manifest: str, worker: str) -> list[str]:
        """Return what is wrong with a plugin, its name and place cut out."""
        name = self.make(manifest, worker)
        plugin, problems = self.load(name)
        assert plugin is None
        home = f"{self.root}/context_workers/sentiment_enrichment/{name}/"
        cut = [str(problem).replace(home, "") for problem in problems]
        return [
            each.replace(f"plugins.context_workers.sentiment_enrichment.{name}", "IT")
            for each in cut
        ]


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """Return an empty plugin root, forgotten by the import system afterwards."""
    path = list(sys.path)
    yield Workshop(tmp_path)
    sys.path[:] = path


def test_a_plugin_of_another_root_keeps_its_contract(workshop: Workshop) -> None:
    plugin, problems = workshop.load(workshop.make(STANDARD_MANIFEST, STANDARD))
    assert problems == []
    assert plugin is not None
    assert [each.__name__ for each in plugin.facts.produces] == ["Mood"]
    assert [each.__name__ for each in plugin.facts.requires] == ["Bar"]
    assert plugin.facts.is_standard
    assert plugin.state_type is not None
    assert plugin.params_type.model_validate({"window": "7"}).model_dump() == {"window": 7}


def test_a_listening_plugin_keeps_its_contract(workshop: Workshop) -> None:
    plugin, problems = workshop.load(workshop.make(LISTENER_MANIFEST, LISTENER))
    assert problems == []
    assert plugin is not None
    assert not plugin.facts.is_standard
    assert plugin.state_type is None


WRONG_STANDARD = [
    (
        "no worker class",
        "class MoodReader(StandardWorker)",
        "class MoodReader",
        "manifest.yaml:1:1: error: IT.worker must define exactly one worker class, found none",
    ),
    (
        "neither kind",
        "class MoodReader(StandardWorker)",
        "class MoodReader(Worker)",
        (
            "manifest.yaml:1:1: error: MoodReader derives from neither StandardWorker"
            " nor EventDrivenWorker"
        ),
    ),
    (
        "raises when imported",
        "class MoodReader",
        "raise LookupError('half')\nclass MoodReader",
        "manifest.yaml:1:1: error: IT.worker cannot be imported: LookupError: half",
    ),
    (
        "leaves when imported",
        "class MoodReader",
        "raise SystemExit(0)\nclass MoodReader",
        "manifest.yaml:1:1: error: IT.worker cannot be imported: SystemExit: 0",
    ),
    (
        "takes what it did not ask for",
        "state_persistence: StateProvider[Memory]",
        "state_persistence: StateProvider[Memory], ledger_state: LedgerProvider",
        (
            "manifest.yaml:7:22: error: MoodReader() takes instance_id, ledger_state, params,"
            " state_persistence, expected instance_id, params, state_persistence"
            " (one keyword for each required capability, besides instance_id and params)"
        ),
    ),
    (
        "answers with something else",
        "-> DispositionEnvelope:\n        return",
        "-> None:\n        return",
        (
            "manifest.yaml:1:1: error: MoodReader.process must be annotated"
            " to return DispositionEnvelope"
        ),
    ),
    (
        "takes two",
        "context: TradingContextProvider",
        "context: TradingContextProvider, more: int",
        (
            "manifest.yaml:1:1: error: MoodReader.process takes 2 arguments,"
            " expected 1: the event or the context"
        ),
    ),
    (
        "annotated with a name that is not there",
        "context: TradingContextProvider",
        "context: 'Nowhere'",
        (
            "manifest.yaml:1:1: error: the annotations of MoodReader.process cannot be read:"
            " name 'Nowhere' is not defined"
        ),
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [each[1:] for each in WRONG_STANDARD],
    ids=[e[0] for e in WRONG_STANDARD],
)
def test_a_wrong_worker_is_told(workshop: Workshop, old: str, new: str, told: str) -> None:
    assert old in STANDARD
    assert told in workshop.told(STANDARD_MANIFEST, STANDARD.replace(old, new))


WRONG_MANIFEST = [
    (
        "dto_type: Bar",
        "dto_type: Barr",
        (
            "manifest.yaml:9:16: error: s1mpletrader.model.market has no class"
            ' Barr (did you mean "Bar"?)'
        ),
    ),
    (
        "expected_path: s1mpletrader.model.market",
        "expected_path: s1mpletrader.model.markt",
        (
            "manifest.yaml:9:16: error: s1mpletrader.model.markt cannot be imported:"
            " ModuleNotFoundError: No module named 's1mpletrader.model.markt'"
        ),
    ),
    (
        "dto_type: Mood",
        "dto_type: Mod",
        'manifest.yaml:11:16: error: IT.dtos has no class Mod (did you mean "Mood"?)',
    ),
    (
        "state_dto: dtos.Memory",
        "state_dto: dtos.Memry",
        'manifest.yaml:13:37: error: IT.dtos has no class Memry (did you mean "Memory"?)',
    ),
    (
        "state_dto: dtos.Memory",
        "state_dto: dtos.Loose",
        (
            "manifest.yaml:13:37: error: Loose is no frozen msgspec Struct: what a worker remembers"
            " must be immutable (derive it from s1mpletrader.model.base.Value)"
        ),
    ),
    (
        "state_dto: dtos.Memory",
        "state_dto: dtos.Plain",
        (
            "manifest.yaml:13:37: error: Plain is no frozen msgspec Struct: what a worker remembers"
            " must be immutable (derive it from s1mpletrader.model.base.Value)"
        ),
    ),
    (
        "capabilities:\n",
        (
            "capabilities:\n  events: {{enabled: true, publishes: [{{event_name: BAR_CLOSED}}],"
            " wirings: [{{listens_to: BAR_CLOSED, invokes: {{method: on_bar}}}}]}}\n"
        ),
        "manifest.yaml:13:52: error: BAR_CLOSED is published by the engine only",
    ),
    (
        "capabilities:\n",
        (
            "capabilities:\n  events: {{enabled: true,"
            " wirings: [{{listens_to: BAR_CLOSED, invokes: {{method: on_bar}}}}]}}\n"
        ),
        ("manifest.yaml:13:36: error: MoodReader is a StandardWorker: it has process, no handlers"),
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG_MANIFEST)
def test_a_manifest_that_promises_something_else_is_told(
    workshop: Workshop, old: str, new: str, told: str
) -> None:
    assert old in STANDARD_MANIFEST
    assert told in workshop.told(STANDARD_MANIFEST.replace(old, new), STANDARD)


NO_PAYLOAD = (
    "which is not the payload of THREAT_DETECTED (annotate the handler with the event's type)"
)
WRONG_LISTENER = [
    (
        "def on_threat",
        "def on_treat",
        'manifest.yaml:12:57: error: Watcher.on_threat does not exist (did you mean "on_treat"?)',
    ),
    (
        "threat: CriticalEvent",
        "threat: ExitSignal",
        f"manifest.yaml:12:9: error: Watcher.on_threat takes ExitSignal, {NO_PAYLOAD}",
    ),
    (
        "threat: CriticalEvent",
        "threat",
        f"manifest.yaml:12:9: error: Watcher.on_threat takes nothing, {NO_PAYLOAD}",
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG_LISTENER)
def test_a_wrong_handler_is_told(workshop: Workshop, old: str, new: str, told: str) -> None:
    assert old in LISTENER
    assert workshop.told(LISTENER_MANIFEST, LISTENER.replace(old, new)) == [told]


def test_a_listener_that_listens_to_nothing_is_told(workshop: Workshop) -> None:
    manifest = LISTENER_MANIFEST.split("capabilities:", maxsplit=1)[0]
    assert workshop.told(manifest, LISTENER) == [
        (
            "manifest.yaml:1:1: error: Watcher is an EventDrivenWorker and listens to nothing"
            " (name its handlers under events.wirings)"
        ),
    ]


# --- where plugins lie ---


def found(workshop: Workshop) -> list[str]:
    _, problems = find_plugins([ROOT / "plugins", workshop.root])
    return [str(problem).replace(f"{workshop.root}/", "") for problem in problems]


def home_of(workshop: Workshop) -> Path:
    name = workshop.make(STANDARD_MANIFEST, STANDARD)
    return workshop.root / "context_workers/sentiment_enrichment" / name


@pytest.mark.parametrize("level", [".", "context_workers", "context_workers/sentiment_enrichment"])
def test_a_stray_init_that_would_hide_other_roots_is_refused(
    workshop: Workshop, level: str
) -> None:
    home_of(workshop)
    (workshop.root / level / "__init__.py").touch()
    (told,) = found(workshop)
    assert told.endswith(
        "__init__.py: error: an __init__.py here hides the plugins of every other root (delete it)"
    )


def test_a_name_that_is_taken_is_refused(workshop: Workshop) -> None:
    home = home_of(workshop)
    home.rename(home.parent / "ema_detector")
    manifest = home.parent / "ema_detector/manifest.yaml"
    manifest.write_text(manifest.read_text().replace(home.name, "ema_detector"))
    (told,) = found(workshop)
    assert 'error: a plugin named "ema_detector" is already at ' in told
    assert "manifest.yaml:3:9:" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: made", "name: mde", '3:9: error: name is "mde'),
        (
            "type: context",
            "type: threat",
            '4:9: error: type is "threat_workers", but the folder is',
        ),
        ("subtype: sent", "subtype: cent", '5:12: error: subtype is "centiment_enrichment", but'),
        ("plugin_api: 1", "plugin_api: 2", "1:13: error: plugin_api is 2, this engine has 1"),
        ("version: 1.0.0", "version: 1", '6:12: error: identification.version: "1" does not look'),
        ("enabled: true,", "enabled: true, enabeld: true,", '13:26: error: unknown key "capabili'),
        ("version: 1.0.0", "version: [", "8:1: error: did not find expected"),
        ("version: 1.0.0", "version: 1.0.0\n  auhtor: me", '7:3: error: unknown key "identifica'),
        ("[state_persistence]", "[]", "1:1: error: state_persistence must be required and enabled"),
        (
            "[state_persistence]",
            "[state_persistence, journaling]",
            "1:1: error: journaling must be",
        ),
        (
            "[state_persistence]",
            "[state_persistence, ohlcv_window]",
            "1:1: error: ohlcv_window needs warm_up: the number of bars to keep",
        ),
    ],
)
def test_a_manifest_that_is_wrong_by_itself_is_told(
    workshop: Workshop, old: str, new: str, told: str
) -> None:
    manifest = home_of(workshop) / "manifest.yaml"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))
    assert f"manifest.yaml:{told}" in found(workshop)[0]


def test_an_event_with_two_handlers_is_refused(workshop: Workshop) -> None:
    manifest = home_of(workshop) / "manifest.yaml"
    wire = "{listens_to: PLAN_READY, invokes: {method: on_plan}}"
    events = f"\n  events: {{enabled: true, wirings: [{wire}, {wire}]}}\n"
    manifest.write_text(manifest.read_text() + events.strip("\n") + "\n")
    (told,) = found(workshop)
    assert told.endswith("14:11: error: capabilities.events: PLAN_READY has two handlers")


def test_a_root_that_is_no_plugin_folder_is_told(tmp_path: Path) -> None:
    _, problems = find_plugins([tmp_path])
    assert [each.message for each in problems] == ["no folder named plugins is there"]
