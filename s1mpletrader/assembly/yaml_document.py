"""What does a YAML file say, and where does each value stand?

YAML 1.1 guesses types: `no` becomes false, `010` eight, `12:30` 750, and of a key given twice the
last one silently wins. Here nothing is guessed: every plain scalar stays text but true, false and
null; what YAML 1.1 would have read as something else must be quoted; duplicate keys and aliases
are refused. Every problem is found in one pass, with its line and column.
"""

import re
from dataclasses import dataclass, field
from typing import cast

import yaml

from s1mpletrader.config.document import Document, Place
from s1mpletrader.config.problem import Problem

BYTES_MAX = 1_000_000
"""The largest configuration file."""
DEPTH_MAX = 50
"""The deepest nesting of maps and lists."""

_BOOLEAN = re.compile(r"^(y|n|yes|no|on|off)$", re.IGNORECASE)
_OCTAL = re.compile(r"^[-+]?0[0-9_]+$")
_SEXAGESIMAL = re.compile(r"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$")
_SPECIAL = {"true": True, "false": False, "null": None, "~": None, "": None}
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def parse(content: bytes, file: str) -> tuple[Document | None, list[Problem]]:
    """Return the document, or None where there is none, and everything wrong with it."""
    if len(content) > BYTES_MAX:
        text = f"the file is too large, at most {BYTES_MAX} bytes are read"
        return None, [Problem(file, 0, 0, text, "is this a configuration file?")]
    junk = _CONTROL.search(content)
    if junk is not None:
        before = content[: junk.start()]
        line = before.count(b"\n") + 1
        column = len(before) - before.rfind(b"\n")
        text = f"byte 0x{content[junk.start()]:02x} is no text"
        return None, [Problem(file, line, column, text, "is this a configuration file?")]
    try:
        decoded = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        text = f"byte 0x{content[error.start]:02x} is no UTF-8"
        return None, [Problem(file, line, column, text, "save the file as UTF-8")]
    return _compose(decoded, file)


def _compose(text: str, file: str) -> tuple[Document | None, list[Problem]]:
    try:
        refused = _refused(text, file)
        node = None if refused else yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        return None, [_syntax(error, text, file)]
    if refused is not None:
        return None, [refused]
    if node is None:
        return Document(file, {}), []
    reading = _Reading(file)
    tree = reading.value(node, ())
    return Document(file, tree, reading.values, reading.keys), reading.problems


def _refused(text: str, file: str) -> Problem | None:
    """Return the first thing that must not reach the composer.

    It recurses in C: brackets nested some ten thousand deep would kill the process.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        mark = cast("yaml.Mark", event.start_mark)  # a parser marks every event
        position = mark.line + 1, mark.column + 1
        if isinstance(event, yaml.AliasEvent):
            return Problem(file, *position, "aliases are not read", "write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            return Problem(file, *position, f"nested deeper than {DEPTH_MAX} levels")
    return None


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(file, 0, 0, str(error))
    mark, hint = error.problem_mark, ""
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        hint = "indent with spaces, not tabs"
    if error.context_mark is not None and "quoted" in str(error.context):
        # Noticed at the end of the file; where the quote was opened is what helps.
        mark, hint = error.context_mark, "is this quote closed?"
    return Problem(file, mark.line + 1, mark.column + 1, str(error.problem), hint)


@dataclass(slots=True)
class _Reading:
    """One walk over a document's nodes."""

    file: str
    values: dict[Place, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Place, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def value(self, node: yaml.Node, place: Place) -> object:
        """Return the plain value of `node`; its problems are collected."""
        self.values[place] = _position(node)
        if isinstance(node, yaml.MappingNode):
            return self._map(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*place, at)) for at, each in enumerate(node.value)]
        return self._scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _map(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, "a key must be a word")
                continue
            key = str(key_node.value)
            if key in found:
                line, column = self.keys[*place, key]
                text = f'the key "{key}" is given twice'
                self._refuse(key_node, text, f"first at {line}:{column}")
                continue
            self.keys[*place, key] = _position(key_node)
            found[key] = self.value(value_node, (*place, key))
        return found

    def _scalar(self, node: yaml.ScalarNode) -> object:
        text = str(node.value)
        if node.style:
            return text  # quoted, or a block: text without doubt
        if text.lower() in _SPECIAL:
            return _SPECIAL[text.lower()]
        if _BOOLEAN.match(text):
            self._refuse(
                node, f"{text} could mean true or false", "write true or false, or quote it"
            )
        elif _OCTAL.match(text):
            self._refuse(
                node, f"{text} could mean an octal number", "drop the leading 0, or quote it"
            )
        elif _SEXAGESIMAL.match(text):
            self._refuse(node, f"{text} could mean a number to base 60", "quote it")
        return text

    def _refuse(self, node: yaml.Node, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.file, *_position(node), message, hint))


def _position(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
