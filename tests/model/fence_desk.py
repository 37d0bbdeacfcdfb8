"""What does a copy of the engine decide about itself and the other one?"""

from functools import cache

from s1mpletrader.core import fencing, order_reactions, upkeep, world_reactions
from s1mpletrader.core.books import Books
from s1mpletrader.core.effects import Submit
from s1mpletrader.core.execution import refuse_at_door
from s1mpletrader.core.fencing import RunBefore
from s1mpletrader.core.gate import is_fenced
from s1mpletrader.core.identity import IdSource, OrderIdentity, client_order_id
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId, LinkId, TradeId
from s1mpletrader.model.orders import OrderRole
from tests.model.bench import NOW, TICK, ZERO, Bench
from tests.model.fence_states import FenceSetup
from tests.model.states import Slot


class FenceDesk:
    """The engine's decisions about epochs, lease and wait. Durations and ages in ticks."""

    def __init__(self, setup: FenceSetup) -> None:
        self.rules = Rules(
            lease_us=Micros(setup.lease * TICK),
            deadline_for_us=Micros(setup.D * TICK),
            clock_error_us=Micros(TICK),
            deadline_margin_us=Micros(0),
        )
        self.bench = Bench((Slot(OrderRole.EXIT, 0, 0),), (1,), self.rules)
        self.may_order = cache(self._may_order)
        self.first = cache(self._first)
        self.sees_newer = cache(self._sees_newer)

    def _may_order(self, lease: int, first: int, wait: int) -> bool:
        """Return whether a sell is decided and passes the door."""
        books, memory = self.bench.books(()), Memory()
        memory.is_subscribed = True
        memory.lease_from_us = Micros(NOW - lease * TICK)
        memory.first_call_us = Micros(NOW - first * TICK)
        memory.newcomer_wait_us = Micros(wait * TICK)
        if not upkeep.may_send_now(self.bench.turn(books), memory, is_stop=False):
            return False
        order = self.bench.new_order(0, 1, NOW + TICK)
        link, trade = LinkId("link0"), TradeId("trade0")
        books.apply(records.Intended(order, OrderRole.EXIT, link, trade, Micros(0), ZERO))
        submit = Submit(order, OrderRole.EXIT, "link0", NOW)
        until = fencing.lease_until_us(memory.lease_from_us, self.rules)
        why = refuse_at_door(
            books, submit, self.rules, now_us=NOW, lease_until_us=until, waiting_us=Micros(0)
        )
        return why is None

    def _first(self, age: int, before: int) -> tuple[int, int]:
        """Take in the first accepted call, `age` ticks after it was sent.

        Return how old the engine takes it to be, and its newcomer's wait.
        """
        run = inputs.RunStarted("0", "3", "c", "live", 2, 3, 1, "host", "boot")
        leased = Micros(NOW - before * TICK if before >= 0 else 0)
        agreed = Micros(3 if before >= 0 else 1)
        books, memory = Books(), Memory()
        books.absorb_input(inputs.Stamp(1, NOW, NOW), run)
        turn = self.bench.turn(books)
        world_reactions.start_run(turn, memory, RunBefore(run, Micros(2), leased, agreed))
        sent = inputs.LeaseRenewed(Micros(NOW - age * TICK))
        world_reactions.react(turn, sent, memory)
        return (NOW - memory.first_call_us) // TICK, memory.newcomer_wait_us // TICK

    def _sees_newer(self, epoch: int, seen: int) -> bool:
        """Return whether an order of epoch `seen` stops a copy of `epoch`."""
        theirs = client_order_id(OrderIdentity(1, seen, 7))
        books = Books()
        turn = Turn(
            books, books.stamp, IdSource(1, books.stamp, OrderIdentity(1, 2, 3)), self.rules
        )
        maker = OrderIdentity(1, epoch, 7)
        order_reactions.meet_stranger(turn, theirs, ExchangeOrderId("O"), maker)
        return is_fenced(books.halts.values())
