"""What is a worker?

A plugin's `worker.py` holds one class that derives from one of these two. It is built once, with
its parameters and the providers that its manifest asks for as keyword arguments, each named like
the capability; then it is called for every event it is wired to.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from s1mpletrader.config.base import ConfigModel
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.plugin.context import TradingContextProvider
from s1mpletrader.plugin.disposition import DispositionEnvelope


class WorkerParams(ConfigModel, frozen=True):
    """Base of a plugin's parameters (`schema.py`): immutable, unknown keys are refused."""


class Worker:
    """What both kinds share. A worker keeps no state but through `state_persistence`."""

    params_type: ClassVar[type[WorkerParams]] = WorkerParams

    def __init__(self, *, instance_id: WorkerId) -> None:
        self._instance_id = instance_id

    @property
    def instance_id(self) -> WorkerId:
        """The worker's name in its strategy blueprint."""
        return self._instance_id


class StandardWorker(Worker, ABC):
    """A link of a chain: reads the context, adds to it, answers."""

    @abstractmethod
    def process(self, context: TradingContextProvider) -> DispositionEnvelope:
        """Do this tick's work."""


class EventDrivenWorker(Worker):
    """Reacts to events with the handlers that its manifest names: `on_x(self, event: X)`."""
