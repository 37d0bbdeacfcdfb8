"""Why did this happen?

Answers for a trade, an order, an opportunity or a threat as a tree of sentences with ids, from the
journal alone (SPEC B3): found because, ordered because, filled, guarded, closed because.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from s1mpletrader.core.chronicle import Chronicle, HaltSpan, Moment, OrderRecord
from s1mpletrader.core.gate import ACCOUNT, scope_of_link, scope_of_symbol
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ClientOrderId, OpportunityId, ThreatId, TradeId
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.orders import NewOrder, OrderRole
from s1mpletrader.model.records import Record

ZERO = Decimal(0)


class Node(Value, frozen=True):
    """A sentence and what belongs under it."""

    text: str
    children: tuple["Node", ...] = ()


def chronicle(groups: Iterable[Group]) -> Chronicle:
    """Return the index over these groups."""
    found = Chronicle()
    found.take_in(groups)
    return found


def candidates(known: Chronicle, wanted: str) -> dict[str, str]:
    """Return the ids that `wanted` may mean, with their kinds: itself, or all that begin so."""
    ids = known.ids()
    if wanted in ids:
        return {wanted: ids[wanted]}
    return {each: kind for each, kind in ids.items() if each.startswith(wanted)}


def why(known: Chronicle, wanted: str, kind: str) -> Node:
    """Return the tree of an id that `candidates` found."""
    if kind == "trade":
        return _trade(known, TradeId(wanted))
    if kind == "opportunity":
        return _opportunity(known, OpportunityId(wanted))
    if kind == "threat":
        return _threat(known, ThreatId(wanted))
    return _order_with_cause(known, known.client_ids.get(wanted, ClientOrderId(wanted)))


def _trade(known: Chronicle, trade_id: TradeId) -> Node:
    intents = [known.intents[each] for each in known.orders_of[trade_id]]
    first = intents[0]
    moments = known.trades.get(trade_id, [])
    state = "never opened"
    for moment in moments:
        closed = isinstance(moment.record, records.TradeClosed)
        state = "closed" if closed else "open"
    children: list[Node] = []
    if first.opportunity_id is not None:
        children.append(_found(known, first.opportunity_id))
    by_role = {role: [x for x in intents if x.role is role] for role in OrderRole}
    children += [_order(known, each) for each in by_role[OrderRole.ENTRY]]
    children += [_order(known, each) for each in by_role[OrderRole.STOP]]
    children += [_halt(span) for span in _halts_during(known, trade_id, first)]
    children += _exits(known, trade_id)
    children += [_order(known, each) for each in by_role[OrderRole.EXIT]]
    children += [
        _closed(moment.stamp, moment.record, moments[0].stamp)
        for moment in moments
        if isinstance(moment.record, records.TradeClosed)
    ]
    return Node(f"trade {trade_id}  {first.order.symbol}  {first.link}  {state}", tuple(children))


def _opportunity(known: Chronicle, opportunity_id: OpportunityId) -> Node:
    children = [
        _rejected(known, moment.stamp, moment.record)
        for moment in known.opportunities.get(opportunity_id, [])
        if isinstance(moment.record, records.OpportunityRejected)
    ]
    trades = dict.fromkeys(
        intent.trade_id
        for intent in known.intents.values()
        if intent.opportunity_id == opportunity_id
    )
    children += [_trade(known, each) for each in trades]
    found = _found(known, opportunity_id)
    return Node(found.text, (*found.children, *children))


def _threat(known: Chronicle, threat_id: ThreatId) -> Node:
    children: list[Node] = []
    title = f"threat {threat_id}  (its detection is not in the journal)"
    for moment in known.threats[threat_id]:
        match moment.record:
            case records.ThreatDetected():
                title = _threat_text(known, threat_id)
                children.append(_seen(moment))
            case records.ExitWanted(trade_id, cause):
                children.append(Node(f"{_at(moment)} wanted trade {trade_id} closed: {cause}"))
            case records.TradeClosed(trade_id, cause):
                children.append(Node(f"{_at(moment)} trade {trade_id} was closed: {cause}"))
            case records.OpportunityRejected() as rejected:
                children.append(_rejected(known, moment.stamp, rejected))
            case records.Intended(order):  # pragma: no branch
                children.append(Node(f"{_at(moment)} order {order.client_id}: {_terms(order)}"))
    children += [_halt(span) for span in known.halts if _is_of_threat(span, threat_id)]
    return Node(title, tuple(children))


def _order_with_cause(known: Chronicle, client_id: ClientOrderId) -> Node:
    intent = known.intents[client_id]
    node = _order(known, intent)
    cause = [Node(f"for trade {intent.trade_id}  {intent.link}")]
    if intent.opportunity_id is not None:
        cause.append(_found(known, intent.opportunity_id))
    if intent.threat_id is not None:
        cause.append(Node(f"because of {_threat_text(known, intent.threat_id)}"))
    if intent.role is OrderRole.EXIT:
        cause += _exits(known, intent.trade_id)
    return Node(node.text, (*cause, *node.children))


def _found(known: Chronicle, opportunity_id: OpportunityId) -> Node:
    for moment in known.opportunities.get(opportunity_id, []):
        if isinstance(moment.record, records.OpportunityFound):
            found = moment.record
            text = f"opportunity {opportunity_id}  {_at(moment)} found by {found.found_by}"
            return Node(text, (Node(f"because {found.reason}"), _seen(moment)))
    return Node(f"opportunity {opportunity_id}  (its finding is not in the journal)")


def _rejected(known: Chronicle, stamp: Stamp, record: records.OpportunityRejected) -> Node:
    text = f"{moment_text(stamp.protocol_us)} rejected by {record.rule}: {record.reason}"
    if record.threat_id is None:
        return Node(text)
    return Node(text, (Node(f"because of {_threat_text(known, record.threat_id)}"),))


def _exits(known: Chronicle, trade_id: TradeId) -> Iterator[Node]:
    for moment in known.trades.get(trade_id, []):
        if isinstance(moment.record, records.ExitWanted):
            threat_id = moment.record.threat_id
            threat = () if threat_id is None else (Node(_threat_text(known, threat_id)),)
            text = f"{_at(moment)} exit wanted because {moment.record.cause}"
            yield Node(text, (*threat, _seen(moment)))


def _closed(stamp: Stamp, record: records.TradeClosed, opened: Stamp) -> Node:
    held_s = (stamp.market_us - opened.market_us) / SECOND
    when = moment_text(stamp.protocol_us)
    text = f"{when} closed: {record.cause}; profit {record.profit:f}, fees {record.fees:f}"
    dust = f", dust {record.dust:f}" if record.dust != ZERO else ""
    return Node(f"{text}{dust}, held {held_s:.0f} s of market time")


def _order(known: Chronicle, intent: records.Intended) -> Node:
    client_id = intent.order.client_id
    moments = known.orders[client_id]
    began_us = moments[0].stamp.protocol_us
    steps = [Node(text) for moment in moments for text in _steps(moment, began_us)]
    cause = f" because {intent.cause}" if intent.cause else ""
    return Node(f"{intent.role} order {client_id}{cause}", tuple(steps))


def _steps(moment: Moment[OrderRecord], began_us: Micros) -> Iterator[str]:
    when = f"+{(moment.stamp.protocol_us - began_us) / 1000:.0f} ms"
    match moment.record:
        case records.Intended(order):
            yield f"{_at(moment)} intent, input {moment.stamp.number}: {_terms(order)}"
        case records.NotSent(_, text):
            yield f"{when} never sent: {text}"
        case records.Acked(_, txid, by):
            yield f"{when} acked as {txid} (by {by})"
        case records.Rejected(_, code):
            yield f"{when} refused by the exchange: {code}"
        case records.WentUnknown(_, text):
            yield f"{when} in doubt: {text}"
        case records.NotPlaced(_, evidence):
            yield f"{when} was never placed: {evidence}"
        case records.Filled(_, fill):
            fee = f"fee {fill.fee:f} {fill.fee_asset}"
            yield f"{when} filled {fill.qty:f} @ {fill.price:f}, {fee} ({fill.exec_id})"
        case records.FinalVolume(_, volume, by, reason):
            tail = f": {reason}" if reason else ""
            yield f"{when} left the book with {volume:f} executed (by {by}){tail}"
        case records.CancelWanted(_, text):
            yield f"{when} cancel sent: {text}"
        case records.AmendWanted(_, qty, trigger):
            yield f"{when} amend sent: {qty:f}, trigger {trigger:f}"
        case records.AmendSettled(_, qty, trigger, by):  # pragma: no branch
            yield f"{when} stands at {qty:f}, trigger {trigger:f} (by {by})"


def _terms(order: NewOrder) -> str:
    prices = [
        f"{name} {price:f}"
        for name, price in (("limit", order.limit_price), ("trigger", order.trigger_price))
        if price is not None
    ]
    return " ".join((order.side, order.type, f"{order.qty:f}", str(order.symbol), *prices))


def _halts_during(
    known: Chronicle, trade_id: TradeId, first: records.Intended
) -> Iterator[HaltSpan]:
    began_us = known.orders[first.order.client_id][0].stamp.protocol_us
    last = known.trades.get(trade_id, [])[-1:]
    is_over = bool(last) and isinstance(last[0].record, records.TradeClosed)
    scopes = {ACCOUNT, scope_of_symbol(first.order.symbol), scope_of_link(first.link)}
    for span in known.halts:
        begins_in_time = not is_over or span.since.stamp.protocol_us <= last[0].stamp.protocol_us
        ends_in_time = span.until_us is None or span.until_us > began_us
        if span.since.record.scope in scopes and begins_in_time and ends_in_time:
            yield span


def _halt(span: HaltSpan) -> Node:
    halt = span.since.record
    text = f"{_at(span.since)} halt {halt.reason} on {halt.scope} by {halt.by}: {halt.why}"
    if span.cleared is None or span.until_us is None:
        return Node(f"{text}; still standing")
    return Node(f"{text}; until {moment_text(span.until_us)} ({span.cleared.why})")


def _is_of_threat(span: HaltSpan, threat_id: ThreatId) -> bool:
    return threat_id == span.since.record.by


def _threat_text(known: Chronicle, threat_id: ThreatId) -> str:
    for moment in known.threats.get(threat_id, []):
        if isinstance(moment.record, records.ThreatDetected):
            found = moment.record
            what = f"{found.kind} found by {found.found_by}: {found.reason}"
            return f"threat {threat_id}  {_at(moment)} {what}"
    return f"threat {threat_id}  (its detection is not in the journal)"


def _seen(moment: Moment[Record]) -> Node:
    number, cause = moment.stamp.number, moment.cause
    match cause:
        case inputs.MarketTick(symbol, price, qty):
            what = f"tick {symbol} {price:f} x {qty:f}"
        case inputs.OperatorCommand(verb, by):
            what = f"{verb} by {by}"
        case inputs.ConnectionChanged():
            what = f"connection {cause.state}, {cause.attempts} failed attempts"
        case _:
            what = str(cause.__struct_config__.tag)
    return Node(f"decided by input {number}: {what} (market {moment_text(moment.stamp.market_us)})")


def _at(moment: Moment[Record]) -> str:
    return moment_text(moment.stamp.protocol_us)


def moment_text(at_us: Micros) -> str:
    """Return a moment in UTC with milliseconds."""
    at = datetime.fromtimestamp(at_us // SECOND, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_us % SECOND // 1000:03d}Z"
