"""What must be asked of the exchange now: orders, looks, the lease?

Everything here is a question; its answer is an input like any other. A question without an answer
is asked again after its patience, so a lost answer costs nothing but time.
"""

from s1mpletrader.core.books import Books
from s1mpletrader.core.effects import AskBalances, AskLook, AskOrder
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.orders import Order
from s1mpletrader.core.turn import Turn
from s1mpletrader.model.base import SECOND, Micros

LOOK_MARGIN_US = 60 * SECOND
"""Lists are read from so much earlier than strictly needed."""
DEEP_US = 86_400 * SECOND
"""Lists are read so far back while the balances differ from the books."""


def ask_for_balances(turn: Turn, memory: Memory) -> None:
    """Read the balances: what is free, and a private call that renews the lease (F2)."""
    memory.balances_asked_us = turn.now_us
    turn.ask(AskBalances(turn.now_us))


def ask_for_orders(turn: Turn, memory: Memory) -> None:
    """Look up orders whose cancel or amend has no settled end: positive evidence by txid."""
    if not memory.is_subscribed:
        return
    if memory.ended:
        memory.ended.intersection_update(order.txid for order in turn.books.live_orders())
    for order in tuple(turn.books.live_orders()):
        due = _lookup_due(turn, order, memory)
        if due is None or order.txid is None:
            continue
        asked = memory.orders_asked_us.get(order.txid, Micros(0))
        due = max(due, asked + turn.rules.retry_us)
        if turn.now_us >= due:
            memory.orders_asked_us[order.txid] = turn.now_us
            turn.ask(AskOrder(order.txid))
            due = turn.now_us + turn.rules.retry_us
        turn.wake(due)


def _lookup_due(turn: Turn, order: Order, memory: Memory) -> int | None:
    if order.txid in memory.ended:
        return turn.now_us
    if order.final_volume is not None and order.final_volume != order.executed:
        return turn.now_us
    if order.cancelled_us:
        return order.cancelled_us  # a cancel is repeated as often: it must not put this off
    if order.amend is not None:
        return order.amend.deadline_us + turn.rules.grace_us
    return None


def ask_for_looks(turn: Turn, memory: Memory) -> None:
    """Ask for a look when one is due: connection, doubt, wish, or every five minutes (D9)."""
    rules, now = turn.rules, turn.now_us
    if not memory.is_subscribed:
        return
    if memory.look_asked_us is not None:
        given_up = memory.look_asked_us + rules.look_timeout_us
        if now < given_up:
            turn.wake(given_up)
            return
        memory.look_is_wanted = True  # its answer was lost: the question stands
    due = max(_look_due(turn, memory), memory.look_not_before_us)
    if now < due:
        turn.wake(due)
        return
    memory.look_asked_us = now
    memory.look_is_wanted = False
    turn.ask(AskLook(look_since(turn.books, memory, now), balances=True))


def keep_lease(turn: Turn, memory: Memory) -> None:
    """Renew the lease by a small private call well before it ends (SAFETY F2)."""
    if not memory.is_subscribed:
        return
    lease = turn.rules.lease_us
    due = memory.lease_from_us + lease * 2 // 5
    from_us = memory.orders_from_us()
    if from_us is not None and memory.lease_from_us < from_us:
        due = min(due, from_us)  # the first renewal after the newcomer's wait lets orders leave
    due = max(due, memory.lease_asked_us + lease // 5)
    if turn.now_us >= due:
        memory.lease_asked_us = turn.now_us
        ask_for_balances(turn, memory)
        due = turn.now_us + lease // 5
    turn.wake(due)


def _look_due(turn: Turn, memory: Memory) -> int:
    """Return when the next look should begin, at the latest."""
    rules, books = turn.rules, turn.books
    if memory.look_is_wanted:
        return turn.now_us
    if memory.has_agreed:
        moments = [books.agreed_us + rules.reconcile_every_us]
    else:
        earliest = memory.subscribed_us + rules.visibility_us
        moments = [max(earliest, memory.orders_from_us() or 0)]
    moments += [order.ripe_us for order in books.live_orders() if order.is_in_doubt]
    return min(moments)


def look_since(books: Books, memory: Memory, now_us: Micros) -> Micros:
    """Return from when on the closed and trades lists matter.

    Where the balances differ from the books, something may have shown later than anybody waits
    for it (SAFETY D5, D7): then everything of the last day is read again.
    """
    base = books.agreed_us or books.opened_us or books.run_us
    if memory.reads_deep:
        base = max(books.opened_us, Micros(now_us - DEEP_US))
    # An order found late has executions of before: no agreeing look has covered them yet.
    unseen = [o for o in books.live_orders() if o.is_in_doubt or o.known_us >= books.agreed_us]
    return Micros(max(min([base, *(o.intended_us for o in unseen)]) - LOOK_MARGIN_US, 0))
