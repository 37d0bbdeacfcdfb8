"""When does a look begin, what does it read, and what does the engine take from it?

A look is three reads with anything in between. What it proves is decided by the engine's own
functions; when one begins is a rule of the shell and modelled: while something is unclear, or
(`periodic`) while anything is live.
"""

from s1mpletrader.core.order_flow import DENIED, IN_DOUBT, LIVE
from s1mpletrader.core.reconciliation import Negative
from s1mpletrader.model.orders import OrderStatus
from tests.model.desk import Desk, Standing
from tests.model.states import (
    BITS,
    AtBegin,
    Head,
    Here,
    Look,
    Order,
    Reading,
    State,
)
from tests.model.world import LISTS, Add, Exchange, Setup

ACKED = OrderStatus.ACKED
FINAL = frozenset({*DENIED, OrderStatus.CLOSED})
HAVE_TIME = frozenset({ACKED, OrderStatus.CLOSED})
"""Statuses whose beginning bears on a verdict."""


def learned(order: Order, here: Here, *, is_lazy: bool) -> Order:
    """Return the order with new books: in memory at once, durable later where `is_lazy`."""
    was, durable = order.here, order.durable
    if here == was:
        return order
    if is_lazy and durable is None:
        durable = was
    suspicion = order.suspicion
    if (here.status, BITS[here.booked]) != (was.status, BITS[was.booked]):
        suspicion = None  # a changed order never shows the counted mark again
    known = 0 if here.status in HAVE_TIME else -1
    if was.status is ACKED and here.status is ACKED:
        known = order.known
    durable = None if durable == here else durable
    return order._replace(here=here, durable=durable, suspicion=suspicion, known=known)


def heres_of(state: State) -> tuple[Here, ...]:
    """Return the books' side of all orders."""
    return tuple([order.here for order in state.orders])


def standing_of(state: State) -> Standing:
    """Return what else bears on a decision."""
    return Standing(state.gate, state.alarm, state.asked, state.closing)


class Looks:
    """The looks of one scenario."""

    def __init__(self, setup: Setup, desk: Desk, exchange: Exchange) -> None:
        self.setup = setup
        self.desk = desk
        self.exchange = exchange
        self.slots = setup.slots

    def act(self, state: State, add: Add) -> None:
        """Add what can happen to a look: it begins, reads, fails, concludes."""
        look, shell = state.look, self.setup.shell
        lists = "TCO" if "reversed" in shell else LISTS
        if look is None:
            if self._may_look(state):
                for label, after in self._read(state, Look(self._head(state)), lists[0]):
                    add(label, after)
            return
        if len(look.readings) == len(lists):
            add(*self._conclude(state, look, lists))
            return
        which = lists[len(look.readings)]
        for label, after in self._read(state, look, which):
            add(label, after)
        add("!read fails, look void", state._replace(look=None))
        if "partial" in shell:
            empty = Reading((0 if which == "T" else -1,) * len(self.slots))
            after = state._replace(look=look._replace(readings=(*look.readings, empty)))
            add(f"read {which} fails, taken for empty", after)

    def _read(self, state: State, look: Look, which: str) -> list[tuple[str, State]]:
        return [
            (
                f"look: {which}={reading.orders}{' +foreign' * reading.foreign}",
                state._replace(look=look._replace(readings=(*look.readings, reading))),
            )
            for reading in self.exchange.readings(state, which)
        ]

    def _may_look(self, state: State) -> bool:
        if not state.gate or state.strange or state.alarm:
            return True
        if state.foreign and not state.foreign.is_known:
            return True
        asks = LIVE if self.setup.periodic else IN_DOUBT
        for order in state.orders:
            if order.wire and (order.here.status in asks or order.here.status is None):
                return True
            is_young = order.accepted >= 0 and order.closed < self.setup.V_max
            if self.setup.periodic and is_young and order.here.status in FINAL:
                return True
        return False

    def _head(self, state: State) -> Head:
        return Head(
            subscribed=state.subscribed,
            orders=tuple(self._at_begin(order) for order in state.orders),
            strange=state.strange,
            is_foreign_aged=bool(state.foreign) and state.foreign.trade >= self.setup.V,  # type: ignore[union-attr]
            copy=heres_of(state) if "stale" in self.setup.shell else None,
        )

    def _at_begin(self, order: Order) -> AtBegin:
        aged = sum(1 << n for n, age in enumerate(order.fills) if age >= self.setup.V)
        return AtBegin(
            deadline=order.deadline - self.setup.skew if order.here.is_in_doubt else 0,
            status=order.here.status,
            known=min(order.known, self.setup.V),
            suspicion=order.suspicion[1] if order.suspicion else 0,
            aged=aged if order.here.is_in_doubt else 0,
        )

    def _conclude(self, state: State, look: Look, lists: str) -> tuple[str, State]:
        shown = dict(zip(lists, look.readings, strict=True))
        heres = look.head.copy or heres_of(state)
        foreign = 0 if not state.foreign else 2 if state.foreign.is_known else 1
        verdict = self.desk.conclude(
            heres,
            look.head,
            (shown["O"], shown["C"], shown["T"]),
            tuple(order.suspicion[0] if order.suspicion else None for order in state.orders),
            standing_of(state),
            foreign,
        )
        orders = tuple(
            self._concluded(order, here, count, look.ended)
            for order, here, count in zip(state.orders, verdict.heres, verdict.counts, strict=True)
        )
        strange = dict(look.head.strange) | dict(state.strange)
        after = state._replace(
            orders=orders,
            look=None,
            gate=verdict.gate,
            alarm=verdict.alarm,
            verdict=verdict.halted,
            strange=tuple(
                (key, look.ended if is_new else strange.get(key, self.setup.SP))
                for key, is_new in verdict.strange
            ),
        )
        if state.foreign and verdict.is_foreign_known:
            after = after._replace(foreign=state.foreign._replace(is_known=True))
        return "look concludes" + (" (gate open)" if verdict.gate else ""), after

    def _concluded(
        self, order: Order, here: Here, count: tuple[Negative, bool] | None, ended: int
    ) -> Order:
        after = learned(order, here, is_lazy=self.setup.lazy)
        if count is None:
            return after._replace(suspicion=None)
        kind, is_new = count
        age = ended if is_new else order.suspicion[1] if order.suspicion else 0
        return after._replace(suspicion=(kind, age))
