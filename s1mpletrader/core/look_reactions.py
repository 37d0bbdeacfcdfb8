"""What does a complete look change?

Each order of the books is judged by what the look shows of it, against the books as they are now
(SAFETY D4); corrections are records with their evidence (D8).
"""

from decimal import Decimal

from s1mpletrader.core.gate import ACCOUNT, scope_of_symbol
from s1mpletrader.core.identity import OrderIdentity
from s1mpletrader.core.ledger import AggregatedLedger
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.order_reactions import adopt, book_fill, finish, meet_stranger
from s1mpletrader.core.orders import Order
from s1mpletrader.core.reconciliation import (
    Judgement,
    Negative,
    Sighting,
    is_ripe,
    judge,
    recount,
)
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.discrepancies import DiscrepancyKind as Kind
from s1mpletrader.model.ids import UNALLOCATED, Asset, ClientOrderId, ExchangeOrderId
from s1mpletrader.model.looks import Balances, ClosedRow, Complete, OpenRow
from s1mpletrader.model.orders import Fill, OrderStatus

ZERO = Decimal(0)


def take_look(turn: Turn, look: Complete, memory: Memory, maker: OrderIdentity) -> bool:
    """Take in a complete look; return whether it agrees with the books (SAFETY D3)."""
    books = turn.books
    memory.reads_deep = False
    strange = unexplained(turn, look)
    agrees = not strange
    _count_strange(turn, look, strange, memory)
    symbols = {fill.symbol for fill in strange}
    for client_id in _candidates(turn, look):
        order = books.orders[client_id]
        sighting = sight(look, order)
        is_strange = order.intent.order.symbol in symbols or _balances_show(
            turn, look, order, memory
        )
        judgement = judge(order, sighting, is_strange=is_strange)
        agrees = agrees and judgement.agrees
        _believe(turn, order, sighting, judgement, look)
        _count(turn, client_id, judgement, look, memory)
    for row in look.rows:
        if books.find(row.client_id, row.txid) is None:
            agrees = _meet(turn, row, maker) and agrees
    _book_foreign(turn, look)
    if look.balances is not None:
        agrees = _take_balances(turn, look, look.balances, memory, agrees=agrees) and agrees
    _check_unallocated(turn)
    return agrees


def _candidates(turn: Turn, look: Complete) -> list[ClientOrderId]:
    """Return our orders that the look may say something about: live ones and those it names."""
    books = turn.books
    found = dict.fromkeys(books.live)
    for row in look.rows:
        order = books.find(row.client_id, row.txid)
        if order is not None:
            found.setdefault(order.client_id)
    return list(found)


def sight(look: Complete, order: Order) -> Sighting:
    """Return what `look` shows of `order`."""

    def is_it(row: OpenRow | ClosedRow) -> bool:
        return row.client_id == order.client_id or row.txid == order.txid

    opened = next((row for row in look.open if is_it(row)), None)
    closed = next((row for row in look.closed if is_it(row)), None)
    row = closed or opened
    txid = row.txid if row is not None else order.txid
    return Sighting(opened, closed, tuple(fill for fill in look.trades if fill.txid == txid))


def unexplained(turn: Turn, look: Complete) -> list[Fill]:
    """Return trades of no order that the books or this look know (D6: never attribute by guess)."""
    books = turn.books
    rows: set[ExchangeOrderId] = {row.txid for row in look.rows}
    return [
        fill
        for fill in look.trades
        if fill.txid not in rows
        and fill.txid not in books.client_ids
        and fill.txid not in books.foreign
        and fill.exec_id not in books.booked
        and fill.time_us > books.opened_us
        and fill.symbol in books.instruments
    ]


def _balances_show(turn: Turn, look: Complete, order: Order, memory: Memory) -> bool:
    """Return whether coins moved as if an order in doubt had been executed.

    Then its absence is not believed, however long the lists hide it: selling again would sell
    twice (SAFETY D7). In time a person is told.
    """
    books, rules = turn.books, turn.rules
    if look.balances is None or not order.is_in_doubt or books.opened_us == 0:
        return False
    base = books.instruments[order.intent.order.symbol].base
    booked = AggregatedLedger(books.ledgers.values()).totals().get(base, ZERO)
    there = look.balances.total(base)
    if there == booked or (there > booked) is not order.is_buy:
        return False
    memory.reads_deep = True
    if look.began_us >= order.ripe_us + rules.slow_grace_us:
        what = f"{order.role} {order.client_id} shows nowhere and seems to be executed"
        turn.halt("balance", ACCOUNT, why=f"{what}: {base} is {there}, the books say {booked}")
    return True


