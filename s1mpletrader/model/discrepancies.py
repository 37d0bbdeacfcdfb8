"""In which ways can the books and the exchange differ?

One kind for each row of SAFETY D6, D7 and D10 that is more than routine. Whoever handles kinds
matches them all; docs/reference.md lists them from here.
"""

from enum import StrEnum


class DiscrepancyKind(StrEnum):
    """What reconciliation found; the value is the journal's and the metric's label."""

    FOUND = "found"
    """An order that was in doubt is at the exchange: adopted."""
    EXECUTION = "execution"
    """An execution that no message told of: booked."""
    ENDED = "ended"
    """An order ended and no message told of it: its final quantity is noted."""
    NOT_PLACED = "not_placed"
    """An order in doubt is absent from two ripe looks: it was never accepted."""
    REVIVED = "revived"
    """An order that counted as refused, not placed or not sent appears: adopted, halted."""
    RETRACTED = "retracted"
    """An order was acknowledged and refused afterwards: halted."""
    RENAMED = "renamed"
    """The exchange gives one order two ids: halted."""
    MISSING = "missing"
    """An acknowledged order is in no list: halted."""
    STILL_OPEN = "still_open"
    """An order that is closed in the books rests at the exchange: halted."""
    ORPHAN = "orphan"
    """An order with our tag that the journal does not know: halted until `assign`."""
    FOREIGN_ORDER = "foreign_order"
    """An order of somebody else on this account."""
    FOREIGN_TRADE = "foreign_trade"
    """An execution of somebody else's order: booked to `unallocated`."""
    UNEXPLAINED_TRADE = "unexplained_trade"
    """An execution of an order that no list shows: halted, never attributed by guess."""
    BALANCE = "balance"
    """The account's balances differ from the books at two stable reads: halted."""
