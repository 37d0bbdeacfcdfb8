"""What does the status page look like?

At most 80 columns unless an id needs more; the mode is said in words and in capitals, so that
nobody mistakes real money for paper, with or without colours.
"""

import textwrap
from collections.abc import Mapping
from typing import Any

from s1mpletrader.cli.tables import cell, moment, span, table

WIDTH = 80
LABEL = 10
MODES = {
    "live": ("LIVE: REAL MONEY", "1;41;97"),
    "paper": ("PAPER: no real money", "1;36"),
    "backtest": ("BACKTEST: no real money", "1;36"),
}
STATES = {"trading": "1;32", "starting": "1;33", "stopping": "1;33"}
STRATEGY_COLUMNS = ("link", "state", "position", "profit", "last_tick_us")
BAD = "1;31"


def status_screen(status: Mapping[str, Any], *, coloured: bool) -> str:
    """Return the page for a running engine's status."""
    mode, mode_colour = MODES.get(str(status.get("mode")), (f"MODE {status.get('mode')}", BAD))
    state = str(status.get("state", "unknown"))
    head = [
        "s1mpletrader",
        cell(status.get("version")),
        paint(state.upper(), STATES.get(state, BAD), coloured=coloured),
        paint(f" {mode} ", mode_colour, coloured=coloured).strip(),
    ]
    lines = ["  ".join(head)]
    for label, text in _facts(status):
        lines += _wrapped(label, text)
    strategies = status.get("strategies") or ()
    if strategies:
        lines += ["", table(strategies, STRATEGY_COLUMNS)]
    return "\n".join(lines)


def down_screen(control: str, last_exit: Mapping[str, Any] | None, halts: int) -> str:
    """Return the page for an engine that does not run."""
    lines = ["s1mpletrader  NOT RUNNING", *_wrapped("asked", control)]
    if last_exit is not None:
        lines += _wrapped("last exit", _last_exit(last_exit))
    if halts:
        lines += _wrapped("requests", f"{halts} waiting; a halt is honoured before anything trades")
    return "\n".join(lines)


def paint(text: str, code: str, *, coloured: bool) -> str:
    """Return the text in a colour, if colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if coloured else text


def _facts(status: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [("operation", cell(status.get("operation"))), ("process", _process(status))]
    halts = status.get("halts") or ()
    told = tuple(f"{halt.get('reason')} ({halt.get('scope')})" for halt in halts)
    facts += [("halt", _halt(halt)) for halt in halts]
    for reason in status.get("reasons") or ():
        if not str(reason).startswith(told):  # a halt is told once, with who and since when
            facts.append(("not trading", str(reason)))
    for name, spell in (("feed", _feed), ("reconcile", _reconcile), ("journal", _journal)):
        part = status.get(name)
        if part is not None:
            facts.append((name, spell(part)))
    return facts


def _process(status: Mapping[str, Any]) -> str:
    text = f"pid {cell(status.get('pid'))}, up {span(float(status.get('up_s', 0)))}"
    last = status.get("last_exit")
    return text if last is None else f"{text}; before that: {_last_exit(last)}"


def _last_exit(last: Mapping[str, Any]) -> str:
    at = f" at {moment(int(last['at_us']))}" if "at_us" in last else ""
    return f"{last.get('result', 'unknown')}, code {cell(last.get('code'))}{at}"


def _halt(halt: Mapping[str, Any]) -> str:
    since = f" since {moment(int(halt['since_us']))}" if "since_us" in halt else ""
    why = f' "{halt["why"]}"' if halt.get("why") else ""
    return f"{halt.get('reason')} on {halt.get('scope')} by {cell(halt.get('by'))}{since}{why}"


def _feed(feed: Mapping[str, Any]) -> str:
    text = f"{cell(feed.get('exchange'))} {cell(feed.get('state'))}"
    if feed.get("age_s") is not None:
        text += f", last message {span(float(feed['age_s']))} ago"
    if feed.get("attempts"):
        text += f", {feed['attempts']} failed attempts"
    return text + (f" ({feed['detail']})" if feed.get("detail") else "")


def _reconcile(last: Mapping[str, Any]) -> str:
    text = cell(last.get("result"))
    if last.get("age_s") is not None:
        text += f", {span(float(last['age_s']))} ago"
    if last.get("next_s") is not None:
        text += f", next in {span(float(last['next_s']))}"
    return text


def _journal(journal: Mapping[str, Any]) -> str:
    text = f"number {cell(journal.get('number'))}, durable {cell(journal.get('durable'))}"
    wait = float(journal.get("oldest_wait_s") or 0)
    return text if wait == 0 else f"{text}, oldest write waits {span(wait)}"


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{label:>{LABEL + 2}}  ",
        subsequent_indent=" " * (LABEL + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )
