"""What do the tables of the documentation say, if the code is asked?

`python -m tests.docs` writes them into the pages; the tests compare.
"""

import argparse
import ast
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from s1mpletrader import errors
from s1mpletrader.alerts.messages import MESSAGES
from s1mpletrader.assembly.config_files import FILES, FOLDERS
from s1mpletrader.cli.main import INTERRUPTED, parser
from s1mpletrader.cli.verbs import DEGRADED
from s1mpletrader.core import exit as exit_machine
from s1mpletrader.core import protection
from s1mpletrader.core.gate import HALT_KINDS
from s1mpletrader.core.order_flow import DENIED, IN_DOUBT, LIVE, TRANSITIONS
from s1mpletrader.core.restart import NEVER_RESTARTED
from s1mpletrader.host.metrics import FAMILIES, PREFIX
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.orders import OrderStatus
from s1mpletrader.services import engine_metrics, process_metrics
from s1mpletrader.services.reconcile_desk import EXIT_DIFFERENCES
from tests.docs.exchange_errors import table_of_exchange_errors
from tests.docs.fields import attribute_docstrings, rows
from tests.docs.numbers import table_of_numbers
from tests.docs.pages import ROOT, modules

ENDS = {
    "itself": "by itself",
    "policy": "by its policy, or `resume`",
    "resume": "`resume`",
    "resume_after_look": "`resume` after an agreeing look",
    "assign": "`assign`, then `resume`",
    "flat": "when flat",
    "never": "never",
}


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    rule = ["---"] * len(heads)
    return "\n".join(f"| {' | '.join(_cell(x) for x in line)} |" for line in (heads, rule, *lines))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def configuration(model: type[BaseModel]) -> str:
    """Return the keys of one file."""
    lines = [(f"`{key}`", kind, default, why) for key, kind, default, why in rows(model)]
    return markdown(("key", "value", "default", "meaning"), lines)


def exit_codes() -> str:
    """Return what every exit code means."""
    found: dict[int, list[str]] = {
        0: ["a clean stop; a verb: done"],
        DEGRADED: ["`status`: running, but halted or degraded"],
        EXIT_DIFFERENCES: [
            "`reconcile`: differences were found, or a plan of corrections is no longer what it was"
        ],
        INTERRUPTED: ["interrupted (Ctrl-C)"],
    }
    for kind in vars(errors).values():
        is_error = isinstance(kind, type) and issubclass(kind, errors.S1mpleTraderError)
        if is_error and (kind is errors.S1mpleTraderError or "exit_code" in vars(kind)):
            told = (inspect.getdoc(kind) or "").partition("\n\n")[0]
            if kind is errors.S1mpleTraderError:
                told = "anything else went wrong"
            text = f"`{kind.__name__}`: {told}" if kind.exit_code != 1 else told
            found.setdefault(kind.exit_code, []).append(text)
    again = {0: "no"} | dict.fromkeys(NEVER_RESTARTED, "**no**")
    again |= dict.fromkeys((2, 3, DEGRADED, EXIT_DIFFERENCES, 69, INTERRUPTED), "a verb's code")
    lines = [
        (str(code), " ".join(texts), again.get(code, "yes"))
        for code, texts in sorted(found.items())
    ]
    return markdown(("code", "meaning", "an engine is started again"), lines)


def verbs() -> str:
    """Return every verb with its help."""
    (action,) = (
        each
        for each in parser()._actions
        if isinstance(each, argparse._SubParsersAction)  # argparse has no public way to ask
    )
    lines = [(f"`{each.dest}`", each.help or "") for each in action._choices_actions]
    return markdown(("verb", "what it does"), lines)


def reasons_that_are_set() -> set[str]:
    """Return the halt reasons that some line of the program sets."""
    found: set[str] = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr == "halt" and node.args:
                    found |= {str(x.value) for x in node.args if isinstance(x, ast.Constant)}
            elif isinstance(node, ast.Constant) and node.value in {"threat", "connection_lost"}:
                found.add(str(node.value))
    return found & set(HALT_KINDS)


def halts() -> str:
    """Return what ends every halt, and whether this version ever sets it."""
    used = reasons_that_are_set()
    lines = [
        (f"`{reason}`", ENDS[clears], "yes" if reason in used else "not yet")
        for reason, clears in HALT_KINDS.items()
    ]
    return markdown(("reason", "ends", "set by this version"), lines)


