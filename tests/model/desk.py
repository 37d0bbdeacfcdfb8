"""What does the engine decide?

Each question of the model is answered by the functions that run in production: the answers to
submits and the stream by `order_reactions`, looks and connection by `world_reactions`, entries by
`execution.enter`, the door by `execution.refuse_at_door`, sells by `upkeep.keep_trades`, a person's
close-all by `commands.obey`. Answers are remembered, because the same small question comes often.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from s1mpletrader.core import commands, execution, order_reactions, upkeep, world_reactions
from s1mpletrader.core.books import Books
from s1mpletrader.core.effects import Cancel, Submit
from s1mpletrader.core.gate import ACCOUNT
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.reconciliation import Count, Negative
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import LinkId, OpportunityId, TradeId
from s1mpletrader.model.looks import OrderFound
from s1mpletrader.model.orders import (
    Ack,
    CancelDone,
    Reject,
    Unknown,
)
from s1mpletrader.model.signals import RoutedTradePlan
from tests.model.bench import (
    CLIENT_IDS,
    COIN,
    FOREIGN_TXID,
    MAKER,
    NOW,
    ONE,
    PAIR,
    TICK,
    TXIDS,
    Bench,
    fill_of,
    halts_of,
    here_of,
    side_of,
    strange_exec,
    strange_key,
)
from tests.model.shown import ENDED, complete_look, times_at_begin
from tests.model.states import NOT_YET, Head, Here, Reading, Slot


class Standing(NamedTuple):
    """What of the state bears on a decision beside the orders."""

    gate: bool
    alarm: bool
    asked: bool
    closing: tuple[int, ...]


class Verdict(NamedTuple):
    """What a look led to."""

    heres: tuple[Here, ...]
    counts: tuple[tuple[Negative, bool] | None, ...]
    """Per order: the verdict that one look suggested, and whether this look was the first."""
    strange: tuple[tuple[int, bool], ...]
    """Unexplained trades that are counted, and whether since this look."""
    gate: bool
    alarm: bool
    is_foreign_known: bool
    halted: str


class Action(NamedTuple):
    """Something that the engine wants done: `cancel`, `sell`, `want`, `closed`, `missing`."""

    what: str
    slot: int
    qty: int = 0


class Desk:
    """The engine's decisions for one scenario."""

    def __init__(self, slots: Sequence[Slot], held: Sequence[int], rules: Rules) -> None:
        self.bench = Bench(slots, held, rules)
        self.slots = slots
        self.rules = rules
        self.tell = cache(self._tell)
        self.restart = cache(self._restart)
        self.connect = cache(self._connect)
        self.enter = cache(self._enter)
        self.refuse = cache(self._refuse)
        self.keep = cache(self._keep)
        self.close_all = cache(self._close_all)
        self.conclude = cache(self._conclude)

    def _tell(self, slot: int, here: Here, what: str, number: int) -> tuple[Here, str]:
        """Take in an answer, an event or a look-up; `number`: which fill, or how much."""
        client_id, txid, side = CLIENT_IDS[slot], TXIDS[slot], side_of(self.slots[slot])
        event: inputs.Input
        match what:
            case "ack":
                event = inputs.Submitted(client_id, Ack(txid))
            case "reject":
                event = inputs.Submitted(client_id, Reject("refused"))
            case "unknown":
                event = inputs.Submitted(client_id, Unknown("no answer"))
            case "not sent":
                event = inputs.NotSentByDoor(client_id, "refused at the door")
            case "fill":
                fill = fill_of(slot, number, side)
                event = inputs.OrderEvent(txid, client_id, "fill", fill=fill)
            case "closed":
                event = inputs.OrderEvent(txid, client_id, "closed", vol_exec=Decimal(number))
            case "cancelled" | "unknown order":
                event = inputs.CancelAnswered(client_id, CancelDone(what == "cancelled"))
            case _:
                fills = tuple(fill_of(slot, each, side) for each in range(number))
                closed_us = NOW if what == "looked up, closed" else None
                found = OrderFound(txid, ONE, Decimal(number), None, closed_us, fills)
                event = inputs.OrderLookedUp(txid, found)
        books = self._alone(slot, here)
        order_reactions.react(self.bench.turn(books), event, self.bench.memory(), MAKER)
        return here_of(slot, books.orders.get(client_id)), _halted(books)

    def _restart(self, slot: int, here: Here) -> Here:
        """Begin a new run with what the journal kept of the order."""
        books = self._alone(slot, here)
        world_reactions.start_run(self.bench.turn(books), Memory(), None)
        return here_of(slot, books.orders.get(CLIENT_IDS[slot]))

    def _connect(self, gate: bool, state: str) -> bool:
        """Take in a change of the connection; return whether the gate is open then."""
        books = self.bench.books((), halts=halts_of(gate=gate, alarm=False, asked=False))
        event = inputs.ConnectionChanged(1, state)
        world_reactions.react(self.bench.turn(books), event, self.bench.memory())
        return _gate(books)

    def _enter(self, slot: int, heres: tuple[Here, ...], standing: Standing) -> int | None:
        """Plan the slot's entry; return its deadline in ticks, or None if it is refused."""
        turn = self.bench.turn(self._books(heres, standing))
        is_of = self.slots[slot]
        plan = RoutedTradePlan(
            trade_id=TradeId(f"trade{is_of.trade}"),
            opportunity_id=OpportunityId(f"decision{is_of.decision}"),
            link=LinkId(f"link{is_of.link}"),
            symbol=PAIR,
            qty=Decimal(is_of.qty),
            limit_price=ONE,
            stop_trigger=None,
        )
        execution.enter(turn, plan, accepts_unprotected=True)
        sent = [each for each in turn.effects.sends if isinstance(each, Submit)]
        return (sent[0].order.deadline_us - NOW) // TICK if sent else None

    def _refuse(
        self, slot: int, heres: tuple[Here, ...], deadline: int, standing: Standing
    ) -> bool:
        """Return whether the door refuses the slot's order, `deadline` ticks before its end."""
        times = [(0, 0)] * len(heres)
        times[slot] = (NOW + deadline * TICK, 0)
        books = self._books(heres, standing, times)
        order = self.bench.new_order(slot, heres[slot].qty, times[slot][0])
        submit = Submit(order, self.slots[slot].role, f"link{self.slots[slot].link}", NOW)
        lease_until = Micros(NOW + TICK)
        why = execution.refuse_at_door(
            books, submit, self.rules, now_us=NOW, lease_until_us=lease_until, waiting_us=Micros(0)
        )
        return why is not None

    def _keep(
        self,
        heres: tuple[Here, ...],
        standing: Standing,
        is_up: bool,
        free: int | None,
    ) -> tuple[Action, ...]:
        """Do what is due for the trades; `free` is what a balance read just now showed."""
        times = [(0, NOW)] * len(heres)  # acknowledged just now
        turn = self.bench.turn(self._books(heres, standing, times))
        memory = self.bench.memory(is_up=is_up)
        if free is not None:
            # so late that the balances are known to show what the orders did
            memory.free[COIN] = (Decimal(free), Micros(NOW + self.rules.visibility_us + 1))
        upkeep.keep_trades(turn, memory, can_amend=True)
        return self._actions(turn)

    def _close_all(
        self, heres: tuple[Here, ...], standing: Standing, link: int | None
    ) -> tuple[Action, ...]:
        """Take in a person's order to halt and close everything, or one link."""
        turn = self.bench.turn(self._books(heres, standing))
        scope = None if link is None else LinkId(f"link{link}")
        arguments = ("close_positions",)
        command = inputs.OperatorCommand("halt", "0", "now", scope, arguments)
        commands.obey(turn, command, self.bench.memory())
        return self._actions(turn)

    def _conclude(  # the whole question of a look, flat, so that it can be remembered
        self,
        heres: tuple[Here, ...],
        head: Head,
        readings: tuple[Reading, ...],
        kinds: tuple[Negative | None, ...],
        standing: Standing,
        foreign: int,
    ) -> Verdict:
        """Take in a complete look; `foreign`: 0 never traded, 1 unknown to the books, 2 known."""
        books = self._books(heres, standing, times_at_begin(heres, head))
        if foreign == 2:
            books.foreign[FOREIGN_TXID] = False
        memory = self.bench.memory(subscribed=head.subscribed)
        for slot, (kind, then) in enumerate(zip(kinds, head.orders, strict=True)):
            if kind is not None:
                order = books.orders[CLIENT_IDS[slot]]
                mark = (order.status, len(order.fills))
                ended = Micros(NOW - then.suspicion * TICK)
                memory.counts[CLIENT_IDS[slot]] = Count(kind, mark, ended)
        for key, age in head.strange:
            memory.strange_trades[strange_exec(key)] = Micros(NOW - age * TICK)
        look = complete_look(self.bench, heres, head, readings)
        world_reactions.take_look_result(self.bench.turn(books), look, memory, MAKER)
        return Verdict(
            heres=tuple(
                here_of(slot, books.orders.get(CLIENT_IDS[slot])) for slot in range(len(heres))
            ),
            counts=tuple(_count(memory, slot) for slot in range(len(heres))),
            strange=tuple(
                sorted(
                    (strange_key(exec_id), first == ENDED)
                    for exec_id, first in memory.strange_trades.items()
                )
            ),
            gate=_gate(books),
            alarm=("contradiction", f"symbol:{PAIR}") in books.halts,
            is_foreign_known=FOREIGN_TXID in books.foreign,
            halted=_halted(books),
        )

    def _actions(self, turn: Turn) -> tuple[Action, ...]:
        actions = []
        trades = {TradeId(f"trade{n}"): n for n in range(len(self.bench.held))}
        for record in turn.effects.records:
            match record:
                case records.ExitWanted(trade_id):
                    actions.append(Action("want", trades[trade_id]))
                case records.TradeClosed(trade_id):
                    actions.append(Action("closed", trades[trade_id]))
                case records.HaltSet("coins_missing"):
                    actions.append(Action("missing", 0))
                case records.Intended():
                    qty = int(record.order.qty)
                    actions.append(Action("sell", trades[record.trade_id], qty))
                case _:
                    pass
        actions += [
            Action("cancel", CLIENT_IDS.index(send.client_id))
            for send in turn.effects.sends
            if isinstance(send, Cancel) and send.client_id in CLIENT_IDS
        ]
        return tuple(actions)

    def _alone(self, slot: int, here: Here) -> Books:
        return self.bench.books([NOT_YET] * slot + [here])

    def _books(
        self,
        heres: Sequence[Here],
        standing: Standing,
        times: Sequence[tuple[int, int]] | None = None,
    ) -> Books:
        halts = halts_of(gate=standing.gate, alarm=standing.alarm, asked=standing.asked)
        return self.bench.books(heres, times=times, halts=halts, closing=standing.closing)


def _count(memory: Memory, slot: int) -> tuple[Negative, bool] | None:
    count = memory.counts.get(CLIENT_IDS[slot])
    return None if count is None else (count.negative, count.ended_us == ENDED)


def _gate(books: Books) -> bool:
    return ("reconcile", ACCOUNT) not in books.halts


def _halted(books: Books) -> str:
    reasons = ("contradiction", "orphan", "fenced", "balance")
    found = [books.halts[each, ACCOUNT] for each in reasons if (each, ACCOUNT) in books.halts]
    return "; ".join(f"{halt.reason}: {halt.why}" for halt in found)
