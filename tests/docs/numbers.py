"""Which numbers govern the engine, and where do they stand?"""

from collections.abc import Iterator

import msgspec

from s1mpletrader.assembly import engine_settings
from s1mpletrader.cli import main
from s1mpletrader.core import asking, health, restart
from s1mpletrader.core.backoff import Backoff
from s1mpletrader.core.connection import ConnectionLimits
from s1mpletrader.core.rate_budget import TIERS, RateBudget
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import SECOND
from s1mpletrader.persistence import journal_file, jsonl_persistor
from s1mpletrader.runtime import event_bus
from s1mpletrader.services import operation_service
from s1mpletrader.services.watchdog import WatchdogLimits
from tests.docs.fields import attribute_docstrings

PLAIN = (
    (main, "LOCK_WAIT_S"),
    (engine_settings, "PROBE_EVERY_US"),
    (asking, "LOOK_MARGIN_US"),
    (asking, "DEEP_US"),
    (health, "PROBE_AGE_MAX_US"),
    (health, "WRITER_AGE_GATE_US"),
    (health, "WRITER_AGE_MAX_US"),
    (operation_service, "STOP_WAIT_US"),
    (jsonl_persistor, "FLUSH_S"),
    (jsonl_persistor, "QUEUE_MAX"),
    (jsonl_persistor, "QUEUE_RESERVED"),
    (journal_file, "SEGMENT_SIZE"),
    (journal_file, "CLAIM_SIZE"),
    (event_bus, "EVENTS_MAX"),
)


def numbers() -> Iterator[tuple[str, str, str, str]]:
    """Yield (file, name, value, meaning) of every number that belongs to the promises."""
    for kind in (Rules, ConnectionLimits, Backoff, WatchdogLimits):
        told, value = attribute_docstrings(kind), kind()
        for field in msgspec.structs.fields(kind):
            found = getattr(value, field.name)
            if not isinstance(found, Backoff):
                why = told.get(field.name, "")
                yield _file(kind.__module__), f"{kind.__name__}.{field.name}", _with(found), why
    for module, name in PLAIN:
        yield _file(module.__name__), name, _with(getattr(module, name), name), ""
    for name, tier in TIERS.items():
        text = f"{tier.points_max} points, {tier.decay_per_s} a second"
        yield _file(RateBudget.__module__), f'TIERS["{name}"]', text, ""
    limits, policy = restart.Limits(), restart.RestartPolicy()
    for name in ("watchdog_s", "start_s", "stop_s", "abort_s"):
        yield _file(restart.__name__), f"Limits.{name}", f"{getattr(limits, name):g}", ""
    for name in ("crashes_max", "window_for_s", "delay_first_s", "delay_max_s"):
        yield _file(restart.__name__), f"RestartPolicy.{name}", f"{getattr(policy, name):g}", ""


def table_of_numbers() -> str:
    """Return them as a table."""
    lines = ["| where | name | value | meaning |", "|---|---|---|---|"]
    lines += [f"| `{file}` | `{name}` | {value} | {why} |" for file, name, value, why in numbers()]
    return "\n".join(lines)


def _with(value: object, name: str = "_us") -> str:
    """Return a number; large microseconds as seconds."""
    is_duration = name.lower().endswith("_us") and isinstance(value, int) and value >= SECOND // 10
    return f"{value / SECOND:g} s" if is_duration and isinstance(value, int) else str(value)


def _file(module: str) -> str:
    return module.removeprefix("s1mpletrader.").replace(".", "/") + ".py"