def metrics() -> str:
    """Return every metric, and whether this version measures it."""
    source = inspect.getsource(engine_metrics) + inspect.getsource(process_metrics)
    measured = {each.name for each in FAMILIES if _is_named(each.name, source)} | {"build_info"}
    lines = [
        (
            f"`{PREFIX}{each.name}`",
            each.kind,
            ", ".join(each.labels),
            each.help + ("" if each.name in measured else " (declared, not yet measured)"),
        )
        for each in FAMILIES
    ]
    return markdown(("metric", "kind", "labels", "meaning"), lines)


def _is_named(name: str, source: str) -> bool:
    return f'"{name}"' in source or f'"{name.removesuffix("_total")}"' in source


def alerts() -> str:
    """Return every alert and what to do."""
    raised = _alerts_that_are_raised()
    lines = [
        (
            f"`{each.name}`",
            each.level,
            f"{each.subject}. {each.body}",
            each.what_to_do,
            "yes" if each.name in raised else "not yet",
        )
        for each in MESSAGES
    ]
    return markdown(("alert", "level", "meaning", "what to do", "raised by this version"), lines)


def discrepancies() -> str:
    """Return every way in which books and exchange can differ."""
    told = attribute_docstrings(DiscrepancyKind)
    lines = [(f"`{each}`", told[each.name]) for each in DiscrepancyKind]
    return markdown(("kind", "what was found, and what is done"), lines)


def _alerts_that_are_raised() -> set[str]:
    text = "\n".join(path.read_text("utf-8") for path in modules() if path.stem != "messages")
    return set(re.findall(r'(?:alert|AlertRaised)\(\s*"[a-z]+",\s*"([a-z_]+)"', text))


def order_diagram() -> str:
    """Return the order's statuses as a state diagram."""
    ways: dict[tuple[OrderStatus, OrderStatus], list[str]] = {}
    for (before, happening), after in TRANSITIONS.items():
        if before is not after:
            ways.setdefault((before, after), []).append(str(happening))
    lines = ["stateDiagram-v2", "    [*] --> INTENT: durable before its first byte leaves"]
    lines += [
        f"    {before.name} --> {after.name}: {', '.join(why)}"
        for (before, after), why in ways.items()
    ]
    lines += [
        f"    %% in doubt: {_names(IN_DOUBT)}; not final: {_names(LIVE)}",
        f"    %% final because the exchange does not have it: {_names(DENIED)}",
    ]
    return "\n".join(["```mermaid", *lines, "```"])


def decisions(table: Sequence[protection.Row | exit_machine.Row]) -> str:
    """Return a table of decisions, the first row that applies deciding."""
    lines = [(str(n), row.when, f"`{row.leads_to}`") for n, row in enumerate(table, 1)]
    return markdown(("", "the first that applies", "what is done"), lines)


def _names(statuses: frozenset[OrderStatus]) -> str:
    return ", ".join(each.name for each in OrderStatus if each in statuses)


def layers() -> str:
    """Return the layers of the import contract, the highest first."""
    import tomllib  # noqa: PLC0415 - only here

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (order,) = (each["layers"] for each in contracts["contracts"] if each["type"] == "layers")
    return "\n".join(["```", *(str(each) for each in order), "```"])


Tables = Mapping[str, Callable[[], str]]


def _of_files() -> Tables:
    files = {**FILES, **FOLDERS}
    return {name.replace("_", "-"): partial(configuration, files[name]) for name in files}


PAGES: Mapping[Path, Tables] = {
    ROOT / "docs" / "configuration.md": _of_files(),
    ROOT / "docs" / "architecture.md": {
        "layers": layers,
        "order-status": order_diagram,
    },
    ROOT / "docs" / "reference.md": {
        "exit-codes": exit_codes,
        "verbs": verbs,
        "halts": halts,
        "protection": partial(decisions, protection.TABLE),
        "exit": partial(decisions, exit_machine.TABLE),
        "discrepancies": discrepancies,
        "metrics": metrics,
        "alerts": alerts,
        "numbers": table_of_numbers,
        "exchange-errors": table_of_exchange_errors,
    },
}
"""Which blocks of which page are made from the code."""
