"""Where in its file does a value stand, and is the file what a model expects?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from s1mpletrader.config.problem import Problem, did_you_mean, nearest

M = TypeVar("M", bound=BaseModel)

SHOWN_MAX = 80
"""How much of a wrong value is repeated in a message."""

Place = tuple[str | int, ...]
"""The way to a value: keys and list indexes from the top of the document."""


_EXPECTED = {
    "bool_type": "true or false",
    "decimal_parsing": "a number",
    "dict_type": "a map",
    "int_parsing": "a whole number",
    "model_type": "a map",
    "string_type": "text",
    "tuple_type": "a list",
}
"""Pydantic's words for what was expected, where ours are plainer."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: plain values, and the line and column of each."""

    file: str
    tree: object
    values: Mapping[Place, tuple[int, int]] = field(default_factory=dict)
    keys: Mapping[Place, tuple[int, int]] = field(default_factory=dict)

    def problem(self, place: Place, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a problem at `place`, or at the nearest thing above it that has a position."""
        positions = self.keys if key else self.values
        for length in range(len(place), -1, -1):
            if place[:length] in positions:
                return Problem(self.file, *positions[place[:length]], message, hint)
            positions = self.values
        return Problem(self.file, 0, 0, message, hint)

    def at(self, place: Place, tree: object) -> "Document":
        """Return the part of this document at `place`, whose value is `tree`, as one of its own."""
        length = len(place)
        values = {p[length:]: at for p, at in self.values.items() if p[:length] == place}
        keys = {p[length:]: at for p, at in self.keys.items() if p[:length] == place}
        return Document(self.file, tree, values, keys)


def read(document: Document, model: type[M]) -> tuple[M | None, list[Problem]]:
    """Return the document as `model`, or None and everything that is wrong with it."""
    try:
        return model.model_validate(document.tree), []
    except ValidationError as error:
        found = _without_echoes(error.errors(), model)
        return None, [_problem(document, model, each) for each in found]


def _without_echoes(errors: list[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """Leave out what only follows from another error.

    A mistyped key is told once, not also as missing; and pydantic calls a list too short when its
    items are wrong.
    """
    meant = {
        (*error["loc"][:-1], near)
        for error in errors
        if error["type"] == "extra_forbidden"
        for near in nearest(str(error["loc"][-1]), _fields(model, error["loc"][:-1]))
    }
    places = [error["loc"] for error in errors]

    def is_echo(error: ErrorDetails) -> bool:
        place = error["loc"]
        if error["type"] == "too_short":
            return any(each[: len(place)] == place and each != place for each in places)
        return error["type"] == "missing" and place in meant

    return [error for error in errors if not is_echo(error)]


def _problem(document: Document, model: type[BaseModel], error: ErrorDetails) -> Problem:
    place, name = error["loc"], _dotted(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            siblings = _fields(model, place[:-1])
            hint = did_you_mean(str(place[-1]), siblings) or f"known: {', '.join(siblings)}"
            return document.problem(place, f'unknown key "{name}"', hint, key=True)
        case "missing":
            return document.problem(place, f'the key "{name}" is missing')
        case "literal_error":
            wanted = str(error.get("ctx", {}).get("expected", ""))
            text = f"{name}: {wanted} was expected, found {_shown(error['input'])}"
            words = [part.strip("'") for part in wanted.replace(" or ", ", ").split(", ")]
            return document.problem(place, text, did_you_mean(str(error["input"]), words))
        case "value_error":
            text = error["msg"].removeprefix("Value error, ")
            return document.problem(place, f"{name}: {text}" if name else text)
        case kind:
            said = f"{error['msg'][0].lower()}{error['msg'][1:]}"
            text = f"{_EXPECTED[kind]} was expected" if kind in _EXPECTED else said
            text = f"{text}, found {_shown(error['input'])}"
            return document.problem(place, f"{name}: {text}" if name else text)


def _dotted(place: Place) -> str:
    """Return `strategy_links[0].capital`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".")


def _shown(value: object) -> str:
    match value:
        case Mapping():
            return "a map"
        case list() | tuple():
            return "a list"
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case _:
            return f'"{str(value)[:SHOWN_MAX]}"'


def _fields(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys that are known at `place` of a document of `model`."""
    inside: list[Any] = [model]
    for part in place:
        inside = [each for annotation in inside for each in _below(annotation, part)]
    found = [each for annotation in inside for each in _models(annotation)]
    return [name for each in found for name in each.model_fields]


def _below(annotation: Any, part: str | int) -> list[Any]:
    models = _models(annotation)
    if models:
        return [each.model_fields[str(part)].annotation for each in models]
    return list(get_args(annotation))


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that `annotation` is or has directly in a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, UnionType):
        return [each for option in get_args(annotation) for each in _models(option)]
    return []
