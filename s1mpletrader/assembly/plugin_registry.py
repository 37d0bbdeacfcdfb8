"""Which plugins are there?

A plugin is a folder `<root>/<category>/<sub_type>/<name>` with a manifest, imported as
`plugins.<category>.<sub_type>.<name>.worker`. The roots form one namespace package (PEP 420): no
`__init__.py` may stand above a plugin's own folder, and the first root wins, so that nobody can
shadow a shipped plugin by accident; a name used twice is refused.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from s1mpletrader.assembly.plugin_contract import Contract, Plugin
from s1mpletrader.assembly.yaml_document import parse
from s1mpletrader.config.document import Document, read
from s1mpletrader.config.manifest import Manifest
from s1mpletrader.config.problem import Problem
from s1mpletrader.plugin import API_VERSION

MANIFEST = "manifest.yaml"
NAMESPACE = "plugins"


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin on disk: its manifest was read, its code was not."""

    package: str
    manifest: Manifest
    document: Document


class PluginRegistry:
    """The plugins under the roots."""

    def __init__(self, found: Mapping[str, FoundPlugin]) -> None:
        self._found = found

    @property
    def manifests(self) -> dict[str, Manifest]:
        """The manifest of every plugin by its name."""
        return {name: each.manifest for name, each in self._found.items()}

    def folder(self, name: str) -> Path:
        """Return where a plugin lies."""
        return Path(self._found[name].document.file).parent

    def load(self, names: Sequence[str]) -> tuple[dict[str, Plugin], list[Problem]]:
        """Import these plugins; return those that keep their contract, and every breach."""
        plugins, problems = {}, []
        for name in dict.fromkeys(names):
            found = self._found[name]
            contract = Contract(found.package, found.manifest, found.document)
            plugin = contract.check()
            problems += contract.problems
            if plugin is not None:
                plugins[name] = plugin
        return plugins, problems


def find_plugins(roots: Sequence[Path]) -> tuple[PluginRegistry, list[Problem]]:
    """Read every manifest under `roots`; makes the roots importable."""
    found: dict[str, FoundPlugin] = {}
    problems: list[Problem] = []
    for root in roots:
        if root.name != NAMESPACE or not root.is_dir():
            problems.append(Problem(str(root), 0, 0, f"no folder named {NAMESPACE} is there"))
            continue
        home = str(root.resolve().parent)
        if home not in sys.path:
            sys.path.append(home)
        problems += _strays(root)
        for path in sorted(root.glob(f"*/*/*/{MANIFEST}")):
            plugin, wrong = _found(path)
            problems += wrong
            if plugin is None:
                continue
            name = plugin.manifest.identification.name
            if name in found:
                place = ("identification", "name")
                text = f'a plugin named "{name}" is already at {found[name].document.file}'
                problems.append(plugin.document.problem(place, text, "choose another name"))
                continue
            found[name] = plugin
    return PluginRegistry(found), problems


def _strays(root: Path) -> Iterator[Problem]:
    for pattern in ("__init__.py", "*/__init__.py", "*/*/__init__.py"):
        for path in sorted(root.glob(pattern)):
            text = "an __init__.py here hides the plugins of every other root"
            yield Problem(str(path), 0, 0, text, "delete it")


def _found(path: Path) -> tuple[FoundPlugin | None, list[Problem]]:
    document, problems = parse(path.read_bytes(), str(path))
    if document is None or problems:
        return None, problems
    manifest, problems = read(document, Manifest)
    if manifest is None:
        return None, problems
    problems = list(_misplaced(path, manifest, document))
    package = ".".join((NAMESPACE, *path.parent.parts[-3:]))
    return (None if problems else FoundPlugin(package, manifest, document)), problems


def _misplaced(path: Path, manifest: Manifest, document: Document) -> Iterator[Problem]:
    who = manifest.identification
    category, sub_type, name = path.parent.parts[-3:]
    for key, said, folder in (
        ("name", who.name, name),
        ("type", who.type, category),
        ("subtype", who.subtype, sub_type),
    ):
        if said != folder:
            text = f'{key} is "{said}", but the folder is "{folder}"'
            yield document.problem(("identification", key), text)
    if manifest.plugin_api != API_VERSION:
        text = f"plugin_api is {manifest.plugin_api}, this engine has {API_VERSION}"
        yield document.problem(("plugin_api",), text, "see docs/plugin-guide.md")