def _count_strange(turn: Turn, look: Complete, strange: list[Fill], memory: Memory) -> None:
    """Alert on a trade that two ripe looks, SP apart, cannot explain; counted per trade."""
    seen = {fill.exec_id for fill in strange}
    for exec_id in tuple(memory.strange_trades):
        if exec_id not in seen:
            del memory.strange_trades[exec_id]
    for fill in strange:
        if look.began_us < fill.time_us + turn.rules.visibility_us:
            continue
        first = memory.strange_trades.setdefault(fill.exec_id, look.ended_us)
        if look.began_us - first >= turn.rules.look_spacing_us:
            why = f"trade {fill.exec_id} of order {fill.txid} is explained by nobody"
            _note_once(turn, memory, (Kind.UNEXPLAINED_TRADE, fill.exec_id), why)
            turn.halt("contradiction", scope_of_symbol(fill.symbol), why=why)


def _believe(
    turn: Turn, order: Order, sighting: Sighting, judgement: Judgement, look: Complete
) -> None:
    """Take over what is proved; what messages should have told long ago is a discrepancy (D8)."""

    def is_late(since_us: Micros) -> bool:
        return since_us + turn.rules.visibility_us < look.began_us

    row = sighting.closed or sighting.open
    if judgement.adopt and row is not None:
        if order.is_in_doubt and is_late(order.intended_us):
            _note(turn, Kind.FOUND, order, f"found at the exchange as {row.txid}", "adopted")
        adopt(turn, order, row.txid, by="look")
    for fill in judgement.fills:
        if is_late(fill.time_us):
            found = f"execution {fill.exec_id} of {fill.qty} at {fill.price}"
            _note(turn, Kind.EXECUTION, order, found, "booked")
        book_fill(turn, order.client_id, fill)
    if judgement.final is None or turn.books.orders[order.client_id].final_volume is not None:
        return
    reason = sighting.closed.reason if sighting.closed is not None else ""
    if order.is_live and is_late(sighting.closed.closed_us if sighting.closed else Micros(0)):
        _note(turn, Kind.ENDED, order, f"ended with {judgement.final} executed", "noted")
    finish(turn, order.client_id, judgement.final, by="look", reason=reason)


def _note(turn: Turn, kind: Kind, order: Order, found: str, action: str) -> None:
    subject = f"{order.role} {order.client_id}"
    turn.record(records.Discrepancy(kind, subject, found, str(order.status), action))


def _note_once(turn: Turn, memory: Memory, what: tuple[Kind, str], found: str) -> None:
    """Note what halts, once a run: look after look shows it until a person has decided."""
    if what not in memory.noted:
        memory.noted.add(what)
        turn.record(records.Discrepancy(*what, found, "known to the books", "halted"))


def _count(
    turn: Turn, client_id: ClientOrderId, judgement: Judgement, look: Complete, memory: Memory
) -> None:
    order, rules = turn.books.orders[client_id], turn.rules
    negative = judgement.negative
    if not is_ripe(order, look.began_us, turn.books.run_us, rules.visibility_us):
        negative = None
    count, is_proof = recount(
        memory.counts.pop(client_id, None),
        order,
        negative,
        (look.began_us, look.ended_us),
        rules.look_spacing_us,
    )
    if count is not None:
        memory.counts[client_id] = count
        memory.look_is_wanted = True
    if not is_proof:
        return
    subject = f"{order.role} {client_id}"
    if negative is Negative.NOT_PLACED:
        evidence = f"absent from two looks, the last begun at {look.began_us}"
        _note(turn, Kind.NOT_PLACED, order, evidence, "never placed")
        turn.record(records.NotPlaced(client_id, evidence))
        return
    if negative is Negative.MISSING:
        kind, why = Kind.MISSING, f"{subject} was acknowledged and is nowhere"
    else:
        kind, why = Kind.STILL_OPEN, f"{subject} is closed here and open there"
    _note_once(turn, memory, (kind, subject), why)
    turn.halt("contradiction", ACCOUNT, why=why)


