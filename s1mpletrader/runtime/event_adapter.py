"""What happens around a worker's call?

One adapter per worker: it calls, obeys the answer, checks it against the manifest, and is the place
where a plugin's exception ends: the flow stops, the worker is quarantined, the engine is told.
"""

import traceback
from collections.abc import Callable
from functools import partial

from s1mpletrader.errors import PluginError
from s1mpletrader.model.events import event_name
from s1mpletrader.model.ids import WorkerId
from s1mpletrader.plugin.disposition import Disposition, DispositionEnvelope
from s1mpletrader.plugin.workers import Worker
from s1mpletrader.runtime.contract import WorkerContract
from s1mpletrader.runtime.decisions import WorkerFailure
from s1mpletrader.runtime.event_bus import Flow, Handler
from s1mpletrader.runtime.metrics import MetricsCollector

PROCESS = "process"
"""The method of a `StandardWorker`; every other method is an event handler."""
ERROR_CHARS_MAX = 500
"""How much of an exception's text is kept in the journal."""

Publish = Callable[[str, str, object, Flow], None]
Fail = Callable[[WorkerFailure, Flow], None]


class EventAdapter:
    """Joins one worker to the bus."""

    def __init__(
        self,
        worker: Worker,
        contract: WorkerContract,
        metrics: MetricsCollector,
        *,
        publish: Publish,
        fail: Fail,
    ) -> None:
        self._worker = worker
        self._contract = contract
        self._metrics = metrics
        self._publish = publish
        self._fail = fail
        self.is_quarantined = False

    @property
    def worker_id(self) -> WorkerId:
        """Its name in the strategy blueprint."""
        return self._contract.worker

    def handler(self, method: str) -> Handler:
        """Return what the bus calls for `method` of the worker."""
        call = getattr(self._worker, method)
        return partial(self._process if method == PROCESS else self._react, call)

    def _process(self, call: Callable[[object], object], flow: Flow) -> bool:
        return self._call(call, flow.context, flow)

    def _react(self, call: Callable[[object], object], flow: Flow) -> bool:
        return self._call(call, flow.payload, flow)

    def _call(self, call: Callable[[object], object], argument: object, flow: Flow) -> bool:
        if self.is_quarantined:
            return False
        self._metrics.workers_executed += 1
        try:
            return self._obey(call(argument), flow)
        # SystemExit too: a plugin that calls sys.exit() must not end the engine as a clean stop.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            self.is_quarantined = True
            text = f"{type(error).__name__}: {error}"[:ERROR_CHARS_MAX]
            trace = "".join(traceback.format_exception(error))
            self._fail(WorkerFailure(self.worker_id, text, trace), flow)
            return False

    def _obey(self, answer: object, flow: Flow) -> bool:
        if type(answer) is not DispositionEnvelope:
            raise self._breach(f"answered {answer!r} instead of a DispositionEnvelope")
        if answer.disposition is Disposition.CONTINUE:
            return True
        if answer.event is not None:
            name = event_name(type(answer.event))
            if name is None or name not in self._contract.publishes:
                raise self._breach(f"published {name or type(answer.event).__name__}")
            self._publish(self.worker_id, name, answer.event, flow)
        return False

    def _breach(self, what: str) -> PluginError:
        self._metrics.validation_errors += 1
        declared = ", ".join(sorted(self._contract.publishes)) or "no events"
        return PluginError(f"{self.worker_id} {what}; its manifest declares {declared}")
