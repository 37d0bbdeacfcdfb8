"""What does `check --online` say, and what does it end with?"""

import argparse

import msgspec

from s1mpletrader.assembly.online_check import check_online
from s1mpletrader.cli.client import Client
from s1mpletrader.errors import Locked, NotRunning
from s1mpletrader.services.account_check import Finding, Verdict

FAILED = 1
DIFFERENCES = 5
ANSWER_WAIT_S = 60.0
"""The engine asks the exchange about ten things, within its rate limits."""


def run(args: argparse.Namespace) -> int:
    """Show what was found: 0 fine, 1 something is wrong, 5 orders of others are open."""
    try:
        findings = check_online(args)
    except Locked:
        findings = _ask_engine(args)  # one key has one speaker (SAFETY F4)
    code = exit_code(findings)
    if args.json:
        content = {"schema": "s1mpletrader.check/1", "ok": code == 0, "findings": findings}
        print(msgspec.json.encode(content).decode())
        return code
    for each in findings:
        print(f"{each.verdict:<12}{each.name:<10}{each.text}")
        if each.hint:
            print(f"{'':22}{each.hint}")
    return code


def _ask_engine(args: argparse.Namespace) -> tuple[Finding, ...]:
    try:
        found = Client(str(args.control), ANSWER_WAIT_S).get("check")
    except NotRunning as nobody:
        text = "another process holds the state or the account, and does not answer"
        hint = "an engine that starts or ends, or another check: try again"
        raise Locked(text, hint=hint) from nobody
    return msgspec.convert(found.get("findings"), tuple[Finding, ...])


def exit_code(findings: tuple[Finding, ...]) -> int:
    """Return what the verb ends with (NAMES, exit codes)."""
    if any(each.verdict in {Verdict.ERROR, Verdict.UNTOLD} for each in findings):
        return FAILED
    is_foreign = any(e.name == "orders" and e.verdict is Verdict.WARNING for e in findings)
    return DIFFERENCES if is_foreign else 0
