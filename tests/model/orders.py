"""The engine and the exchange together: what can happen next, and what must never be.

Decisions are the engine's own (`tests.model.desk`). Three rules live in its shell and are modelled
here: when a look begins (periodic, or while something is unclear), that a dropped connection voids
a look and leaves answers unanswered, and that an intent is durable before its first byte leaves.
"""

from decimal import Decimal

from s1mpletrader.core.order_flow import LIVE
from s1mpletrader.core.rules import Rules
from s1mpletrader.model.base import Micros
from s1mpletrader.model.orders import OrderRole, OrderStatus
from tests.model.bench import TICK
from tests.model.desk import Action, Desk
from tests.model.looking import ACKED, HAVE_TIME, Looks, heres_of, learned, standing_of
from tests.model.properties import find_violations, is_at_rest
from tests.model.states import (
    CLOSED_EVENT,
    NOT_YET,
    Foreign,
    Here,
    Order,
    State,
)
from tests.model.world import LISTS, NAMES, Add, Exchange, Setup, later, put


def rules_of(setup: Setup) -> Rules:
    """Return the engine's rules for a scenario. Retries are due at once: time is the model's."""
    return Rules(
        deadline_for_us=Micros(setup.D * TICK),
        grace_us=Micros(max(setup.G * TICK, 1)),  # G > 0, because E > 0
        look_spacing_us=Micros(setup.SP * TICK),
        visibility_us=Micros(setup.V * TICK),
        decision_age_max_us=Micros(1_000 * TICK),
        deadline_margin_us=Micros(0),
        retry_us=Micros(0 if setup.is_hasty else 1),
        price_band=Decimal(1),
    )


