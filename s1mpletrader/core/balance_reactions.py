"""Do the account's balances prove the books (SAFETY D7, D10)?

The first stable balances open the books; every later complete look must equal them to the last
digit.
"""

from decimal import Decimal

from s1mpletrader.core.gate import ACCOUNT
from s1mpletrader.core.ledger import AggregatedLedger
from s1mpletrader.core.memory import Memory, Opening
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import records
from s1mpletrader.model.discrepancies import DiscrepancyKind as Kind
from s1mpletrader.model.ids import UNALLOCATED, Asset
from s1mpletrader.model.looks import Balances, Complete
from s1mpletrader.model.orders import OrderStatus

ZERO = Decimal(0)


def check_unallocated(turn: Turn) -> None:
    """Halt while strangers' trades and withdrawals took more than what belongs to no link (D10)."""
    for asset, amount in sorted(turn.books.ledgers[UNALLOCATED].amounts.items()):
        if amount < ZERO:
            turn.halt("unallocated", ACCOUNT, why=f"{amount} {asset} is unallocated")


def book_movements(turn: Turn, balances: Balances) -> None:
    """Book deposits, withdrawals and fees of a stable read to `unallocated`, each once (D10)."""
    books = turn.books
    if not balances.is_stable or books.opened_us == 0:
        return
    for entry in balances.ledgers:
        if entry.ledger_id not in books.booked and entry.time_us > books.opened_us:
            amount = entry.amount - entry.fee
            turn.record(
                records.Booked(entry.ledger_id, UNALLOCATED, entry.asset, amount, entry.kind)
            )


def take_balances(
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
        return _open(turn, look, balances, memory)
    if not agrees or is_moving(turn, look):
        return agrees
    different = differences(turn, balances)
    if different and memory.balance_differs:
        text = "; ".join(f"{asset}: exchange {a}, books {b}" for asset, a, b in different)
        turn.note_once(memory.noted, (Kind.BALANCE, "account"), text)
        turn.halt("balance", ACCOUNT, why=text)
    if not different:  # another difference later is another discrepancy
        memory.noted.discard((Kind.BALANCE, "account"))
    memory.balance_differs = memory.reads_deep = bool(different)
    memory.look_is_wanted = memory.look_is_wanted or bool(different)
    return not different


def _open(turn: Turn, look: Complete, balances: Balances, memory: Memory) -> bool:
    """Book the opening balances once two looks, V apart, show the same and nothing in between.

    Lists and balances lag apart from each other: only then is what happened up to the first look
    certainly in the balances, and what comes later certainly not.
    """
    before = memory.opening
    rows = tuple(sorted((row.asset, row.total) for row in balances.rows))
    moments = [*(fill.time_us for fill in look.trades), *(e.time_us for e in balances.ledgers)]
    if before is None or before.rows != rows or any(t > before.began_us for t in moments):
        memory.opening = Opening(rows, look.began_us, look.ended_us)
        memory.look_is_wanted = True
        return False
    if look.began_us < before.ended_us + turn.rules.visibility_us:
        memory.look_is_wanted = True
        return False
    for asset, total in rows:
        opening = f"opening:{asset}"
        turn.record(records.Booked(opening, UNALLOCATED, asset, total, "opening", before.began_us))
    return bool(rows)


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
