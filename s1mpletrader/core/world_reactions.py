"""What do a start, a look, the connection, time or storage change?"""

from s1mpletrader.core.corrections import carry_out
from s1mpletrader.core.fencing import RunBefore, newcomer_wait_us
from s1mpletrader.core.gate import ACCOUNT, HALT_KINDS, Clears, scope_of_symbol
from s1mpletrader.core.identity import OrderIdentity
from s1mpletrader.core.look_reactions import take_look
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.turn import Turn
from s1mpletrader.errors import InternalError
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros
from s1mpletrader.model.looks import Complete, Look


def start_run(turn: Turn, memory: Memory, before: RunBefore | None) -> None:
    """Begin a run: nothing is known of the world, every intent is in doubt (O1, F2, G1)."""
    memory.has_begun = True
    memory.run_before = before
    for halt in tuple(turn.books.halts.values()):
        if HALT_KINDS[halt.reason] in {Clears.ITSELF, Clears.NEVER}:
            # `fenced` ends its run; a person who starts a new one draws a higher epoch
            turn.clear(halt.reason, halt.scope, why="a new run decides anew")
    turn.halt("reconcile", ACCOUNT, why="the start must agree with the exchange first")
    for order in tuple(turn.books.live_orders()):
        if order.is_in_doubt:
            why = "the process ended while it was in doubt"
            turn.record(records.WentUnknown(order.client_id, why, turn.rules.grace_us))


def take_look_result(turn: Turn, look: Look, memory: Memory, maker: OrderIdentity) -> None:
    """Take in a look; only a complete one counts (SAFETY D1), only a timely one opens (D3)."""
    memory.look_asked_us = None
    if not isinstance(look, Complete):
        memory.look_not_before_us = Micros(turn.now_us + turn.rules.look_retry_us)
        memory.look_is_wanted = True
        return
    memory.look_not_before_us = Micros(look.ended_us + turn.rules.look_spacing_us)
    agrees = take_look(turn, look, memory, maker)
    carry_out(turn, look, memory)
    if not agrees:
        memory.look_is_wanted = True
        return
    from_us = memory.orders_from_us()
    is_of_now = look.connection == memory.connection and memory.is_subscribed
    is_late_enough = look.began_us >= memory.subscribed_us + turn.rules.visibility_us
    memory.has_looked = memory.has_looked or is_of_now
    if not is_of_now or not is_late_enough or from_us is None or look.began_us < from_us:
        return
    memory.has_agreed = True
    turn.record(records.LookAgreed(look.began_us, look.connection, not memory.balance_differs))
    if memory.is_online and not memory.is_stopping:
        for reason in ("reconcile", "clock", "restored"):
            turn.clear(reason, ACCOUNT, why="a complete look agrees")


def react(turn: Turn, event: inputs.Input, memory: Memory) -> None:
    """Take in what happened to connection, time, storage, history or configuration."""
    match event:
        case inputs.ConnectionChanged():
            _take_connection(turn, event, memory)
        case inputs.ExchangeStatus(status, detail):
            _take_status(turn, status, detail, memory)
        case inputs.LeaseRenewed(sent_us):
            _take_lease(turn, sent_us, memory)
        case inputs.BalancesRead(balances, asked_us):
            since_us = asked_us or turn.now_us
            memory.free.update(
                {row.asset: (row.total - row.held, since_us) for row in balances.rows}
            )
        case inputs.GapNoticed():
            _take_gap(turn, event, memory)
        case inputs.StorageNotice(True, detail):
            turn.clear("storage", ACCOUNT, why=detail)
        case inputs.StorageNotice(_, detail):
            turn.halt("storage", ACCOUNT, why=detail)
        case inputs.HistoryFed(symbol):
            turn.clear("warming_up", scope_of_symbol(symbol), why="its history was fed")
        case inputs.CapitalConfigured(link, asset, amount):
            memory.capital[link] = (asset, amount)
            memory.unprotected_links.update([link] if event.accepts_unprotected else [])
        case _:
            text = f"no reaction to {type(event).__name__}"
            raise InternalError(text)


SEEN_AGAIN = frozenset({"trade_id", "inbox"})
"""Gaps that the next trade shows to the history keeper, which fills them."""


def _take_gap(turn: Turn, event: inputs.GapNoticed, memory: Memory) -> None:
    if event.kind == "trades":
        scope = ACCOUNT if event.symbol is None else scope_of_symbol(event.symbol)
        turn.halt("warming_up", scope, why=event.detail)
    elif event.kind not in SEEN_AGAIN:  # a jump of time (SAFETY G5)
        turn.halt("clock", ACCOUNT, why=f"{event.kind}: {event.detail}")
        memory.has_agreed = False


def _take_lease(turn: Turn, sent_us: Micros, memory: Memory) -> None:
    """Note that a private call was accepted at some moment between `sent_us` and now.

    The lease counts from the earlier of them, the newcomer's wait from the later one.
    """
    memory.lease_from_us = max(memory.lease_from_us, sent_us)
    run = turn.books.run
    if memory.first_call_us == 0 and run is not None:
        memory.first_call_us = turn.now_us
        wait_us = newcomer_wait_us(run, memory.run_before, turn.now_us, turn.rules)
        memory.newcomer_wait_us = wait_us


def _take_status(turn: Turn, status: str, detail: str, memory: Memory) -> None:
    was_online, memory.is_online = memory.is_online, status == "online"
    memory.look_is_wanted = memory.look_is_wanted or (memory.is_online and not was_online)
    memory.tape_ended = memory.tape_ended or detail == "tape ended"
    if not memory.is_online:
        turn.halt("reconcile", ACCOUNT, why=f"the exchange says {status}")
        memory.has_agreed = False


def _take_connection(turn: Turn, event: inputs.ConnectionChanged, memory: Memory) -> None:
    memory.attempts = event.attempts
    if event.state == "subscribed":
        memory.connection = event.connection
        memory.is_subscribed = True
        memory.subscribed_us = turn.now_us
        memory.has_agreed = memory.has_looked = False
        turn.clear("liveness", ACCOUNT, why="messages arrive again")
    elif event.state == "up":
        if memory.is_subscribed:
            turn.clear("liveness", ACCOUNT, why="messages arrive again")
    else:  # silent or down
        turn.halt("liveness", ACCOUNT, why=event.why or f"the connection is {event.state}")
        if event.state == "down":
            memory.disconnect()
            turn.halt("reconcile", ACCOUNT, why="a new connection must agree first")
