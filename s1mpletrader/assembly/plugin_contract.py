"""Does a plugin's code do what its manifest says?

Every promise is checked at load, before anything runs; a breach names the plugin, the file, what
was expected and what was found.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import get_type_hints

import msgspec

from s1mpletrader.config.document import Document, Place
from s1mpletrader.config.facts import PluginFacts
from s1mpletrader.config.manifest import Manifest
from s1mpletrader.config.problem import Problem, did_you_mean
from s1mpletrader.model.events import ENGINE_EVENTS, event_name
from s1mpletrader.plugin import (
    DispositionEnvelope,
    EventDrivenWorker,
    StandardWorker,
    Worker,
    WorkerParams,
)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin whose manifest and code agree."""

    facts: PluginFacts
    worker_type: Callable[..., Worker]
    params_type: type[WorkerParams]
    state_type: type[msgspec.Struct] | None


class Contract:
    """The check of one plugin; `problems` is complete after `check`."""

    def __init__(self, package: str, manifest: Manifest, document: Document) -> None:
        self._package = package
        self._manifest = manifest
        self._document = document
        self.problems: list[Problem] = []

    def check(self) -> Plugin | None:
        """Return the plugin, or None if `problems` says why not."""
        worker_type = self._worker_type()
        if worker_type is None:
            return None
        self._check_constructor(worker_type)
        self._check_publications()
        state = self._manifest.capabilities.state
        self._check_handlers(worker_type)
        facts = PluginFacts(self._manifest, tuple(self._required()), frozenset(self._produced()))
        state_type = self._state_type(state.state_dto) if state and state.enabled else None
        plugin = Plugin(facts, worker_type, worker_type.params_type, state_type)
        return None if self.problems else plugin

    def _tell(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(self._document.problem(place, message, hint))

    def _imported(self, module: str, place: Place) -> object | None:
        try:
            return importlib.import_module(module)
        # The plugin's own code runs here: whatever it raises refuses the plugin, not the engine.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            text = f"{module} cannot be imported: {type(error).__name__}: {error}"
            self._tell(place, text)
            return None

    def _worker_type(self) -> type[Worker] | None:
        name = f"{self._package}.worker"
        module = self._imported(name, ())
        if module is None:
            return None
        found = [
            each
            for each in vars(module).values()
            if isinstance(each, type) and issubclass(each, Worker) and each.__module__ == name
        ]
        if len(found) != 1:
            names = ", ".join(each.__name__ for each in found) or "none"
            self._tell((), f"{name} must define exactly one worker class, found {names}")
            return None
        if not issubclass(found[0], StandardWorker | EventDrivenWorker):
            text = f"{found[0].__name__} derives from neither StandardWorker nor EventDrivenWorker"
            self._tell((), text)
            return None
        return found[0]

    def _check_constructor(self, worker_type: type[Worker]) -> None:
        taken = set(inspect.signature(worker_type).parameters)
        given = {"instance_id", "params", *self._manifest.requires_capability}
        if taken != given:
            text = (
                f"{worker_type.__name__}() takes {', '.join(sorted(taken)) or 'nothing'},"
                f" expected {', '.join(sorted(given))}"
            )
            hint = "one keyword for each required capability, besides instance_id and params"
            self._tell(("requires_capability",), text, hint)

    def _check_publications(self) -> None:
        for at, name in enumerate(self._manifest.publishes):
            if name in ENGINE_EVENTS:
                place = ("capabilities", "events", "publishes", at, "event_name")
                self._tell(place, f"{name} is published by the engine only")

    def _required(self) -> Iterator[type]:
        for at, each in enumerate(self._manifest.requires_dtos):
            place = ("requires_dtos", at)
            yield from self._type(each.expected_path, each.dto_type, (*place, "dto_type"))

    def _produced(self) -> Iterator[type]:
        for at, each in enumerate(self._manifest.produces_dtos):
            place = ("produces_dtos", at)
            path = self._absolute(each.local_path)
            yield from self._type(path, each.dto_type, (*place, "dto_type"))

    def _state_type(self, dotted: str) -> type[msgspec.Struct] | None:
        place = ("capabilities", "state", "state_dto")
        module, _, name = self._absolute(dotted).rpartition(".")
        for found in self._type(module, name, place):
            if issubclass(found, msgspec.Struct) and found.__struct_config__.frozen:
                return found
            text = f"{name} is no frozen msgspec Struct: what a worker remembers must be immutable"
            self._tell(place, text, "derive it from s1mpletrader.model.base.Value")
        return None

    def _absolute(self, path: str) -> str:
        is_local = path == "dtos" or path.startswith("dtos.")
        return f"{self._package}.{path}" if is_local else path

    def _type(self, module: str, name: str, place: Place) -> Iterator[type]:
        home = self._imported(module, place)
        if home is None:
            return
        found = getattr(home, name, None)
        if isinstance(found, type):
            yield found
        else:
            hint = did_you_mean(name, [each for each in vars(home) if each[:1].isupper()])
            self._tell(place, f"{module} has no class {name}", hint)

    def _check_handlers(self, worker_type: type[Worker]) -> None:
        handlers = self._manifest.handlers
        if issubclass(worker_type, StandardWorker):
            if handlers:
                text = f"{worker_type.__name__} is a StandardWorker: it has process, no handlers"
                self._tell(("capabilities", "events", "wirings"), text)
            self._check_handler(worker_type, "process", None, ())
            return
        if not handlers:
            text = f"{worker_type.__name__} is an EventDrivenWorker and listens to nothing"
            self._tell(("capabilities",), text, "name its handlers under events.wirings")
        for at, (event, method) in enumerate(handlers.items()):
            place = ("capabilities", "events", "wirings", at)
            self._check_handler(worker_type, method, event, place)

    def _check_handler(
        self, worker_type: type[Worker], method: str, event: str | None, place: Place
    ) -> None:
        """Check a handler of `event`, or `process` where it is None."""
        where = f"{worker_type.__name__}.{method}"
        handler = getattr(worker_type, method, None)
        if not inspect.isfunction(handler):
            methods = [name for name in vars(worker_type) if not name.startswith("_")]
            hint = did_you_mean(method, methods)
            self._tell((*place, "invokes", "method"), f"{where} does not exist", hint)
            return
        names = list(inspect.signature(handler).parameters)[1:]
        if len(names) != 1:
            text = f"{where} takes {len(names)} arguments, expected 1: the event or the context"
            self._tell(place, text)
            return
        hints = self._hints(handler, where)
        if hints.get("return") is not DispositionEnvelope:
            self._tell(place, f"{where} must be annotated to return DispositionEnvelope")
        taken = hints.get(names[0])
        if event is not None and not (isinstance(taken, type) and event_name(taken) == event):
            found = getattr(taken, "__name__", "nothing")
            text = f"{where} takes {found}, which is not the payload of {event}"
            self._tell(place, text, "annotate the handler with the event's type")

    def _hints(self, handler: Callable[..., object], where: str) -> dict[str, object]:
        try:
            return get_type_hints(handler)
        except (NameError, TypeError) as error:
            self._tell((), f"the annotations of {where} cannot be read: {error}")
            return {}