class Orders:
    """The graph of one scenario."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.slots = setup.slots
        self.desk = Desk(setup.slots, setup.held, rules_of(setup))
        self.exchange = Exchange(setup)
        self.looks = Looks(setup, self.desk, self.exchange)

    def initial(self) -> State:
        """Return the start: connected, agreed, nothing tried."""
        setup = self.setup
        closing = 1 if setup.close == "wanted" else 0
        return State(
            orders=(Order(),) * len(self.slots),
            is_up=True,
            subscribed=setup.V,
            gate=True,
            kills=setup.kills,
            drops=setup.drops,
            foreign=None if setup.foreign else (),
            asked=setup.close == "wanted",
            closing=(closing,) * len(setup.held),
        )

    def violations(self, state: State) -> list[str]:
        """Return the broken properties."""
        return find_violations(state, self.setup)

    def is_at_rest(self, state: State) -> bool:
        """Return whether nothing is unfinished."""
        return is_at_rest(state, self.slots)

    def successors(self, state: State) -> list[tuple[str, State]]:
        """Return everything that can happen next."""
        found: list[tuple[str, State]] = []

        def add(label: str, after: State) -> None:
            found.append((label, self.exchange.forget(after)))

        if state.verdict:
            return found
        self._tick(state, add)
        for index in range(len(self.slots)):
            self.exchange.act(state, index, add)
            self._learn(state, index, add)
            self._decide(state, index, add)
        self._live_and_die(state, add)
        if state.foreign is None or state.foreign:
            self._owner(state, add)
        if state.is_up:
            self.looks.act(state, add)
        if self.setup.close:
            self._close(state, add)
        return found

    def _tick(self, state: State, add: Add) -> None:
        setup, foreign, look = self.setup, state.foreign, state.look
        if foreign:
            ages = later(foreign.trade, setup.age_max), later(foreign.order, setup.age_max)
            foreign = Foreign(*ages, foreign.is_known)
        if look is not None and len(look.readings) == len(LISTS):
            look = look._replace(ended=min(look.ended + 1, setup.SP))
        after = state._replace(
            orders=tuple(self.exchange.older(order) for order in state.orders),
            subscribed=min(state.subscribed + 1, setup.V) if state.is_up else 0,
            foreign=foreign,
            strange=tuple((key, min(age + 1, setup.SP)) for key, age in state.strange),
            look=look,
        )
        if after != state:
            add("tick", after)

    # What the engine is told.

    def _told(self, state: State, index: int, order: Order, what: str, number: int = 0) -> State:
        """Return the state after the engine took in an event about one order."""
        here, halted = self.desk.tell(index, order.here, what, number)
        after = put(state, index, learned(order, here, is_lazy=self.setup.lazy))
        return after._replace(verdict=halted) if halted else after

    def _learn(self, state: State, index: int, add: Add) -> None:
        order, name = state.orders[index], NAMES[index]
        if order.here.status is OrderStatus.INTENT and order.wire:
            add(f"{name} times out", self._told(state, index, order, "unknown"))
        if not state.is_up:
            return
        if order.answer in {1, 2}:
            heard = order._replace(answer=3)
            what = "ack" if order.answer == 1 else "reject"
            add(f"{what} {name}", self._told(state, index, heard, what))
            if self.setup.loses:
                add(f"!answer {name} lost", put(state, index, heard))
        for bit in (1, 2, 4, CLOSED_EVENT):
            if order.events & bit:
                heard = order._replace(events=order.events & ~bit)
                what, number = "fill", bit.bit_length() - 1
                if bit == CLOSED_EVENT:
                    what, number = "closed", len(order.fills)
                add(f"event {name} {what} {number}", self._told(state, index, heard, what, number))
        if order.cancel == 2:
            what = "cancelled" if order.closed >= 0 else "unknown order"
            heard = order._replace(cancel=0)
            add(f"cancel {name}: {what}", self._told(state, index, heard, what))
        if self.setup.lookups and order.here.status is ACKED:
            for what, number in self.exchange.lookups(order):
                after = self._told(state, index, order, what, number)
                if after != state:
                    add(f"{name} {what} {number}", after)

    # What the engine decides.

    def _decide(self, state: State, index: int, add: Add) -> None:
        order, name, slot = state.orders[index], NAMES[index], self.slots[index]
        here = order.here
        is_fresh = here.status is None and not order.wire
        if is_fresh and slot.role is OrderRole.ENTRY and state.is_up:
            heres = heres_of(state)
            deadline = self.desk.enter(index, heres, standing_of(state))
            if deadline is not None:
                add(f"INTENT {name}", self._intend(state, index, slot.qty, deadline))
        if here.status is OrderStatus.INTENT and not order.wire:
            heres = heres_of(state)
            is_refused = not state.is_up or self.desk.refuse(
                index, heres, order.deadline, standing_of(state)
            )
            if is_refused:
                gone = order._replace(wire=2, answer=3)
                add(f"{name} not sent", self._told(state, index, gone, "not sent"))
            else:
                add(f"submit {name}", put(state, index, order._replace(wire=1)))
        is_sent = state.is_up and order.wire and not order.cancel
        if self.setup.cancels and is_sent and here.status in LIVE:
            add(f"cancel {name}", put(state, index, order._replace(cancel=1)))

    def _intend(self, state: State, index: int, qty: int, deadline: int) -> State:
        """Write the intent: its group makes everything before it durable (SAFETY J1, O1)."""
        here = Here(OrderStatus.INTENT, qty)
        order = state.orders[index]._replace(here=here, deadline=deadline)
        if "send_first" in self.setup.shell:
            return put(state, index, order._replace(wire=1, durable=NOT_YET))
        orders = tuple(each._replace(durable=None) for each in state.orders)
        return put(state._replace(orders=orders), index, order)

    def _close(self, state: State, add: Add) -> None:
        standing, heres = standing_of(state), heres_of(state)
        if not state.asked:
            actions = self.desk.close_all(heres, standing, self.setup.close_link)
            add("close-all asked", self._perform(state._replace(asked=True), actions))
            return
        seen = set()
        for free in (None, self.exchange.free(state)):
            actions = self.desk.keep(heres, standing, state.is_up, free)
            after = self._perform(state, actions)
            if after != state and after not in seen:
                seen.add(after)
                add(f"upkeep (free {free}): {_told_of(actions)}", after)

    def _perform(self, state: State, actions: tuple[Action, ...]) -> State:
        for what, index, qty in actions:
            if what == "cancel":
                order = state.orders[index]
                if state.is_up and order.wire and not order.cancel:
                    state = put(state, index, order._replace(cancel=1))
            elif what == "sell":
                state = self._sell(state, index, qty)
            else:
                stage = {"want": 1, "closed": 2, "missing": 3}[what]
                closing = list(state.closing)
                closing[index] = stage
                state = state._replace(closing=tuple(closing))
        return state

    def _sell(self, state: State, trade: int, qty: int) -> State:
        for index, slot in enumerate(self.slots):
            is_of = slot.role is OrderRole.EXIT and slot.trade == trade
            if is_of and state.orders[index].here.status is None and not state.orders[index].wire:
                return self._intend(state, index, qty, self.setup.D)
        return self._perform(state, (Action("missing", trade),))  # the model's bound

    # What happens to the process, the connection and the owner.

    def _live_and_die(self, state: State, add: Add) -> None:
        is_lazy = self.setup.lazy and any(order.durable for order in state.orders)
        if state.is_up and state.drops:
            add("!connection drops", self._cut(state)._replace(drops=state.drops - 1))
        if state.kills and (state.is_up or state.drops == 0):
            add("!kill -9", self._kill(state))
        if not state.is_up:
            gate = self.desk.connect(state.gate, "subscribed")
            add("connect", state._replace(is_up=True, subscribed=0, gate=gate))
        if is_lazy:
            orders = tuple(order._replace(durable=None) for order in state.orders)
            add("journal synced", state._replace(orders=orders))

    def _cut(self, state: State) -> State:
        """Return the state without a connection: what was in flight to us is gone."""
        for index, order in enumerate(state.orders):
            was_asked = order.here.status is OrderStatus.INTENT and order.wire
            cut = order._replace(
                events=0,
                answer=3 if order.wire else 0,  # no other connection will hear it
                cancel=0 if order.cancel == 2 else order.cancel,
            )
            state = put(state, index, cut)
            if was_asked:
                state = self._told(state, index, cut, "unknown")
        gate = self.desk.connect(state.gate, "down")
        return state._replace(is_up=False, subscribed=0, gate=gate, look=None)

    def _kill(self, state: State) -> State:
        """Return the state in a new process, which knows what was durable."""
        state = self._cut(state)
        orders = []
        for index, order in enumerate(state.orders):
            here = order.here if order.durable is None else order.durable
            here = self.desk.restart(index, here)
            wire = 2 if here.is_in_doubt and order.wire == 0 else order.wire
            known = 0 if here.status in HAVE_TIME else -1
            orders.append(
                order._replace(here=here, durable=None, suspicion=None, known=known, wire=wire)
            )
        return state._replace(orders=tuple(orders), kills=state.kills - 1, strange=(), gate=False)

    def _owner(self, state: State, add: Add) -> None:
        if state.foreign is None:
            add("owner does nothing", state._replace(foreign=()))
            if self.setup.foreign == "order":
                add("owner trades by an order", state._replace(foreign=Foreign(0, 0)))
            else:
                add("owner's trade without an order", state._replace(foreign=Foreign(0, -1)))
        elif state.alarm and state.foreign and not state.foreign.is_known:
            known = state.foreign._replace(is_known=True)
            add("?operator: not ours", state._replace(foreign=known, alarm=False, strange=()))


def _told_of(actions: tuple[Action, ...]) -> str:
    return ", ".join(f"{what} {index} {qty or ''}".strip() for what, index, qty in actions)
