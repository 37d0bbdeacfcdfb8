"""Which verbs are there, and what does the process end with?

Client verbs ask over the control socket and import nothing of the engine; `run`, `check`,
`exchange` and `state init` import the rest by name, so that `status` stays under 80 ms CPU.
"""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence

from s1mpletrader import __version__
from s1mpletrader.cli import places, verbs
from s1mpletrader.errors import S1mpleTraderError

PROGRAM = "s1mpletrader"
INTERRUPTED = 130
NO_PERMISSION = 77
FAILED = 1
LOCK_WAIT_S = 60


def run(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and return the exit code (NAMES, exit codes)."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _carry_out(words)
        sys.stdout.flush()
    except S1mpleTraderError as error:
        complain(str(error), error.hint)
        return error.exit_code
    except PermissionError as error:
        complain(f"{error.strerror}: {error.filename}", "ask as root, or as the service's user")
        return NO_PERMISSION
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of a pipe went away; a second failure while Python flushes would be noise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def complain(message: str, hint: str) -> None:
    """Say what went wrong, and what can be done, on stderr."""
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)


def _carry_out(words: list[str]) -> int:
    if words[:1] == ["exchange"]:
        # a program of its own with its own options
        code: int = importlib.import_module("s1mpletrader.simulator.main").run(words[1:])
        return code
    try:
        args = parser().parse_args(words)
    except SystemExit as end:  # argparse has spoken: usage (2), --help and --version (0)
        return int(end.code or 0)
    args.state = args.state or places.default_state()
    args.config = args.config or places.default_config()
    args.control = args.control or places.default_control(args.state)
    verb = {
        "run": _engine,
        "check": _check,
        "state": _init_state,
        "status": verbs.status,
        "why": verbs.why,
        "halt": verbs.halt,
        "resume": verbs.resume,
        "reconcile": verbs.reconcile,
        "assign": verbs.assign,
    }.get(args.verb, verbs.rows)
    return verb(args)


def _engine(args: argparse.Namespace) -> int:
    return _bootstrap("run_engine", args)


def _check(args: argparse.Namespace) -> int:
    if args.online:
        return _bootstrap("run", args, "s1mpletrader.cli.online_check")
    return _bootstrap("check_configuration", args)


def _init_state(args: argparse.Namespace) -> int:
    return _bootstrap("init_state", args)


def _bootstrap(
    function: str, args: argparse.Namespace, module_name: str = "s1mpletrader.assembly.bootstrap"
) -> int:
    from pathlib import Path  # noqa: PLC0415 - as in cli.places: not for client verbs

    args.config, args.state, args.control = map(Path, (args.config, args.state, args.control))
    # plugins of a validation library that happen to be installed have no say in this program
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    gc.disable()  # imports make what stays: looking for garbage meanwhile is a seventh of a start
    module = importlib.import_module(module_name)
    gc.freeze()
    gc.enable()
    code: int = getattr(module, function)(args)
    return code


def parser() -> argparse.ArgumentParser:
    """Return the grammar; options that all verbs share may stand before or after the verb."""
    shared = _shared_options(argparse.SUPPRESS)
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        description="A trading engine that keeps its promises when things break.",
        parents=[_shared_options(None)],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"s1mpletrader {__version__}")
    # a stated prog saves argparse from formatting one, which would import shutil and the zip codecs
    found = top.add_subparsers(dest="verb", metavar="VERB", required=True, prog=PROGRAM)

    def verb(name: str, about: str) -> argparse.ArgumentParser:
        return found.add_parser(
            name, help=about, description=about, parents=[shared], allow_abbrev=False
        )

    engine = verb("run", "run the engine in the foreground")
    engine.add_argument("--log-format", choices=("text", "json"))
    about = "how long to wait while another process holds the state or the account"
    engine.add_argument(
        "--lock-wait",
        type=int,
        default=LOCK_WAIT_S,
        metavar="SECONDS",
        dest="lock_wait_s",
        help=about,
    )
    online = verb("check", "validate the configuration without starting anything")
    about = "ask the exchange, too: clock, key, permissions, a validated order, fees, open orders"
    online.add_argument("--online", action="store_true", help=about)
    verb("status", "show what the engine is doing; 0 trading, 3 not running, 4 halted or degraded")
    found.choices["status"].add_argument("--watch", action="store_true", help="show it again")
    found.add_parser("exchange", help="run the simulated exchange (see its own --help)")
    cause = verb("why", "show what caused a trade, an order, an opportunity or a threat")
    cause.add_argument("id", metavar="ID", help="an id, or the beginning of only one")
    verb("positions", "show what is held, and its stops")
    verb("orders", "show the orders that are not final, and the latest final ones")
    verb("trades", "show the trades, newest last")
    verb("strategies", "show the strategy links")
    _command_verb(verb("halt", "stop entries; resting stops and exits go on"))
    again = verb("resume", "take halts back")
    again.add_argument("--reason", action="append", default=[], help="only this one; repeatable")
    _command_verb(again)
    _reconcile_verb(verb("reconcile", "compare with the exchange now; 5 if they differ"))
    whose = verb(
        "assign", "say whose an orphan or an amount is: order TXID | amount N ASSET FROM TO"
    )
    whose.add_argument("words", nargs="+", metavar="WORD")
    whose.add_argument("--why", required=True, metavar="TEXT", help="goes into the journal")
    whose.set_defaults(link=None)
    state = verb("state", "care for the state directory")
    state.add_argument("action", choices=("init",), help="init: create the instance")
    return top


def _shared_options(default: str | None) -> argparse.ArgumentParser:
    # in front of the verb a default is set; after it SUPPRESS keeps what stood in front
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("--config", metavar="DIR", default=default)
    options.add_argument("--state", metavar="DIR", default=default)
    options.add_argument("--control", metavar="SOCKET", default=default)
    is_json = False if default is None else default
    options.add_argument("--json", action="store_true", default=is_json, help="for programs")
    return options


def _reconcile_verb(grammar: argparse.ArgumentParser) -> None:
    how = grammar.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="show what would be done, do nothing")
    about = "order the corrections that --dry-run offered, if they are still the same"
    how.add_argument("--apply", metavar="PLAN_ID", dest="plan_id", help=about)
    _command_verb(grammar)


def _command_verb(grammar: argparse.ArgumentParser) -> None:
    grammar.add_argument("link", nargs="?", metavar="LINK", help="only this strategy link")
    grammar.add_argument("--why", default="", metavar="TEXT", help="goes into the journal")
