"""What does an answer or event about one order change?"""

from decimal import Decimal

from s1mpletrader.core.effects import AskOrder
from s1mpletrader.core.fencing import is_newer
from s1mpletrader.core.gate import ACCOUNT
from s1mpletrader.core.identity import OrderIdentity, identify
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.orders import Order
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.discrepancies import DiscrepancyKind as Kind
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, TradeId
from s1mpletrader.model.looks import OrderFound
from s1mpletrader.model.orders import (
    Ack,
    Amended,
    Duplicate,
    Fill,
    OrderRole,
    OrderStatus,
    Reject,
    Unknown,
)


def react(turn: Turn, event: inputs.Input, memory: Memory, maker: OrderIdentity) -> None:
    """Take in an answer or event about one order."""
    match event:
        case inputs.Submitted():
            take_submit_answer(turn, event, memory)
        case inputs.NotSentByDoor():
            take_refusal(turn, event)
        case inputs.OrderEvent():
            take_event(turn, event, memory, maker)
        case inputs.AmendAnswered():
            take_amend_answer(turn, event)
        case inputs.OrderLookedUp():
            take_lookup(turn, event)
        case _:
            pass  # no answer to a cancel changes an order's state (SAFETY O5)


def take_submit_answer(turn: Turn, event: inputs.Submitted, memory: Memory) -> None:
    """Take in the answer to a submit (SAFETY O4): late, early, or none."""
    order = turn.books.orders[event.client_id]
    match event.answer:
        case Ack(txid):
            adopt(turn, order, txid, by="answer")
        case Reject(code):
            if order.is_in_doubt:
                turn.record(records.Rejected(event.client_id, code))
            elif order.status is OrderStatus.ACKED:
                _contradict(turn, order, Kind.RETRACTED, f"acknowledged, then refused: {code}")
        case Duplicate():
            # An open order with this id exists: ours, found by the next look.
            _doubt(turn, order, "duplicate client id", turn.rules.grace_us)
            memory.look_is_wanted = True
        case Unknown(why, slow):  # pragma: no branch
            grace = turn.rules.slow_grace_us if slow else turn.rules.grace_us
            _doubt(turn, order, why, grace)
            memory.look_is_wanted = True


def take_refusal(turn: Turn, event: inputs.NotSentByDoor) -> None:
    """Note that no byte of the order left."""
    if turn.books.orders[event.client_id].status is OrderStatus.INTENT:
        turn.record(records.NotSent(event.client_id, event.why))


def take_event(turn: Turn, event: inputs.OrderEvent, memory: Memory, maker: OrderIdentity) -> None:
    """Take in a message of the executions stream: positive evidence (SAFETY D2)."""
    order = turn.books.find(event.client_id, event.txid)
    if order is None:
        meet_stranger(turn, event.client_id, event.txid, maker)
        return
    adopt(turn, order, event.txid, by="stream")
    if event.fill is not None:
        book_fill(turn, order.client_id, event.fill)
    if event.kind == "closed":
        if event.vol_exec is None:
            memory.ended.add(event.txid)  # looked up until a look-up or a look states it
        else:
            finish(turn, order.client_id, event.vol_exec, by="stream", reason=event.reason)


def take_amend_answer(turn: Turn, event: inputs.AmendAnswered) -> None:
    """Settle an amend that was confirmed or refused (O8).

    After a refusal the stop is what it was; the look-up tells whether it is still there at all.
    """
    order = turn.books.orders[event.client_id]
    if order.amend is None:
        return
    if isinstance(event.answer, Amended):
        amend = order.amend
        turn.record(
            records.AmendSettled(order.client_id, amend.qty, amend.trigger_price, by="answer")
        )
    elif isinstance(event.answer, Reject) and order.txid is not None:
        trigger = order.trigger_price or order.amend.trigger_price
        turn.record(records.AmendSettled(order.client_id, order.qty, trigger, by="refusal"))
        turn.ask(AskOrder(order.txid))


