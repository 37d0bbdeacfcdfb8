"""Whose is what came onto the account without the engine?

Orphans, deposits and other people's trades belong to `unallocated` until a person says otherwise
(SAFETY D10): `assign` accepts an orphan as nobody's, or moves an amount between `unallocated` and
a link. Coins are never given to a link: what a link holds is what its trades bought.
"""

from decimal import Decimal, InvalidOperation

from s1mpletrader.core.books import Books
from s1mpletrader.core.turn import Turn
from s1mpletrader.errors import UsageError
from s1mpletrader.model import records
from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import UNALLOCATED, Asset, ExchangeOrderId, LinkId

AMOUNT_LENGTH_MAX = 40
USAGE = "assign order TXID | assign amount AMOUNT ASSET FROM TO"


class OrphanAccepted(Value, frozen=True):
    """An orphan whose executions stay in `unallocated`."""

    txid: ExchangeOrderId


class AmountMoved(Value, frozen=True):
    """An amount that changes hands inside the account."""

    amount: Decimal
    asset: Asset
    source: LinkId
    target: LinkId


Assignment = OrphanAccepted | AmountMoved


def parse(words: tuple[str, ...]) -> Assignment:
    """Return what a person asked for; raises `UsageError`."""
    match words:
        case ("order", txid):
            return OrphanAccepted(ExchangeOrderId(txid))
        case ("amount", amount, asset, source, target):
            return AmountMoved(_positive(amount), Asset(asset), LinkId(source), LinkId(target))
        case _:
            text = f"not an assignment: {' '.join(words)}"
            raise UsageError(text, hint=USAGE)


def refusal(books: Books, assignment: Assignment) -> str | None:
    """Return why the books cannot follow, or None."""
    match assignment:
        case OrphanAccepted(txid):
            return None if books.foreign.get(txid) else f"{txid} is no orphan of this account"
        case AmountMoved(amount, asset, source, target):  # pragma: no branch
            unknown = next((x for x in (source, target) if x not in books.ledgers), None)
            if unknown is not None:
                return f"nothing was ever booked for {unknown}: a link or {UNALLOCATED} is meant"
            quotes = {each.quote for each in books.instruments.values()}
            if target != UNALLOCATED and asset not in quotes:
                return f"{asset} cannot be given to {target}: its holding is what its trades bought"
            there = books.ledgers[source].amount(asset)
            if source != UNALLOCATED:
                there -= books.reserved(source, asset)
            return None if there >= amount else f"{source} has {there} {asset}, not {amount}"


def assign(turn: Turn, words: tuple[str, ...], by: str) -> None:
    """Write what a person decided; nothing where the books cannot follow."""
    assignment = parse(words)
    if refusal(turn.books, assignment) is not None:
        return
    match assignment:
        case OrphanAccepted(txid):
            turn.record(records.OrphanAccepted(txid, by))
        case AmountMoved(amount, asset, source, target):  # pragma: no branch
            turn.record(records.AmountMoved(asset, amount, source, target, by))


def is_all_assigned(books: Books, reason: str) -> bool:
    """Return whether nothing is left of what `orphan` or `unallocated` halted for."""
    if reason == "orphan":
        return not any(books.foreign.values())
    return all(amount >= 0 for amount in books.ledgers[UNALLOCATED].amounts.values())


def _positive(text: str) -> Decimal:
    try:
        amount = Decimal(text) if len(text) <= AMOUNT_LENGTH_MAX else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        refused = f"not an amount above zero: {text[:AMOUNT_LENGTH_MAX]}"
        raise UsageError(refused, hint=USAGE)
    return amount
