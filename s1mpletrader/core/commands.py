"""What happens when a person, or a policy plugin, says stop or go?"""

from s1mpletrader.core.assignment import assign, is_all_assigned
from s1mpletrader.core.effects import Cancel
from s1mpletrader.core.gate import ACCOUNT, is_cleared_by_resume, scope_of_link
from s1mpletrader.core.memory import Memory, PlanWish
from s1mpletrader.core.turn import Turn
from s1mpletrader.errors import InternalError
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND
from s1mpletrader.model.events import CONNECTION_LOST
from s1mpletrader.model.ids import LinkId
from s1mpletrader.model.orders import OrderRole
from s1mpletrader.model.signals import TradingHalted


def obey(turn: Turn, command: inputs.OperatorCommand, memory: Memory) -> None:
    """Do what a person asks (SAFETY G3); answers say what the books then show."""
    scope = ACCOUNT if command.link is None else scope_of_link(command.link)
    match command.verb:
        case "halt":
            turn.halt("operator", scope, by=command.by, why=command.why)
            _cancel_entries(turn, command.link)
            if "close_positions" in command.arguments:
                _close(turn, command.link, f"{command.by}: {command.why}")
        case "resume":
            _resume(turn, command, memory)
        case "reconcile":
            _reconcile(turn, command, memory)
        case "assign":
            assign(turn, command.arguments, command.by)
        case "stop":
            memory.is_stopping = True
            turn.halt("reconcile", ACCOUNT, by=command.by, why="the engine is stopping")
            _cancel_entries(turn, None)
        case "stopped":
            turn.record(records.Stopped(command.why))
        case verb:
            text = f"no such command: {verb}"
            raise InternalError(text)


def _reconcile(turn: Turn, command: inputs.OperatorCommand, memory: Memory) -> None:
    """Look now; with `apply`, carry a plan of corrections out if looks still lead to it (D8)."""
    memory.look_is_wanted = True
    if command.arguments[:1] == ("apply",):
        plan_id = "".join(command.arguments[1:])
        memory.plan_wish = PlanWish(plan_id, command.by, command.why, turn.now_us)


def _cancel_entries(turn: Turn, link: LinkId | None) -> None:
    for order in tuple(turn.books.live_orders()):
        if order.role is OrderRole.ENTRY and link in {None, order.intent.link}:
            turn.record(records.CancelWanted(order.client_id, "entries are halted"))
            turn.send(Cancel(order.client_id, order.txid, order.intent.order.symbol))
            turn.wake(turn.now_us + SECOND)


def halt_by_policy(turn: Turn, link: LinkId, halted: TradingHalted) -> None:
    """Shut the gate as a worker's policy asks, cancel entries (O7), close if it says so (E4)."""
    is_lost = halted.kind == CONNECTION_LOST
    reason, scope = ("connection_lost", ACCOUNT) if is_lost else ("threat", scope_of_link(link))
    turn.halt(reason, scope, by=halted.threat_id, why=halted.reason)
    _cancel_entries(turn, None if is_lost else link)
    if halted.close_positions:
        _close(turn, link, halted.reason, halted)


def _resume(turn: Turn, command: inputs.OperatorCommand, memory: Memory) -> None:
    scope = ACCOUNT if command.link is None else scope_of_link(command.link)
    for halt in tuple(turn.books.halts.values()):
        is_meant = (command.link is None or halt.scope == scope) and (
            not command.arguments or halt.reason in command.arguments
        )
        # a look that agreed before the halt is no answer to it
        look_agrees = memory.has_agreed and turn.books.agreed_us > halt.since_us
        if is_meant and is_cleared_by_resume(
            halt, look_agrees=look_agrees, is_assigned=is_all_assigned(turn.books, halt.reason)
        ):
            turn.clear(halt.reason, halt.scope, by=command.by, why=command.why)


def _close(turn: Turn, link: LinkId | None, why: str, halted: TradingHalted | None = None) -> None:
    for trade_id in tuple(turn.books.open_trades):
        trade = turn.books.trades[trade_id]
        if link in {None, trade.link} and not trade.is_exit_wanted:
            threat = halted.threat_id if halted is not None else None
            turn.record(records.ExitWanted(trade_id, why, threat))