def _meet(turn: Turn, row: OpenRow | ClosedRow, maker: OrderIdentity) -> bool:
    """Note an order that is not ours; return False where it shuts the gate."""
    if row.txid in turn.books.foreign:
        return True
    is_orphan = meet_stranger(turn, row.client_id, row.txid, maker)
    kind = Kind.ORPHAN if is_orphan else Kind.FOREIGN_ORDER
    found = f"{row.side} {row.qty} {row.symbol}, client id {row.client_id or 'none'}"
    action = "halted" if is_orphan else "left alone"
    turn.record(records.Discrepancy(kind, row.txid, found, "not in the books", action))
    turn.record(records.ForeignOrder(row.txid, row.symbol, row.side, is_orphan))
    return not is_orphan


def _book_foreign(turn: Turn, look: Complete) -> None:
    """Book executions of orders that are not ours to `unallocated` (SAFETY D10).

    Those on a pair that was not listed when the run began cannot be: the balances will differ.
    """
    books = turn.books
    for fill in look.trades:
        is_new = fill.exec_id not in books.booked and fill.time_us > books.opened_us
        is_listed = fill.symbol in books.instruments
        if fill.txid in books.foreign and is_new and is_listed and books.opened_us:
            found = f"{fill.side} {fill.qty} {fill.symbol} at {fill.price} of order {fill.txid}"
            action = "booked to unallocated"
            turn.record(
                records.Discrepancy(Kind.FOREIGN_TRADE, fill.exec_id, found, "none", action)
            )
            turn.record(records.ForeignFill(fill))


def _check_unallocated(turn: Turn) -> None:
    """Halt while strangers' trades and withdrawals took more than what belongs to no link (D10)."""
    for asset, amount in sorted(turn.books.ledgers[UNALLOCATED].amounts.items()):
        if amount < ZERO:
            turn.halt("unallocated", ACCOUNT, why=f"{amount} {asset} is unallocated")


def _take_balances(
    turn: Turn, look: Complete, balances: Balances, memory: Memory, *, agrees: bool
) -> bool:
    """Compare the account to the last digit (SAFETY D7); the first stable read opens the books."""
    books = turn.books
    for row in balances.rows:
        memory.free[row.asset] = (row.total - row.held, look.began_us)
    if not balances.is_stable:
        memory.look_is_wanted = True
        return False
    if books.opened_us == 0:
        for row in balances.rows:
            opening = f"opening:{row.asset}"
            turn.record(records.Booked(opening, UNALLOCATED, row.asset, row.total, "opening"))
        return bool(balances.rows)
    for entry in balances.ledgers:
        if entry.ledger_id not in books.booked and entry.time_us > books.opened_us:
            amount = entry.amount - entry.fee
            turn.record(
                records.Booked(entry.ledger_id, UNALLOCATED, entry.asset, amount, entry.kind)
            )
    if not agrees or is_moving(turn, look):
        return agrees
    different = differences(turn, balances)
    if different and memory.balance_differs:
        text = "; ".join(f"{asset}: exchange {a}, books {b}" for asset, a, b in different)
        _note_once(turn, memory, (Kind.BALANCE, "account"), text)
        turn.halt("balance", ACCOUNT, why=text)
    if not different:  # another difference later is another discrepancy
        memory.noted.discard((Kind.BALANCE, "account"))
    memory.balance_differs = memory.reads_deep = bool(different)
    memory.look_is_wanted = memory.look_is_wanted or bool(different)
    return not different


def is_moving(turn: Turn, look: Complete) -> bool:
    """Return whether an execution may not have reached lists and balances alike.

    Balances lag as lists do, and look stable while they do (SAFETY D5, D7).
    """
    books = turn.books
    settled_us = books.last_fill_us + turn.rules.visibility_us
    is_busy = any(order.status is not OrderStatus.ACKED for order in books.live_orders())
    return is_busy or settled_us >= look.began_us


def differences(turn: Turn, balances: Balances) -> list[tuple[Asset, Decimal, Decimal]]:
    """Return (asset, exchange, books) where they differ."""
    totals = AggregatedLedger(turn.books.ledgers.values()).totals()
    assets = sorted({*totals, *(row.asset for row in balances.rows)})
    pairs = [(asset, balances.total(asset), totals.get(asset, ZERO)) for asset in assets]
    return [each for each in pairs if each[1] != each[2]]
