"""What can the exchange, the network and the lists do?

The exchange acts at any moment. A request may be lost, and so may its answer; requests overtake
each other. A read of an order whose last changes are younger than the list's visibility delay may
show any earlier prefix of them, so two reads may even disagree backwards.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

from tests.model.states import BITS, CLOSED_EVENT, Order, Reading, Slot, State

Add = Callable[[str, State], None]
NAMES: Final = "ABCD"
LISTS: Final = "OCT"
"""A look reads open, closed, trades."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One scenario: what is tried, and what may go wrong. Durations in ticks."""

    slots: tuple[Slot, ...]
    D: int = 1
    """Deadline."""
    G: int = 1
    """Grace after it."""
    SP: int = 1
    """Spacing of two looks."""
    V: int = 1
    """Visibility that the engine assumes."""
    V_open: int = 1
    """Visibility delay of the open list, as it is."""
    V_closed: int = 1
    """The same of the closed and trades lists."""
    skew: int = 0
    """The engine's clock is ahead by so much."""
    kills: int = 0
    drops: int = 0
    cancels: bool = False
    """The engine may want to cancel at any time."""
    expires: bool = False
    rejects: bool = False
    loses: bool = True
    """Requests and answers may get lost."""
    lazy: bool = False
    """Records are durable some time after they took effect."""
    foreign: str = ""
    """The owner may trade: `order` by an order that lists show, `bare` by a trade alone."""
    held: tuple[int, ...] = (0,)
    """Coins that each trade holds from before."""
    coins: int = 0
    """Coins on the account at first."""
    close: str = ""
    """`asked`: close-all may be asked for; `wanted`: all trades are to be closed."""
    is_hasty: bool = False
    """A sell is cancelled as soon as it is acknowledged; else it has its time to end by itself."""
    close_link: int | None = None
    """Whose trades are asked to be closed; None: all."""
    periodic: bool = False
    """Looks are also taken when nothing is in doubt."""
    lookups: bool = False
    """Orders are also looked up by txid."""
    shell: frozenset[str] = frozenset()
    """Rules of the engine's shell, or of the exchange, that are broken on purpose."""

    @property
    def V_max(self) -> int:  # noqa: N802  SAFETY's own name
        """The longer of the two visibility delays."""
        return max(self.V_open, self.V_closed)

    @property
    def age_max(self) -> int:
        """An age beyond which nothing changes any more."""
        return max(self.V_max, self.V)


def put(state: State, index: int, order: Order) -> State:
    """Return the state with one order replaced."""
    orders = state.orders
    return state._replace(orders=(*orders[:index], order, *orders[index + 1 :]))


