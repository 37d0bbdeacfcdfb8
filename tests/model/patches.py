"""How is each rule of the engine broken on purpose? Functions that stand in for real ones."""

from collections.abc import Callable, Iterator
from typing import Any

from s1mpletrader.core import (
    exit as exit_machine,
)
from s1mpletrader.core import (
    fencing,
    look_reactions,
    order_reactions,
    reconciliation,
    world_reactions,
)
from s1mpletrader.core.books import Books
from s1mpletrader.core.identity import OrderIdentity
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.order_flow import OrderHappening
from s1mpletrader.core.orders import Order
from s1mpletrader.core.reconciliation import Count, Judgement, Negative, Sighting, judge
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trades import Trade
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.looks import Complete, Look, OpenRow
from s1mpletrader.model.orders import Fill, OrderStatus

# Looks and verdicts.


def one_look(
    prior: Count | None,
    order: Order,
    negative: Negative | None,
    look_us: tuple[Micros, Micros],
    spacing_us: Micros,
) -> tuple[Count | None, bool]:
    del prior, order, look_us, spacing_us
    return None, negative is not None


def ripe_for(*statuses: OrderStatus) -> Callable[[Order, Micros, Micros, Micros], bool]:
    real = reconciliation.is_ripe

    def is_ripe(order: Order, began_us: Micros, run_us: Micros, visibility_us: Micros) -> bool:
        return order.status in statuses or real(order, began_us, run_us, visibility_us)

    return is_ripe


def no_grace(order: Order) -> Micros:
    return Micros(order.intent.order.deadline_us + 1)


def open_beats_closed(order: Order, sighting: Sighting, *, is_strange: bool) -> Judgement:
    if sighting.open is not None:
        sighting = Sighting(sighting.open, None, sighting.fills)
    return judge(order, sighting, is_strange=is_strange)


def blind_to_strangers(order: Order, sighting: Sighting, *, is_strange: bool) -> Judgement:
    del is_strange
    return judge(order, sighting, is_strange=False)


def guessed(look: Complete, order: Order) -> Sighting:
    """Take a trade that nobody explains for the order in doubt."""
    sighting = _real_sighting(look, order)
    named = {row.txid for row in look.rows}
    strange = tuple(fill for fill in look.trades if fill.txid not in named)
    if (sighting.open or sighting.closed) is not None or not order.is_in_doubt or not strange:
        return sighting
    new, first = order.intent.order, strange[0]
    row = OpenRow(
        first.txid, new.client_id, new.symbol, new.side, new.type, new.qty, first.qty, Micros(0)
    )
    return Sighting(row, None, strange[:1])


_real_sighting = look_reactions.sight


def closed_early(order: Order, now_us: Micros) -> Order:
    if order.final_volume is not None:
        return order.moved(OrderHappening.FINISHED, now_us)
    return order


def visible_at_once(turn: Turn, look: Look, memory: Memory, maker: OrderIdentity) -> None:
    memory.subscribed_us = Micros(0)
    _real_take_look_result(turn, look, memory, maker)


_real_take_look_result = world_reactions.take_look_result


def keeps_gate(turn: Turn, event: inputs.ConnectionChanged, memory: Memory) -> None:
    del turn, event, memory


# Unexplained trades.


def alarm_any(turn: Turn, look: Complete, strange: list[Fill], memory: Memory) -> None:
    _real_count_strange(turn, look, [aged(fill) for fill in strange], memory)


def alarm_first(turn: Turn, look: Complete, strange: list[Fill], memory: Memory) -> None:
    for fill in strange:
        memory.strange_trades.setdefault(fill.exec_id, Micros(0))
    alarm_any(turn, look, strange, memory)


def per_symbol(turn: Turn, look: Complete, strange: list[Fill], memory: Memory) -> None:
    first = min(memory.strange_trades.values(), default=None)
    for fill in strange:
        if first is not None:
            memory.strange_trades.setdefault(fill.exec_id, first)
    _real_count_strange(turn, look, strange, memory)


def aged(fill: Fill) -> Fill:
    return Fill(
        *(fill.exec_id, fill.txid, fill.symbol, fill.side, fill.qty, fill.price),
        fill.cost,
        fill.fee,
        fill.fee_asset,
        Micros(0),
    )


_real_count_strange = look_reactions._count_strange


# Answers.


def reacts(**wrong: Callable[[Turn, Order], None]) -> Callable[..., None]:
    def react(turn: Turn, event: inputs.Input, memory: Memory, maker: OrderIdentity) -> None:
        if isinstance(event, inputs.CancelAnswered):
            order = turn.books.orders.get(event.client_id)
            known = getattr(event.answer, "known", False)
            what = wrong.get("done" if known else "unknown")
            if order is not None and order.is_live and what is not None:
                what(turn, order)
            return
        _real_react(turn, event, memory, maker)

    return react


def close(turn: Turn, order: Order) -> None:
    if order.txid is not None:
        turn.record(records.FinalVolume(order.client_id, order.executed, "cancel"))


def deny(turn: Turn, order: Order) -> None:
    if order.is_in_doubt:
        turn.record(records.NotPlaced(order.client_id, "unknown order"))


_real_react = order_reactions.react


# Entries and exits.


def no_doubt(books: Books, symbol: str) -> bool:
    del books, symbol
    return False


def no_trade(books: Books, link: str, symbol: str) -> Trade | None:
    trade = _real_open_trade(books, link, symbol)  # type: ignore[arg-type]
    if trade is None or any(not order.is_in_doubt for order in books.orders_of(trade)):
        return trade
    return None


_real_open_trade = Books.open_trade


def nothing_first(orders: Any, now_us: Micros, rules: Rules) -> None:
    del orders, now_us, rules


def doubt_is_nothing(orders: Any, now_us: Micros, rules: Rules) -> Any:
    return _real_finish_first([each for each in orders if not each.is_in_doubt], now_us, rules)


_real_finish_first = exit_machine._finish_first


def depends_on_nothing(books: Books, order: Order) -> Iterator[Order]:
    del books, order
    return iter(())


def sells_what_is_free(*arguments: Any, **named: Any) -> exit_machine.Step:
    step = _real_next_step(*arguments, **named)
    if isinstance(step, exit_machine.Sell) and named["free"]:
        return exit_machine.Sell(named["free"], step.failures)
    return step


_real_next_step = exit_machine.next_step


# Fencing.


def no_renewal(memory: Memory, now_us: Micros) -> bool:
    from_us = memory.orders_from_us()
    return from_us is not None and now_us >= from_us


def from_sending(turn: Turn, sent_us: Micros, memory: Memory) -> None:
    is_first = memory.first_call_us == 0
    _real_take_lease(turn, sent_us, memory)
    if is_first:
        memory.first_call_us = sent_us


_real_take_lease = world_reactions._take_lease


def waits(*terms: str) -> Callable[..., int]:
    def newcomer_wait_us(run: Any, before: Any, now_us: Micros, rules: Rules) -> int:
        del run, before, now_us
        return sum(getattr(rules, term) for term in terms)

    return newcomer_wait_us


def spares(condition: Callable[[Any, Micros, Rules], bool]) -> Callable[..., int]:
    def newcomer_wait_us(run: Any, before: Any, now_us: Micros, rules: Rules) -> int:
        if condition(before, now_us, rules):
            return 0
        return _real_wait(run, None, now_us, rules)

    return newcomer_wait_us


_real_wait = fencing.newcomer_wait_us


def no_epoch(stored: int, public_time_s: int) -> int:
    del stored, public_time_s
    return 0


def meets_nobody(*arguments: object) -> bool:
    del arguments
    return False
