"""Which broken engines must the harness notice?

Each sabotage patches the real code for the length of a `with` block. One that stays unnoticed
means that the fake exchange is too kind, or that nobody asks the question it would answer wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from unittest.mock import patch

import msgspec

from s1mpletrader.core import (
    asking,
    execution,
    journal,
    look_reactions,
    order_reactions,
    reconciliation,
    upkeep,
    world_reactions,
)
from s1mpletrader.core import exit as exit_machine
from s1mpletrader.core.effects import Cancel
from s1mpletrader.core.identity import OrderIdentity
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.orders import Order
from s1mpletrader.core.protection import Wait
from s1mpletrader.core.reconciliation import Count, Judgement, Negative, Sighting
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.looks import Complete
from s1mpletrader.model.orders import CancelDone, Unknown
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.segments import Place
from tests.crash.world import RULES
from tests.fakes.engine import Engine


@contextmanager
def submit_before_append() -> Iterator[None]:
    """Let the bytes leave first: the journal is quick enough, usually."""

    def flush(self: Engine) -> None:
        queue, self._queue = self._queue, []
        self._send_all([effects for _, effects in queue])
        self._write([group for group, _ in queue])

    with patch.object(Engine, "_flush", flush):
        yield


@contextmanager
def send_before_sync() -> Iterator[None]:
    """Trust the page cache."""

    def write(self: Engine, groups: list[Group]) -> None:
        self._journal.append(groups)

    with patch.object(Engine, "_write", write):
        yield


@contextmanager
def resend_on_unknown() -> Iterator[None]:
    """Try again when nobody answered."""
    honest = Engine.take

    def take(self: Engine, event: inputs.Input) -> None:
        honest(self, event)
        if isinstance(event, inputs.Submitted) and isinstance(event.answer, Unknown):
            order = self.trader.books.orders[event.client_id].intent.order
            deadline = Micros(self.timeline.now_us + RULES.deadline_for_us)
            self.exchange.send(msgspec.structs.replace(order, deadline_us=deadline))

    with patch.object(Engine, "take", take):
        yield


@contextmanager
def keep_a_torn_group() -> Iterator[None]:
    """Save what can be saved of a group that was not finished."""
    cut, recover = JournalFile._cut, JournalFile._recover
    saved: list[Group] = []

    def keep(self: JournalFile, place: Place) -> None:
        tail = self._log.read(self._log.size - place.offset, place.offset)
        saved[:] = _whole_lines(tail)
        cut(self, place)

    def resume(self: JournalFile) -> None:
        recover(self)
        if saved and saved[0].stamp.number == self.next_number:
            self.append([saved.pop()])
            self.sync()

    with patch.object(JournalFile, "_cut", keep), patch.object(JournalFile, "_recover", resume):
        yield


def _whole_lines(tail: bytes) -> list[Group]:
    lines = tail.split(b"\n")[:-1]
    try:
        first = journal._decode_input(lines[0])
        records = tuple(journal._decode_record(each).rec for each in lines[1:])
    except (IndexError, msgspec.DecodeError):
        return []
    return [Group(inputs.Stamp(first.n, first.mt, first.pt), first.input, records)]


@contextmanager
def judge_without_own_orders() -> Iterator[None]:
    """Look at the exchange and forget to look for what is ours."""

    def candidates(turn: Turn, look: Complete) -> list[ClientOrderId]:
        del turn, look
        return []

    with patch.object(look_reactions, "_candidates", candidates):
        yield


@contextmanager
def one_look() -> Iterator[None]:
    """Believe the first absence."""

    def recount(
        prior: Count | None,
        order: Order,
        negative: Negative | None,
        look_us: tuple[Micros, Micros],
        spacing_us: Micros,
    ) -> tuple[Count | None, bool]:
        del prior, order, look_us, spacing_us
        return None, negative is not None

    with patch.object(look_reactions, "recount", recount):
        yield


@contextmanager
def never_ripe_enough() -> Iterator[None]:
    """Believe absences while the order can still arrive."""

    def is_ripe(order: Order, began_us: Micros, run_us: Micros, visibility_us: Micros) -> bool:
        del order, began_us, run_us, visibility_us
        return True

    with patch.object(look_reactions, "is_ripe", is_ripe):
        yield


@contextmanager
def closed_on_the_cancel_ack() -> Iterator[None]:
    """Take the answer to a cancel for the end of the order."""
    honest = order_reactions.react

    def react(turn: Turn, event: inputs.Input, memory: Memory, maker: OrderIdentity) -> None:
        honest(turn, event, memory, maker)
        if isinstance(event, inputs.CancelAnswered) and isinstance(event.answer, CancelDone):
            executed = turn.books.orders[event.client_id].executed
            order_reactions.finish(turn, event.client_id, executed, by="cancel")

    with patch.object(order_reactions, "react", react):
        yield


@contextmanager
def adopt_nothing() -> Iterator[None]:
    """See our order at the exchange and leave it there."""
    honest = reconciliation.judge

    def judge(order: Order, sighting: Sighting, *, is_strange: bool) -> Judgement:
        judgement = honest(order, sighting, is_strange=is_strange)
        return Judgement() if judgement.adopt else judgement

    with patch.object(look_reactions, "judge", judge):
        yield


@contextmanager
def book_nothing_foreign() -> Iterator[None]:
    """Take no notice of what others do on the account."""

    def book(turn: Turn, look: Complete) -> None:
        del turn, look

    with patch.object(look_reactions, "_book_foreign", book):
        yield


@contextmanager
def second_sell_while_unknown() -> Iterator[None]:
    """Sell again while nobody knows whether the first sell arrived."""
    honest = exit_machine._finish_first

    def finish_first(
        orders: Sequence[Order], now_us: Micros, rules: Rules
    ) -> Wait | exit_machine.CancelFirst | None:
        return honest([each for each in orders if not each.is_in_doubt], now_us, rules)

    def depended_on(*_: object) -> Iterator[Order]:
        return iter(())

    with (
        patch.object(exit_machine, "_finish_first", finish_first),
        patch.object(execution, "_depended_on", depended_on),
    ):
        yield


@contextmanager
def replace_the_stop() -> Iterator[None]:
    """Cancel the stop to place a larger one: bare for a moment, unless one dies in it."""

    def cancel(
        client_id: ClientOrderId,
        txid: ExchangeOrderId,
        symbol: Symbol,
        qty: Decimal,
        trigger: Decimal,
        deadline_us: Micros,
    ) -> Cancel:
        del qty, trigger, deadline_us
        return Cancel(client_id, txid, symbol)

    with patch.object(upkeep, "Amend", cancel):
        yield


@contextmanager
def judge_the_ledger_as_it_was() -> Iterator[None]:
    """Copy the orders when the look begins and judge, and correct, the copy."""
    ask, take = asking.ask_for_looks, look_reactions.take_look
    copies: dict[int, dict[ClientOrderId, Order]] = {}

    def ask_for_looks(turn: Turn, memory: Memory) -> None:
        before = memory.look_asked_us
        ask(turn, memory)
        if memory.look_asked_us != before:
            copies[id(memory)] = dict(turn.books.orders)

    def take_look(turn: Turn, look: Complete, memory: Memory, maker: OrderIdentity) -> bool:
        turn.books.orders.update(copies.get(id(memory), {}))
        return take(turn, look, memory, maker)

    with (
        patch.object(asking, "ask_for_looks", ask_for_looks),
        patch.object(world_reactions, "take_look", take_look),
    ):
        yield


SABOTAGES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "submit before append": submit_before_append,
    "send before sync": send_before_sync,
    "resend on Unknown": resend_on_unknown,
    "keep a torn group": keep_a_torn_group,
    "judge without own orders": judge_without_own_orders,
    "one look instead of two": one_look,
    "no ripeness": never_ripe_enough,
    "CLOSED on the cancel ack": closed_on_the_cancel_ack,
    "adopt nothing": adopt_nothing,
    "book nothing foreign": book_nothing_foreign,
    "second sell while UNKNOWN": second_sell_while_unknown,
    "stop replaced instead of amended": replace_the_stop,
    "verdict against the ledger as it was": judge_the_ledger_as_it_was,
}
