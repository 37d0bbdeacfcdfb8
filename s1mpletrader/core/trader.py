"""What does the engine decide about one input?

`begin` takes the input into the books and reacts to it; `follow` turns what the workers decided
into orders; `settle` does what is due and returns the effects. One thread, no I/O: live, recovery,
replay and tests run this same class.
"""

from collections.abc import Sequence

from s1mpletrader.core import asking, commands, order_reactions, upkeep, world_reactions
from s1mpletrader.core.books import Books
from s1mpletrader.core.effects import Effects, Submit
from s1mpletrader.core.execution import enter, refuse_at_door
from s1mpletrader.core.fencing import RunBefore, lease_until_us
from s1mpletrader.core.gate import is_fenced, scope_of_link
from s1mpletrader.core.identity import IdSource, OrderIdentity
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import LinkId
from s1mpletrader.model.signals import ExitSignal, RoutedTradePlan, TradingHalted


class Trader:
    """The decisions of one account; `books` is what the journal tells, `memory` is this run's."""

    def __init__(self, rules: Rules, tag: int, *, can_amend: bool = True) -> None:
        self.rules = rules
        self.books = Books()
        self.memory = Memory()
        self._tag = tag
        self._can_amend = can_amend

    @property
    def maker(self) -> OrderIdentity:
        """Who this run is, in the ids of its orders."""
        run = self.books.run
        if run is None:
            return OrderIdentity(self._tag, 0, 0)
        return OrderIdentity(self._tag, run.epoch, run.start_bits)

    def fold(self, group: Group) -> None:
        """Take in a group of the journal: recovery, by the same books as live."""
        self.books.absorb_input(group.stamp, group.input)
        for record in group.records:
            self.books.apply(record)

    def begin(self, stamp: inputs.Stamp, event: inputs.Input) -> Turn:
        """Take an input into the books and react to what it says."""
        before = self._run_before()
        self.books.absorb_input(stamp, event)
        seed = self.books.run.seed if self.books.run is not None else 0
        turn = Turn(self.books, stamp, IdSource(seed, stamp, self.maker), self.rules)
        match event:
            case inputs.RunStarted():
                self.memory = Memory()
                world_reactions.start_run(turn, self.memory, before)
            case inputs.LookTaken():
                world_reactions.take_look_result(turn, event.look, self.memory, self.maker)
            case inputs.OperatorCommand():
                commands.obey(turn, event, self.memory)
            case (
                inputs.Submitted()
                | inputs.NotSentByDoor()
                | inputs.OrderEvent()
                | inputs.AmendAnswered()
                | inputs.CancelAnswered()
                | inputs.OrderLookedUp()
            ):
                order_reactions.react(turn, event, self.memory, self.maker)
            case inputs.MarketTick() | inputs.TimerFired() | inputs.InstrumentsChanged():
                pass  # the books have it, and `settle` does what is due
            case _:
                world_reactions.react(turn, event, self.memory)
        return turn

    def follow(
        self,
        turn: Turn,
        link: LinkId,
        facts: Sequence[records.Record] = (),
        plans: Sequence[RoutedTradePlan] = (),
        exits: Sequence[ExitSignal] = (),
        halts: Sequence[TradingHalted] = (),
    ) -> None:
        """Act on what the link's workers decided about this input."""
        turn.record(*facts)
        for each in facts:
            if isinstance(each, records.WorkerQuarantined):
                why = f"worker {each.worker} failed: {each.error}"
                turn.halt("quarantine", scope_of_link(link), by=each.worker, why=why)
        for halted in halts:
            commands.halt_by_policy(turn, link, halted)
        for signal in exits:
            trade = self.books.open_trade(link, signal.symbol)
            if trade is not None and not trade.is_exit_wanted:
                turn.record(records.ExitWanted(trade.trade_id, signal.reason))
        for plan in plans:
            enter(turn, plan, accepts_unprotected=link in self.memory.unprotected_links)

    def settle(self, turn: Turn) -> Effects:
        """Do what is due and return everything this input leads to; nothing, once fenced (F3)."""
        if is_fenced(self.books.halts.values()):
            return Effects(records=turn.effects.records)
        upkeep.draw_capital(turn, self.memory)
        upkeep.keep_retired_links(turn, self.memory)
        upkeep.keep_trades(turn, self.memory, can_amend=self._can_amend)
        upkeep.cancel_again(turn, self.memory)
        asking.ask_for_orders(turn, self.memory)
        asking.ask_for_looks(turn, self.memory)
        asking.keep_lease(turn, self.memory)
        return turn.effects

    def refuse_at_door(self, submit: Submit, now_us: Micros, waiting_us: Micros) -> str | None:
        """Return why `submit` may not leave at `now_us`, or None: the door's last word (O2)."""
        return refuse_at_door(
            self.books,
            submit,
            self.rules,
            now_us=now_us,
            lease_until_us=lease_until_us(self.memory.lease_from_us, self.rules),
            waiting_us=waiting_us,
        )

    def _run_before(self) -> RunBefore | None:
        books = self.books
        if books.run is None:
            return None
        return RunBefore(books.run, books.run_us, books.leased_us, books.agreed_us)
