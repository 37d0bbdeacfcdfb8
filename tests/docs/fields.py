"""What does a model of the configuration, or a value of numbers, say about its fields?"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from s1mpletrader.config.base import ConfigModel

WORDS = {str: "text", int: "whole number", Decimal: "number", bool: "true or false", object: "any"}


def attribute_docstrings(kind: type) -> dict[str, str]:
    """Return the text under each attribute of a class, on one line."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        target = _target(before)
        if target is not None and is_text:
            assert isinstance(after, ast.Expr)
            assert isinstance(after.value, ast.Constant)
            found[target] = " ".join(str(after.value.value).split())
    return found


def _target(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(ast.Name(name)) | ast.Assign([ast.Name(name)]):
            return name
        case _:
            return None


def rows(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Yield (key, type, default, meaning) of every key, nested models in place, each once."""
    told = attribute_docstrings(model)
    seen: set[type[BaseModel]] = set()
    for name, field in model.model_fields.items():
        inner, is_list = _model_in(field.annotation)
        key = f"{prefix}{name}{'[]' if is_list else ''}"
        if inner is None:
            yield key, _type(field), _default(field), told.get(name, "")
            continue
        what = "Keys as above." if inner in seen else _summary(inner)
        yield key, "list" if is_list else "map", _nested_default(field), what
        if inner not in seen:
            yield from rows(inner, f"{key}.")
        seen.add(inner)


def _summary(kind: type) -> str:
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, ConfigModel):
        return annotation, False
    for each in get_args(annotation):
        if isinstance(each, type) and issubclass(each, ConfigModel):
            return each, get_origin(annotation) is tuple
    return None, False


def _type(field: FieldInfo) -> str:
    text = _spelled(field.annotation)
    limits = [limit for each in field.metadata for limit in _limits(each)]
    return ", ".join([text, *limits])


def _spelled(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if annotation in WORDS:
        return WORDS[annotation]
    if origin is Literal:
        return " or ".join(f"`{each}`" for each in inside)
    if origin is Annotated:
        limits = [limit for each in inside[1:] for limit in _limits(each)]
        return ", ".join([_spelled(inside[0]), *limits])
    if origin in {Union, UnionType}:
        return " or ".join("nothing" if each is NoneType else _spelled(each) for each in inside)
    assert origin is dict, annotation
    return "map"


def _limits(constraint: object) -> Iterator[str]:
    if isinstance(constraint, FieldInfo):
        for each in constraint.metadata:
            yield from _limits(each)
    if isinstance(constraint, AfterValidator):
        example = inspect.getclosurevars(constraint.func).nonlocals["example"]
        yield f"like `{example}`"
    for name, word in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
        limit = getattr(constraint, name, None)
        if limit is not None:
            yield f"{word} {limit}"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "see below" if field.default_factory is not dict else "none"
    if field.default is PydanticUndefined:
        return "**required**"
    if field.default is None or field.default == "":
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`"


def _nested_default(field: FieldInfo) -> str:
    return "**required**" if field.is_required() else "as below"
