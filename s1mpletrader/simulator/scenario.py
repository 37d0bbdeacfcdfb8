"""Which faults does a scenario file order, and where in the file is a mistake?

YAML, read strictly: unknown and repeated keys, aliases, numbers out of bounds are refused with
file, line and column. Schema: docs/simulator.md.
"""

import typing
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import yaml

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Value
from s1mpletrader.simulator.fault_kinds import KINDS, kinds
from s1mpletrader.simulator.fault_specs import SECONDS_MAX, FaultSpec, check, check_argument

VERSION = 1
BYTES_MAX = 64 * 1024
FAULTS_MAX = 100
DEPTH_MAX = 8
DIGITS_MAX = 40
NODES_MAX = 10_000
TOP = ("scenario", "about", "seed", "faults")
_HINTS = typing.get_type_hints(FaultSpec)


class Entry(Value, frozen=True):
    """A fault and when it is ordered, in seconds after the scenario began."""

    spec: FaultSpec
    at_s: float = 0.0


class Scenario(Value, frozen=True):
    """What will go wrong."""

    entries: tuple[Entry, ...]
    """In the order of their moments."""
    about: str = ""
    seed: int = 0


class _Wrong(Exception):
    """Something at a place of the file."""

    def __init__(self, mark: Any, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.mark = mark
        self.hint = hint


def load(path: Path) -> Scenario:
    """Read a scenario file; raises `ConfigurationError` with file, line and column."""
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
    except OSError as problem:
        raise ConfigurationError(f"{path}: cannot be read: {problem.strerror}") from None
    return read(raw.decode("utf-8", errors="replace"), str(path))


def read(text: str, name: str) -> Scenario:
    """Return the scenario of a file's text; raises `ConfigurationError`."""
    if len(text) > BYTES_MAX:
        raise ConfigurationError(f"{name}: a scenario has at most {BYTES_MAX} bytes")
    try:
        _check_size(text)
        return _scenario(yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as problem:
        raise _located(name, problem.problem_mark, problem.problem or "not YAML") from None
    except yaml.YAMLError as problem:
        raise ConfigurationError(f"{name}: not YAML: {problem}") from None
    except _Wrong as wrong:
        raise _located(name, wrong.mark, str(wrong), wrong.hint) from None


def _located(name: str, mark: Any, what: str, hint: str = "") -> ConfigurationError:
    where = name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
    return ConfigurationError(f"{where}: {what}", hint=hint)


def _check_size(text: str) -> None:
    """Refuse what would take long to compose: deep, long, or repeating itself by aliases."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise _Wrong(event.start_mark, "aliases are not read here")
        if depth > DEPTH_MAX or count > NODES_MAX:
            raise _Wrong(event.start_mark, "nested too deep, or too long")


def _scenario(node: yaml.Node | None) -> Scenario:
    top = dict(_items(node, TOP))
    if "scenario" not in top or _number(top["scenario"]) != VERSION:
        mark = None if node is None else node.start_mark
        raise _Wrong(mark, f"expected `scenario: {VERSION}`", "the version of this schema")
    seed = int(_number(top["seed"])) if "seed" in top else 0
    faults = top.get("faults")
    if not isinstance(faults, yaml.SequenceNode):
        raise _Wrong(node.start_mark if node else None, "`faults` is missing or no list")
    if len(faults.value) > FAULTS_MAX:
        raise _Wrong(faults.start_mark, f"a scenario has at most {FAULTS_MAX} faults")
    entries = [_entry(each, seed) for each in faults.value]
    return Scenario(
        entries=tuple(sorted(entries, key=lambda entry: entry.at_s)),
        about=_text(top["about"]) if "about" in top else "",
        seed=seed,
    )


def _entry(node: yaml.Node, seed: int) -> Entry:
    found: dict[str, Any] = {}
    at_s = 0.0
    marks: dict[str, yaml.Mark] = {}
    for name, value in _items(node, ("at_s", *_HINTS)):
        marks[name] = value.start_mark
        if name == "at_s":
            at_s = float(_number(value))
            if not 0 <= at_s <= SECONDS_MAX:
                raise _Wrong(value.start_mark, f"`at_s` may be 0 to {SECONDS_MAX:g}")
        else:
            found[name] = _argument(name, value)
    if "kind" not in found:
        raise _Wrong(node.start_mark, "`kind` is missing", f"one of {', '.join(kinds())}")
    if "seed" in KINDS[found["kind"]].takes:
        found.setdefault("seed", seed)
    spec = FaultSpec(**found)
    try:
        check(spec)
    except ConfigurationError as problem:
        named = next((marks[name] for name in marks if f"`{name}`" in str(problem)), None)
        raise _Wrong(named or node.start_mark, str(problem), problem.hint) from None
    return Entry(spec, at_s)


def _argument(name: str, node: yaml.Node) -> Any:
    wanted = _HINTS[name]
    value = _parameters(node) if name == "params" else _plain(node, wanted)
    try:
        converted = msgspec.convert(value, wanted)
        check_argument(name, converted)
    except msgspec.ValidationError as problem:
        raise _Wrong(node.start_mark, f"`{name}`: {problem}") from None
    except ConfigurationError as problem:
        raise _Wrong(node.start_mark, str(problem), problem.hint) from None
    return converted


def _plain(node: yaml.Node, wanted: Any) -> Any:
    text = _text(node)
    if wanted is bool:
        if text not in {"true", "false"}:
            raise _Wrong(node.start_mark, f"expected true or false, found {text!r}")
        return text == "true"
    if wanted in {int, float}:
        number = _number(node)
        return int(number) if wanted is int and number == int(number) else float(number)
    return text


def _parameters(node: yaml.Node) -> Any:
    """Return parameters of an order: every scalar as its text, as forms send them."""
    if isinstance(node, yaml.MappingNode):
        return {name: _parameters(value) for name, value in _items(node, None)}
    if isinstance(node, yaml.SequenceNode):
        return [_parameters(each) for each in node.value]
    return _text(node)


def _items(node: yaml.Node | None, known: tuple[str, ...] | None) -> Iterator[tuple[str, Any]]:
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong(None if node is None else node.start_mark, "expected keys and values")
    seen: set[str] = set()
    for key, value in node.value:
        name = _text(key)
        if known is not None and name not in known:
            raise _Wrong(key.start_mark, f"unknown key `{name}`", f"known: {', '.join(known)}")
        if name in seen:
            raise _Wrong(key.start_mark, f"`{name}` stands here twice")
        seen.add(name)
        yield name, value


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _Wrong(node.start_mark, "expected one value")
    return str(node.value)


def _number(node: yaml.Node) -> Decimal:
    text = _text(node)
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if len(text) > DIGITS_MAX or not number.is_finite() or number.adjusted() > DIGITS_MAX:
        raise _Wrong(node.start_mark, f"expected a number, found {text[:DIGITS_MAX]!r}")
    return number
