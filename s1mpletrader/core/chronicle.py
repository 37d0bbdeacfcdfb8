"""Which moments belong to which id?

An index over the journal's groups: every record that names an opportunity, a threat, a trade or an
order is kept with the input that caused it. Market inputs without records leave no trace here.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

from s1mpletrader.model import records
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ClientOrderId, OpportunityId, ThreatId, TradeId
from s1mpletrader.model.inputs import Input, Stamp
from s1mpletrader.model.records import HaltCleared, HaltSet, Record

OrderRecord = (
    records.Intended
    | records.NotSent
    | records.Acked
    | records.Rejected
    | records.WentUnknown
    | records.NotPlaced
    | records.Filled
    | records.FinalVolume
    | records.CancelWanted
    | records.AmendWanted
    | records.AmendSettled
)
TradeRecord = records.TradeOpened | records.ExitWanted | records.TradeClosed
OpportunityRecord = records.OpportunityFound | records.OpportunityRejected
ThreatRecord = (
    records.ThreatDetected
    | records.OpportunityRejected
    | records.Intended
    | records.ExitWanted
    | records.TradeClosed
)
R_co = TypeVar("R_co", bound=Record, covariant=True)


class Moment(Value, Generic[R_co], frozen=True):
    """One record with the input that caused it."""

    stamp: Stamp
    cause: Input
    record: R_co


class HaltSpan(Value, frozen=True):
    """How long a reason stood; `until_us` is None while it stands."""

    since: Moment[HaltSet]
    until_us: Micros | None = None
    cleared: HaltCleared | None = None


class Chronicle:
    """Moments by id, each list in the journal's order."""

    def __init__(self) -> None:
        self.opportunities: dict[OpportunityId, list[Moment[OpportunityRecord]]] = {}
        self.threats: dict[ThreatId, list[Moment[ThreatRecord]]] = {}
        self.trades: dict[TradeId, list[Moment[TradeRecord]]] = {}
        self.orders: dict[ClientOrderId, list[Moment[OrderRecord]]] = {}
        """From the intent on."""
        self.intents: dict[ClientOrderId, records.Intended] = {}
        self.orders_of: dict[TradeId, list[ClientOrderId]] = {}
        self.client_ids: dict[str, ClientOrderId] = {}
        """By the exchange's txid."""
        self.halts: list[HaltSpan] = []
        self._standing: dict[tuple[str, str], int] = {}

    def take_in(self, groups: Iterable[Group]) -> None:
        """Add groups, oldest first."""
        for group in groups:
            for record in group.records:
                self._take(group, record)

    def ids(self) -> dict[str, str]:
        """Return what every known id names: opportunity, threat, trade or order."""
        found: dict[str, str] = dict.fromkeys(self.opportunities, "opportunity")
        found.update(dict.fromkeys(self.threats, "threat"))
        found.update(dict.fromkeys(self.orders_of, "trade"))
        found.update(dict.fromkeys(self.orders, "order"))
        found.update(dict.fromkeys(self.client_ids, "order"))
        return found

    def _take(self, group: Group, record: Record) -> None:
        stamp, cause = group.stamp, group.input
        if isinstance(record, records.Intended):
            self.intents[record.order.client_id] = record
            self.orders[record.order.client_id] = []
            self.orders_of.setdefault(record.trade_id, []).append(record.order.client_id)
        if isinstance(record, OpportunityRecord):
            found = self.opportunities.setdefault(record.opportunity_id, [])
            found.append(Moment(stamp, cause, record))
        if isinstance(record, TradeRecord):
            of_trade = self.trades.setdefault(record.trade_id, [])
            of_trade.append(Moment(stamp, cause, record))
        if isinstance(record, ThreatRecord) and record.threat_id is not None:
            of_threat = self.threats.setdefault(record.threat_id, [])
            of_threat.append(Moment(stamp, cause, record))
        if isinstance(record, OrderRecord):
            self._take_of_order(Moment(stamp, cause, record))
        if isinstance(record, HaltSet):
            self._standing[record.reason, record.scope] = len(self.halts)
            self.halts.append(HaltSpan(Moment(stamp, cause, record)))
        if isinstance(record, HaltCleared):
            self._clear(stamp, record)

    def _take_of_order(self, moment: Moment[OrderRecord]) -> None:
        record = moment.record
        if isinstance(record, records.Intended):
            client_id = record.order.client_id
        else:
            client_id = record.client_id
        if client_id in self.orders:  # else it began before the journal's oldest group
            self.orders[client_id].append(moment)
        if isinstance(record, records.Acked) and client_id in self.orders:
            self.client_ids[record.txid] = client_id

    def _clear(self, stamp: Stamp, cleared: HaltCleared) -> None:
        index = self._standing.pop((cleared.reason, cleared.scope), None)
        if index is not None:
            span = self.halts[index]
            self.halts[index] = HaltSpan(span.since, stamp.protocol_us, cleared)
