"""Which moments belong to which id?

An index over the journal's groups: every record that names an opportunity, a threat, a trade or an
order is kept with the input that caused it. Market inputs without records leave no trace here.
"""

from collections.abc import Iterable

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


class Moment(Value, frozen=True):
    """One record with the input that caused it."""

    stamp: Stamp
    cause: Input
    record: Record


class HaltSpan(Value, frozen=True):
    """How long a reason stood; `until_us` is None while it stands."""

    since: Moment
    halt: HaltSet
    until_us: Micros | None = None
    cleared: HaltCleared | None = None


class Chronicle:
    """Moments by id, each list in the journal's order."""

    def __init__(self) -> None:
        self.opportunities: dict[OpportunityId, list[Moment]] = {}
        self.threats: dict[ThreatId, list[Moment]] = {}
        self.trades: dict[TradeId, list[Moment]] = {}
        """TradeOpened, ExitWanted, TradeClosed."""
        self.orders: dict[ClientOrderId, list[Moment]] = {}
        """From the intent on."""
        self.orders_of: dict[TradeId, list[ClientOrderId]] = {}
        self.client_ids: dict[str, ClientOrderId] = {}
        """By the exchange's txid."""
        self.halts: list[HaltSpan] = []
        self._standing: dict[tuple[str, str], int] = {}

    def take_in(self, groups: Iterable[Group]) -> None:
        """Add groups, oldest first."""
        for group in groups:
            for record in group.records:
                self._take(Moment(group.stamp, group.input, record))

    def intent(self, client_id: ClientOrderId) -> records.Intended:
        """Return the intent that began an order."""
        first = self.orders[client_id][0].record
        assert isinstance(first, records.Intended)  # noqa: S101 - `_take` puts it there
        return first

    def ids(self) -> dict[str, str]:
        """Return what every known id names: opportunity, threat, trade or order."""
        found: dict[str, str] = dict.fromkeys(self.opportunities, "opportunity")
        found.update(dict.fromkeys(self.threats, "threat"))
        found.update(dict.fromkeys(self.orders_of, "trade"))
        found.update(dict.fromkeys(self.orders, "order"))
        found.update(dict.fromkeys(self.client_ids, "order"))
        return found

    def _take(self, moment: Moment) -> None:
        record = moment.record
        match record:
            case records.OpportunityFound() | records.OpportunityRejected():
                self.opportunities.setdefault(record.opportunity_id, []).append(moment)
            case records.ThreatDetected():
                self.threats.setdefault(record.threat_id, []).append(moment)
            case records.Intended():
                client_id = record.order.client_id
                self.orders[client_id] = [moment]
                self.orders_of.setdefault(record.trade_id, []).append(client_id)
            case records.TradeOpened() | records.ExitWanted() | records.TradeClosed():
                self.trades.setdefault(record.trade_id, []).append(moment)
            case HaltSet():
                self._standing[record.reason, record.scope] = len(self.halts)
                self.halts.append(HaltSpan(moment, record))
            case HaltCleared():
                self._clear(moment, record)
            case _:
                self._take_of_order(moment, record)
        threat_id = getattr(record, "threat_id", None)
        if threat_id is not None and not isinstance(record, records.ThreatDetected):
            self.threats.setdefault(threat_id, []).append(moment)

    def _take_of_order(self, moment: Moment, record: Record) -> None:
        client_id = getattr(record, "client_id", None)
        if client_id in self.orders:
            self.orders[client_id].append(moment)
            if isinstance(record, records.Acked):
                self.client_ids[record.txid] = record.client_id

    def _clear(self, moment: Moment, cleared: HaltCleared) -> None:
        index = self._standing.pop((cleared.reason, cleared.scope), None)
        if index is not None:
            span = self.halts[index]
            until_us = moment.stamp.protocol_us
            self.halts[index] = HaltSpan(span.since, span.halt, until_us, cleared)
