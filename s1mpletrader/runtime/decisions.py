"""What came out of one input?

Workers only ask; what they ask for is collected here and handed to the engine, whose gate and
limits have the last word. Every opportunity ends in a plan or in a reason.
"""

from dataclasses import dataclass

import msgspec

from s1mpletrader.errors import PluginError
from s1mpletrader.model.ids import OpportunityId, WorkerId
from s1mpletrader.model.records import (
    OpportunityFound,
    OpportunityRejected,
    Record,
    ThreatDetected,
    WorkerQuarantined,
)
from s1mpletrader.model.signals import (
    CriticalEvent,
    ExitSignal,
    OpportunitySignal,
    RoutedTradePlan,
    TradingHalted,
)
from s1mpletrader.runtime.moment import Moment


@dataclass(frozen=True, slots=True)
class WorkerFailure:
    """A worker that raised or broke its contract, with the traceback for the log."""

    worker: WorkerId
    error: str
    traceback: str


@dataclass(frozen=True, slots=True)
class FlowResult:
    """What the engine must know and do after one input."""

    records: tuple[Record, ...] = ()
    plans: tuple[RoutedTradePlan, ...] = ()
    exits: tuple[ExitSignal, ...] = ()
    threats: tuple[CriticalEvent, ...] = ()
    halts: tuple[TradingHalted, ...] = ()
    failures: tuple[WorkerFailure, ...] = ()

    @property
    def failed_worker(self) -> WorkerId | None:
        """The first worker that failed, if any."""
        return self.failures[0].worker if self.failures else None


NOTHING = FlowResult()
"""The answer to most ticks."""


class Decisions:
    """Collects; `trade_execution` and `journaling` for the workers of one link."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._reset()

    def _reset(self) -> None:
        self._records: list[Record] = []
        self._plans: list[RoutedTradePlan] = []
        self._exits: list[ExitSignal] = []
        self._threats: list[CriticalEvent] = []
        self._halts: list[TradingHalted] = []
        self._failures: list[WorkerFailure] = []
        self._undecided: dict[OpportunityId, OpportunitySignal] = {}

    def open_trade(self, plan: RoutedTradePlan) -> None:
        """Collect an entry; raises `PluginError` for another link's or symbol's."""
        moment = self._moment
        if (plan.link, plan.symbol) != (moment.link, moment.symbol):
            text = f"a plan for {plan.link} {plan.symbol} came from {moment.link} {moment.symbol}"
            raise PluginError(text)
        decided_us = moment.present.stamp.protocol_us
        self._plans.append(msgspec.structs.replace(plan, decided_us=decided_us))
        self._undecided.pop(plan.opportunity_id, None)

    def close_trade(self, signal: ExitSignal) -> None:
        """Collect an exit; raises `PluginError` for another symbol's."""
        if signal.symbol != self._moment.symbol:
            text = f"an exit of {signal.symbol} came from a link of {self._moment.symbol}"
            raise PluginError(text)
        self._exits.append(signal)

    def reject(self, signal: OpportunitySignal, rule: str, reason: str) -> None:
        """Record that nothing comes of an opportunity, and why."""
        self._undecided.pop(signal.opportunity_id, None)
        link, symbol = self._moment.link, self._moment.symbol
        self._records.append(OpportunityRejected(signal.opportunity_id, link, symbol, rule, reason))

    def published(self, payload: object) -> None:
        """Note what a published event means for the engine and the journal."""
        match payload:
            case OpportunitySignal():
                self._found(payload)
            case CriticalEvent():
                self._threatened(payload)
            case TradingHalted():
                self._halts.append(payload)
            case _:
                pass  # plans and exits count when an execution worker asks for them

    def _found(self, signal: OpportunitySignal) -> None:
        self._undecided[signal.opportunity_id] = signal
        self._records.append(
            OpportunityFound(
                signal.opportunity_id,
                self._moment.link,
                signal.symbol,
                signal.found_by,
                signal.reason,
            )
        )

    def _threatened(self, threat: CriticalEvent) -> None:
        self._threats.append(threat)
        self._records.append(
            ThreatDetected(
                threat.threat_id, threat.kind, threat.found_by, threat.reason, self._moment.link
            )
        )

    def failed(self, failure: WorkerFailure) -> None:
        """Record a quarantine."""
        self._failures.append(failure)
        self._records.append(WorkerQuarantined(self._moment.link, failure.worker, failure.error))

    def take(self) -> FlowResult:
        """Return everything collected and start anew; history keeps nothing but failures."""
        # Opportunities, threats and failures are among the records too.
        if not (self._records or self._plans or self._exits or self._halts):
            return NOTHING
        for signal in tuple(self._undecided.values()):
            self.reject(signal, "planning", "no worker made a plan of it")
        if self._moment.present.history:
            records = [each for each in self._records if isinstance(each, WorkerQuarantined)]
            result = FlowResult(records=tuple(records), failures=tuple(self._failures))
        else:
            result = FlowResult(
                tuple(self._records),
                tuple(self._plans),
                tuple(self._exits),
                tuple(self._threats),
                tuple(self._halts),
                tuple(self._failures),
            )
        self._reset()
        return result