def take_lookup(turn: Turn, event: inputs.OrderLookedUp) -> None:
    """Take in one order looked up by txid: positive evidence, final where it is closed."""
    order = turn.books.find(None, event.txid)
    found = event.lookup
    if order is None or not isinstance(found, OrderFound):
        return
    for fill in found.fills:
        book_fill(turn, order.client_id, fill)
    if found.closed_us is not None:
        finish(turn, order.client_id, found.vol_exec, by="lookup")
        return
    order = turn.books.orders[order.client_id]
    amend = order.amend
    trigger = found.trigger_price
    if amend is None or trigger is None:
        return
    is_done = (found.qty, trigger) == (amend.qty, amend.trigger_price)
    if is_done or turn.now_us >= amend.deadline_us + turn.rules.grace_us:
        turn.record(records.AmendSettled(order.client_id, found.qty, trigger, by="lookup"))


def adopt(turn: Turn, order: Order, txid: ExchangeOrderId, *, by: str) -> None:
    """Believe that the exchange has the order; a contradiction if it was final without it."""
    if order.txid == txid and not order.was_denied:
        return
    was = order.status
    if order.txid is not None and order.txid != txid:
        why = f"the exchange names it {order.txid} and {txid}"
        _contradict(turn, order, Kind.RENAMED, why)
    turn.record(records.Acked(order.client_id, txid, by))
    if order.was_denied:
        why = f"it was {was} and appears at the exchange as {txid}"
        _contradict(turn, order, Kind.REVIVED, why)


def book_fill(turn: Turn, client_id: ClientOrderId, fill: Fill) -> None:
    """Book an execution once, by its exec id (SAFETY O5); the entry's first opens the trade."""
    order = turn.books.orders[client_id]
    if order.has(fill.exec_id):
        return
    turn.record(records.Filled(client_id, fill))
    _open_trade(turn, order.intent.trade_id, order.role)


def finish(
    turn: Turn, client_id: ClientOrderId, volume: Decimal, *, by: str, reason: str = ""
) -> None:
    """Note the order's final executed quantity; it is closed once its fills are booked (D6)."""
    if turn.books.orders[client_id].final_volume is None:
        turn.record(records.FinalVolume(client_id, volume, by, reason))


def meet_stranger(
    turn: Turn, client_id: str | None, txid: ExchangeOrderId, maker: OrderIdentity
) -> bool:
    """Judge an order that is not in the books; return whether it carries our tag.

    A higher epoch, or the same with higher random bits, is another instance of us: FENCED (F3).
    A lower or equal one is an orphan: the journal lost it.
    """
    identity = identify(client_id)
    if identity is None or identity.tag != maker.tag:
        return False
    if is_newer(identity, maker):
        why = f"order {txid} was sent by a newer instance (epoch {identity.epoch})"
        turn.halt("fenced", ACCOUNT, why=why)
    else:
        why = f"order {txid} carries our tag and is not in the journal"
        turn.halt("orphan", ACCOUNT, why=why)
    return True


def _open_trade(turn: Turn, trade_id: TradeId, role: OrderRole) -> None:
    trade = turn.books.trades[trade_id]
    if role is OrderRole.ENTRY and trade.opened_us == 0:
        turn.record(records.TradeOpened(trade_id, trade.link, trade.symbol, trade.opportunity_id))


def _doubt(turn: Turn, order: Order, why: str, grace_us: Micros) -> None:
    if order.is_in_doubt:
        turn.record(records.WentUnknown(order.client_id, why, grace_us))


def _contradict(turn: Turn, order: Order, kind: Kind, why: str) -> None:
    subject = f"{order.role} {order.client_id}"
    turn.record(records.Discrepancy(kind, subject, why, str(order.status), "halted"))
    turn.halt("contradiction", ACCOUNT, why=f"{subject}: {why}")