class Exchange:
    """The truth of the orders."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.slots = setup.slots
        self.older = cache(self._older)
        self.shows = {"O": cache(self._open), "C": cache(self._closed), "T": cache(self._traded)}
        self.without_past = cache(self._without_past)

    def free(self, state: State) -> int:
        """Return the coins that open sells do not hold."""
        coins = self.setup.coins
        for order, slot in zip(state.orders, self.slots, strict=True):
            coins += slot.sign * len(order.fills)
            if slot.sign < 0 and order.is_open:
                coins -= order.here.qty - len(order.fills)
        return coins

    def act(self, state: State, index: int, add: Add) -> None:
        """Add everything that can happen to one order at the exchange or on the wire."""
        order, name = state.orders[index], NAMES[index]
        if order.wire == 1:
            self._receive(state, index, order, add)
        if order.is_open:
            self._execute(state, index, order, add)
        if order.cancel == 1:
            answered = order._replace(cancel=2 if state.is_up else 0)
            if order.is_open:
                gone = answered._replace(closed=0, events=self._events(state, order, CLOSED_EVENT))
                add(f"cancel {name} done", put(state, index, gone))
            else:
                add(f"cancel {name} finds nothing", put(state, index, answered))
            add(f"!cancel {name} lost", put(state, index, order._replace(cancel=0)))

    def _receive(self, state: State, index: int, order: Order, add: Add) -> None:
        setup, name = self.setup, NAMES[index]
        hears = state.is_up and order.answer == 0
        accepted = order._replace(wire=2, accepted=0, answer=1 if hears else 3)
        refused = order._replace(wire=2, answer=2 if hears else 3)
        if order.deadline < 0 and "late_accept" not in setup.shell:
            add(f"{name} refused: deadline", put(state, index, refused))
        else:
            qty = order.here.qty or self.slots[index].qty
            can_pay = self.slots[index].sign > 0 or self.free(state) >= qty
            if can_pay:
                add(f"{name} accepted", put(state, index, accepted))
            if not can_pay or setup.rejects:
                add(f"{name} refused", put(state, index, refused))
        if setup.loses:
            lost = order._replace(wire=2, answer=3)
            add(f"!{name} request lost", put(state, index, lost))

    def _execute(self, state: State, index: int, order: Order, add: Add) -> None:
        qty, done = order.here.qty or self.slots[index].qty, len(order.fills)
        is_last = done + 1 == qty
        bits = 1 << done | (CLOSED_EVENT if is_last else 0)
        filled = order._replace(
            fills=(*order.fills, 0),
            closed=0 if is_last else -1,
            events=self._events(state, order, bits),
        )
        add(f"{NAMES[index]} fills {done + 1}/{qty}", put(state, index, filled))
        if self.setup.expires:
            gone = order._replace(closed=0, events=self._events(state, order, CLOSED_EVENT))
            add(f"{NAMES[index]} expires", put(state, index, gone))

    @staticmethod
    def _events(state: State, order: Order, bits: int) -> int:
        return order.events | (bits if state.is_up else 0)

    # What the lists may show.

    def readings(self, state: State, which: str) -> list[Reading]:
        """Return everything that one read of a list may show."""
        see = self.shows[which]
        none = 0 if which == "T" else -1
        per_order = [see(order) if order.wire else (none,) for order in state.orders]
        shown: tuple[bool, ...] = (False,)
        if state.foreign:
            age = {"O": -1, "C": state.foreign.order, "T": state.foreign.trade}[which]
            if age >= 0:
                shown = (True,) if age >= self.setup.V_closed else (False, True)
        return [Reading(orders, each) for orders in product(*per_order) for each in shown]

    def lookups(self, order: Order) -> Iterator[tuple[str, int]]:
        """Yield what a look-up by txid may show: the executed quantity, and whether it is final."""
        for shown in self._open(order):
            if shown >= 0:
                yield "looked up", shown
        for shown in self._closed(order):
            if shown >= 0:
                yield "looked up, closed", shown

    def _open(self, order: Order) -> tuple[int, ...]:
        if order.accepted < 0:
            return (-1,)
        changes = [(order.accepted, 0)]
        changes += [(age, done + 1) for done, age in enumerate(order.fills)]
        if order.closed >= 0:  # with its last fill an order leaves the list in one step
            gone = (order.closed, -1)
            is_filled = len(order.fills) == order.here.qty
            changes = [*changes[:-1], gone] if is_filled else [*changes, gone]
        sure = sum(1 for age, _ in changes if age >= self.setup.V_open)
        shown = {-1} if sure == 0 else {changes[sure - 1][1]}
        shown.update(each for _, each in changes[sure:])
        return tuple(sorted(shown))

    def _closed(self, order: Order) -> tuple[int, ...]:
        if order.closed < 0:
            return (-1,)
        done = len(order.fills)
        return (done,) if order.closed >= self.setup.V_closed else (-1, done)

    def _traded(self, order: Order) -> tuple[int, ...]:
        sure = maybe = 0
        for number, age in enumerate(order.fills):
            if age >= self.setup.V_closed:
                sure |= 1 << number
            else:
                maybe |= 1 << number
        return tuple(sure | some for some in range(maybe + 1) if some & ~maybe == 0)

    # Time.

    def _older(self, order: Order) -> Order:
        """Return the order a tick later."""
        if not (order.wire or order.here.status or order.accepted >= 0):
            return order
        setup, most = self.setup, self.setup.age_max
        suspicion = order.suspicion
        return order._replace(
            deadline=max(order.deadline - 1, self.deadline_min),
            accepted=later(order.accepted, most),
            closed=later(order.closed, most),
            fills=tuple(later(age, most) for age in order.fills),
            known=later(order.known, most) if order.here.status == "acked" else order.known,
            suspicion=(suspicion[0], min(suspicion[1] + 1, setup.SP)) if suspicion else None,
        )

    @property
    def deadline_min(self) -> int:
        """A deadline so long ago that nothing changes any more."""
        return -max(self.setup.G, 1)

    def forget(self, state: State) -> State:
        """Drop what can no longer matter: no rule and no property reads it."""
        if state.gate and state.subscribed < self.setup.V:
            state = state._replace(subscribed=self.setup.V)
        for index, order in enumerate(state.orders):
            if order.wire == 2:
                less = self.without_past(order)
                if less is not order:
                    state = put(state, index, less)
        return state

    def _without_past(self, order: Order) -> Order:
        here = order.here
        is_sure = order.durable is None and not here.is_in_doubt
        if is_sure and order.deadline > self.deadline_min:
            order = order._replace(deadline=self.deadline_min)
        if order.accepted < 0 and is_sure and order.cancel and here.status:
            return order._replace(cancel=0)
        if not is_sure or order.closed < 0 or here.status != "closed":
            return order
        if BITS[here.booked] != len(order.fills):
            return order
        done = here._replace(final=len(order.fills))
        clean = order._replace(here=done, events=0, answer=3, cancel=0)
        return clean if clean != order else order


def later(age: int, most: int) -> int:
    """Return an age one tick later; -1 has not begun."""
    return age if age < 0 else min(age + 1, most)
