"""What do the configuration files say, and can it be built?

The one way from a folder of YAML to `BuildSpecs`: read every file, find the plugins, check the
references, load the code, check its contracts, the parameters and the wiring. Problems are told
together, as many as can be found without guessing; then nothing was started (exit 78).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from s1mpletrader.assembly.plugin_contract import Plugin
from s1mpletrader.assembly.plugin_registry import find_plugins
from s1mpletrader.assembly.yaml_document import BYTES_MAX, parse
from s1mpletrader.config.base import ConfigModel
from s1mpletrader.config.build_specs import BuildSpecs
from s1mpletrader.config.configuration import Configuration
from s1mpletrader.config.document import Document, read
from s1mpletrader.config.environments import Connectors, DataSources, Environments, Schedule
from s1mpletrader.config.operation import Operation
from s1mpletrader.config.platform import Platform
from s1mpletrader.config.problem import Problem, did_you_mean, refuse
from s1mpletrader.config.references import check_references
from s1mpletrader.config.strategy import StrategyBlueprint
from s1mpletrader.config.translator import ConfigTranslator
from s1mpletrader.config.validation import check_wirings
from s1mpletrader.config.wiring import WiringMap

M = TypeVar("M", bound=ConfigModel)

FILES: Mapping[str, type[ConfigModel]] = MappingProxyType(
    {
        "platform": Platform,
        "operation": Operation,
        "connectors": Connectors,
        "environments": Environments,
        "data_sources": DataSources,
        "schedule": Schedule,
        "platform_wiring_map": WiringMap,
    }
)
FOLDERS: Mapping[str, type[ConfigModel]] = MappingProxyType(
    {"strategies": StrategyBlueprint, "wiring": WiringMap}
)
FILES_MAX = 1_000
"""How many files one folder may hold."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """A configuration that can be built: what it says, and the code it names."""

    configuration: Configuration
    specs: BuildSpecs
    plugins: Mapping[str, Plugin]
    digest: str
    """SHA-256 over every configuration file and every file of the plugins in use."""


def load_configuration(folder: Path, program: Path) -> Assembly:
    """Return what `folder` configures; `program` is the folder that holds the shipped plugins.

    Raises `ConfigurationError` whose message lists every problem as `file:line:column: error: ...`.
    """
    configuration = _read_folder(folder)
    registry, problems = find_plugins(_roots(configuration.platform, program))
    problems += check_references(configuration, registry.manifests)
    workers = [
        (configuration.blueprint_document(name), place, entry)
        for name, blueprint in configuration.blueprints.items()
        for _, place, entry in blueprint.workforce.entries()
    ]
    names = [entry.plugin for _, _, entry in workers if entry.plugin in registry.manifests]
    plugins, breaches = registry.load(names)
    problems += breaches
    for document, place, entry in workers:
        if entry.plugin in plugins:
            params = document.at((*place, "params"), entry.params)
            problems += read(params, plugins[entry.plugin].params_type)[1]
    if not problems:
        facts = {name: plugin.facts for name, plugin in plugins.items()}
        problems += check_wirings(configuration, facts)
    refuse(problems)
    translator = ConfigTranslator(
        configuration,
        registry.manifests,
        lambda name, given: plugins[name].params_type.model_validate(given).model_dump(),
    )
    digest = _digest(configuration, {name: registry.folder(name) for name in plugins})
    return Assembly(configuration, translator.collect_build_specs(), plugins, digest)


def _roots(platform: Platform, program: Path) -> list[Path]:
    roots = [program / platform.plugins_root_path]
    if platform.own_plugins_root_path is not None:
        own = Path(platform.own_plugins_root_path)
        roots += [own] if own.exists() else []
    return roots


def _read_folder(folder: Path) -> Configuration:
    """Return the folder's files, each valid by itself; raises `ConfigurationError`."""
    problems = list(_unexpected(folder))
    models: dict[str, type[ConfigModel]] = dict(FILES)
    for part, model in FOLDERS.items():
        models |= {f"{part}/{path.stem}": model for path in sorted(folder.glob(f"{part}/*.yaml"))}
    documents: dict[str, Document] = {}
    for name, model in models.items():
        document, wrong = _read_file(folder / f"{name}.yaml")
        problems += wrong
        if document is not None:
            documents[name] = document
            told = {(problem.line, problem.column) for problem in wrong}
            found = read(document, model)[1]
            problems += [each for each in found if (each.line, each.column) not in told]
    refuse(problems)

    def valid(model: type[M], name: str) -> M:
        return model.model_validate(documents[name].tree)

    def all_valid(model: type[M], part: str) -> dict[str, M]:
        names = [name for name in documents if name.startswith(f"{part}/")]
        return {name.removeprefix(f"{part}/"): valid(model, name) for name in names}

    return Configuration(
        platform=valid(Platform, "platform"),
        operation=valid(Operation, "operation"),
        connectors=valid(Connectors, "connectors"),
        environments=valid(Environments, "environments"),
        data_sources=valid(DataSources, "data_sources"),
        schedule=valid(Schedule, "schedule"),
        platform_wiring_map=valid(WiringMap, "platform_wiring_map"),
        blueprints=all_valid(StrategyBlueprint, "strategies"),
        wiring_maps=all_valid(WiringMap, "wiring"),
        documents=documents,
    )


def _unexpected(folder: Path) -> Iterator[Problem]:
    """Yield what would be passed over in silence: a file with a mistyped name is not absent."""
    if not folder.is_dir():
        yield Problem(str(folder), 0, 0, "this folder is not there", "give it with --config")
        return
    known = [f"{name}.yaml" for name in FILES]
    for path in sorted(folder.iterdir()):
        is_settings = path.suffix in {".yaml", ".yml", ".d"}
        if is_settings and path.name not in known:
            hint = did_you_mean(path.name, known) or f"known: {', '.join(known)}"
            yield Problem(str(path), 0, 0, "this file would not be read", hint)
    for part in FOLDERS:
        paths = sorted((folder / part).glob("*"))
        for path in paths:
            if path.suffix != ".yaml":
                yield Problem(str(path), 0, 0, "this file would not be read", "name it *.yaml")
        if len(paths) > FILES_MAX:
            text = f"{len(paths)} files are too many, at most {FILES_MAX} are read"
            yield Problem(str(folder / part), 0, 0, text)


def _read_file(path: Path) -> tuple[Document | None, list[Problem]]:
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        return None, [Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]
    return parse(content, str(path))


def _digest(configuration: Configuration, plugins: Mapping[str, Path]) -> str:
    """Return one hash of everything that can change a decision, wherever it is installed."""
    files = {name: Path(document.file) for name, document in configuration.documents.items()}
    for name, folder in plugins.items():
        for path in folder.rglob("*"):
            inside = path.relative_to(folder)
            if path.suffix in {".py", ".yaml"} and inside.parts[0] != "tests":
                files[f"plugins/{name}/{inside}"] = path
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name} {hashlib.sha256(files[name].read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
