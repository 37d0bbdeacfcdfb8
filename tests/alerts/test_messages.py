"""What does each alert mean, and how does it get into the log?"""

import ast
import asyncio
import logging
from pathlib import Path

import pytest

from s1mpletrader.alerts.log_channel import LogChannel
from s1mpletrader.alerts.messages import LEVELS, MESSAGES, message
from s1mpletrader.model.base import Micros
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.records import AlertRaised

PACKAGE = Path(__file__).parents[2] / "s1mpletrader"
STAMP = Stamp(7, Micros(1), Micros(2))


def raised_names() -> set[str]:
    """Return the names of all alerts that the source raises with literal names."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            name = node.args[1]
            if called in {"alert", "AlertRaised"} and isinstance(name, ast.Constant):
                found.add(str(name.value))
    return found


def test_every_alert_that_is_raised_is_in_the_table() -> None:
    raised = raised_names()
    assert "halted" in raised
    assert raised <= {each.name for each in MESSAGES}


def test_every_message_says_what_it_means_and_what_to_do() -> None:
    assert len({each.name for each in MESSAGES}) == len(MESSAGES)
    for each in MESSAGES:
        assert each.level in LEVELS
        assert each.subject
        assert each.body.endswith(".")
        assert each.what_to_do
        assert each.name.replace("_", "").isalpha(), "a journal field's value: letters only"


def test_an_unknown_name_is_still_delivered() -> None:
    assert message("never_heard_of").subject == "never heard of"


@pytest.mark.parametrize(
    ("level", "logged"),
    [("info", "INFO"), ("warning", "WARNING"), ("critical", "CRITICAL"), ("loud", "CRITICAL")],
)
def test_an_alert_is_one_line_in_the_log(
    level: str, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    asyncio.run(LogChannel().send(AlertRaised(level, "halted", "by anna: lunch"), STAMP))
    (record,) = caplog.records
    assert record.levelname == logged
    assert record.getMessage() == "Trading is halted: by anna: lunch"
    assert vars(record)["event"] == "ALERT_HALTED"
    assert vars(record)["input"] == 7
