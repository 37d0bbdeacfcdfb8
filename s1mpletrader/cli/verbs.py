"""What does each verb that asks the running engine do?"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from s1mpletrader.cli import request_files
from s1mpletrader.cli.client import ANSWER_WAIT_S, Client
from s1mpletrader.cli.screen import down_screen, status_screen
from s1mpletrader.cli.tables import COLUMNS, table
from s1mpletrader.errors import NotRunning

WATCH_EVERY_S = 2.0
LOOK_WAIT_S = 60.0
"""Longer than the engine waits for a look of its own."""
CLEAR = "\x1b[H\x1b[2J"
NOT_RUNNING = NotRunning.exit_code
DEGRADED = 4


def wants_colour() -> bool:
    """Return whether stdout is a terminal and nobody asked for plain text (NO_COLOR)."""
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def status(args: argparse.Namespace) -> int:
    """Show the status page; 0 trading, 3 not running, 4 halted or degraded."""
    while args.watch:
        if not args.json and sys.stdout.isatty():
            sys.stdout.write(CLEAR)
        _status_once(args)
        sys.stdout.flush()
        time.sleep(WATCH_EVERY_S)
    return _status_once(args)


def _status_once(args: argparse.Namespace) -> int:
    try:
        found = Client(args.control).get("status")
    except NotRunning:
        return _status_down(args)
    if args.json:
        print(json.dumps(found))
    else:
        print(status_screen(found, coloured=wants_colour()))
    return 0 if found.get("state") == "trading" else DEGRADED


def _status_down(args: argparse.Namespace) -> int:
    last, halts = last_exit(args.state), request_files.waiting(args.state)
    if args.json:
        facts = {"state": "not running", "last_exit": last, "requests_waiting": halts}
        print(json.dumps({"schema": "s1mpletrader.status/1", **facts}))
    else:
        print(down_screen(args.control, last, halts))
    return NOT_RUNNING


def last_exit(state: str) -> Mapping[str, Any] | None:
    """Return what the supervisor wrote about the last end, None if it is not readable."""
    try:
        with open(f"{state}/last-exit", "rb") as file:  # noqa: PTH123 - as in cli.places
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def rows(args: argparse.Namespace) -> int:
    """Show a table: positions, orders, trades or strategies."""
    name = args.verb
    try:
        found = Client(args.control).get(name)
    except NotRunning:
        # imported here: reading the journal needs the engine's codec, asking does not
        from s1mpletrader.cli import offline  # noqa: PLC0415

        found = offline.rows(name, args.state)
    if args.json:
        print(json.dumps(found))
    elif found[name]:
        print(table(found[name], COLUMNS[name]))
    else:
        print(f"no {name}", file=sys.stderr)
    return 0


def why(args: argparse.Namespace) -> int:
    """Show why a trade, an order, an opportunity or a threat came about."""
    from s1mpletrader.cli import offline  # noqa: PLC0415 - the journal's codec, as above

    return offline.why(args.id, args.state, as_json=args.json)


def halt(args: argparse.Namespace) -> int:
    """Stop entries; without an engine leave a request that the next start honours."""
    try:
        return _command(args, "halt")
    except NotRunning:
        path = request_files.leave(args.state, "halt", why=args.why, link=args.link)
        if args.json:
            print(json.dumps({"accepted": True, "durable": True, "request": path}))
        else:
            print(f"the engine is not running; it will start halted: {path}")
        return 0


def resume(args: argparse.Namespace) -> int:
    """Take halts back; the engine says which remain."""
    return _command(args, "resume", tuple(args.reason))


def reconcile(args: argparse.Namespace) -> int:
    """Compare with the exchange now, rehearse that, or order a plan of corrections."""
    words: tuple[str, ...] = ()
    if args.dry_run:
        words = ("dry-run",)
    elif args.plan_id is not None:
        words = ("apply", args.plan_id)
    return _command(args, "reconcile", words, wait_s=LOOK_WAIT_S)


def assign(args: argparse.Namespace) -> int:
    """Say whose an orphan or an amount is."""
    return _command(args, "assign", tuple(args.words))


def _command(
    args: argparse.Namespace,
    verb: str,
    arguments: tuple[str, ...] = (),
    *,
    wait_s: float = ANSWER_WAIT_S,
) -> int:
    client = Client(args.control, wait_s)
    answer = client.command(verb, why=args.why, link=args.link, arguments=arguments)
    if args.json:
        print(json.dumps(answer))
    else:
        print(answer["text"])
        for detail in answer.get("details") or ():
            print(f"  {detail}")
        if not answer.get("durable", True):
            print("warning: not yet durable; the storage does not answer", file=sys.stderr)
    return int(answer.get("exit_code") or (0 if answer.get("accepted") else 1))
