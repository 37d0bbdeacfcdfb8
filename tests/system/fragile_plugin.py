"""What does a plugin look like that fails at one bar and works before and after it?

Written into a root of its own, the way an operator adds one; it is not part of the product, so it
stands here as text.
"""

from pathlib import Path

from tests.rig.processes import Document

NAME = "fragile_monitor"

FILES = {
    "__init__.py": '"""Fails when it is told to."""\n',
    "manifest.yaml": f"""\
plugin_api: 1
identification:
  name: {NAME}
  display_name: Fragile monitor
  type: threat_workers
  subtype: market_risk
  version: 1.0.0
  description: Raises at one bar.
  author: tests
capabilities:
  events:
    enabled: true
    wirings:
      - {{listens_to: BAR_CLOSED, invokes: {{method: on_bar}}}}
""",
    "schema.py": '''\
"""When does it fail?"""

from s1mpletrader.plugin import WorkerParams


class FragileParams(WorkerParams, frozen=True):
    """The beginning of the bar at which it fails."""

    fails_at_us: int
''',
    "worker.py": f'''\
"""Fails when it is told to."""

from typing import ClassVar

from plugins.threat_workers.market_risk.{NAME}.schema import FragileParams
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.model.market import Bar
from s1mpletrader.plugin import DispositionEnvelope, EventDrivenWorker


class FragileMonitor(EventDrivenWorker):
    """Divides by zero at one bar."""

    params_type: ClassVar[type[FragileParams]] = FragileParams

    def __init__(self, *, instance_id: WorkerId, params: FragileParams) -> None:
        super().__init__(instance_id=instance_id)
        self._fails_at_us = params.fails_at_us

    def on_bar(self, bar: Bar) -> DispositionEnvelope:
        """Answer nothing, but once."""
        1 // (bar.begin_us - self._fails_at_us)
        return DispositionEnvelope.stop()
''',
}


def write(root: Path) -> None:
    """Write the plugin under a folder of own plugins."""
    folder = root / "threat_workers" / "market_risk" / NAME
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")


def employ(blueprint: Document, fails_at_us: int) -> None:
    """Add the worker to a strategy."""
    worker = {"instance_id": "fragile", "plugin": NAME, "params": {"fails_at_us": fails_at_us}}
    blueprint["workforce"]["threat_workers"].append(worker)


def wire(wiring: Document) -> None:
    """Let the worker see every closed bar, before the strategy does."""
    source = {
        "component_id": "tick_cache_manager",
        "event_name": "BAR_CLOSED",
        "event_type": "SystemEvent",
    }
    target = {"component_id": "fragile", "handler_method": "on_bar"}
    wiring["wiring_rules"].insert(
        0, {"wiring_id": "bar_to_fragile", "source": source, "target": target}
    )
