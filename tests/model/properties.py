"""What must hold in every state, and when is nothing unfinished?"""

from collections.abc import Sequence

from s1mpletrader.core.order_flow import DENIED
from s1mpletrader.model.orders import OrderRole, OrderStatus
from tests.model.states import BITS, Order, Slot, State
from tests.model.world import Setup

OrderPairs = Sequence[tuple[Order, Slot]]


def find_violations(state: State, setup: Setup) -> list[str]:
    """Return the names of the properties that `state` breaks."""
    pairs = list(zip(state.orders, setup.slots, strict=True))
    found = []
    if state.verdict:
        found.append(f"P6 false halt: {state.verdict}")
    if state.alarm and not (state.foreign and state.foreign.order < 0):
        found.append("P6 false alarm: unexplained trade")
    for order in state.orders:
        found += _of_order(order)
    if _executes_too_much(pairs):
        found.append("P1 more executed than one decision asked for")
    if _misses_a_fill(state):
        found.append("P2 gate open, nothing in doubt, and the ledger misses a fill")
    found += _of_trades(state, pairs, setup.held)
    return found


def _of_order(order: Order) -> list[str]:
    here, done = order.here, len(order.fills)
    found = []
    if here.status in DENIED:
        will_be = order.wire == 1 and order.deadline >= 0
        if order.accepted >= 0 or (will_be and here.status is not OrderStatus.REJECTED):
            found.append(f"P3 {here.status} for an order that was or will be accepted")
    if here.status is OrderStatus.CLOSED and (order.closed < 0 or BITS[here.booked] != done):
        found.append("P3 CLOSED with missing fills or still open")
    if here.booked >> done:
        found.append("P2/P7 a fill booked that the order does not have")
    return found


def _executes_too_much(pairs: OrderPairs) -> bool:
    for decision in {slot.decision for _, slot in pairs if slot.role is OrderRole.ENTRY}:
        tries = [
            (order, slot)
            for order, slot in pairs
            if slot.role is OrderRole.ENTRY and slot.decision == decision
        ]
        executed = sum(len(order.fills) for order, _ in tries)
        if executed > max(slot.qty for _, slot in tries):
            return True
    return False


def _misses_a_fill(state: State) -> bool:
    if not (state.gate and state.is_up) or state.alarm or state.strange or state.verdict:
        return False
    for order in state.orders:
        if order.here.is_in_doubt or order.answer in {1, 2} or order.wire == 1:
            return False
    return any(
        order.accepted >= 0 and ((1 << len(order.fills)) - 1) & ~order.here.booked & ~order.events
        for order in state.orders
    )


def _of_trades(state: State, pairs: OrderPairs, held: Sequence[int]) -> list[str]:
    found = []
    for trade, before in enumerate(held):
        own = [(order, slot) for order, slot in pairs if slot.trade == trade]
        holds = before + sum(slot.sign * len(order.fills) for order, slot in own)
        if holds < 0:
            found.append("P5/P7 a trade has sold more than it held")
        if state.closing[trade] == 2 and (holds or any(order.is_open for order, _ in own)):
            found.append("P5 the books say flat and it is not")
    return found


def is_at_rest(state: State, slots: Sequence[Slot]) -> bool:
    """Return whether everything that was begun came to its end, and the gate is open."""
    if state.verdict or state.alarm or state.strange or not state.gate or not state.is_up:
        return False
    if state.look is not None or state.foreign is None:
        return False
    for order in state.orders:
        here = order.here
        if here.is_in_doubt or order.events or order.cancel or order.wire == 1:
            return False
        if order.answer in {1, 2} or BITS[here.booked] != len(order.fills):
            return False
        if here.status is OrderStatus.ACKED and order.closed >= 0:
            return False
    return all(
        stage != 1 or not _has_something(state, slots, trade)
        for trade, stage in enumerate(state.closing)
    )


def _has_something(state: State, slots: Sequence[Slot], trade: int) -> bool:
    """Return whether a trade that is to be closed still holds, or tries, something."""
    return any(
        slot.trade == trade and (order.fills or order.here.status is OrderStatus.ACKED)
        for order, slot in zip(state.orders, slots, strict=True)
    )
