"""What is due now, whatever the input was?

After each input every open trade is guarded or closed and the gate is brought up to date. All of
it is a function of books and memory, so a crash between any two steps costs nothing but time. What
is left unclear, `core.asking` asks for.
"""

from decimal import Decimal

from s1mpletrader.core import exit as exit_machine
from s1mpletrader.core import protection
from s1mpletrader.core.asking import ask_for_balances
from s1mpletrader.core.effects import Amend, Cancel
from s1mpletrader.core.execution import place_stop, sell
from s1mpletrader.core.fencing import lease_until_us
from s1mpletrader.core.gate import scope_of_link, scope_of_symbol
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.orders import Order
from s1mpletrader.core.trades import Trade, holding, profit_and_fees
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import UNALLOCATED
from s1mpletrader.model.orders import OrderRole

ZERO = Decimal(0)


def keep_trades(turn: Turn, memory: Memory, *, can_amend: bool) -> None:
    """Guard, close or finish every open trade."""
    for trade_id in tuple(turn.books.open_trades):
        trade = turn.books.trades[trade_id]
        _measure_protection(turn, trade, memory)
        if not trade.is_exit_wanted:
            _guard(turn, trade, memory, can_amend=can_amend)
        trade = turn.books.trades[trade_id]  # guarding may have given up
        if trade.is_exit_wanted:
            _exit(turn, trade, memory)
        else:
            _finish_if_flat(turn, trade)
        if trade_id not in turn.books.open_trades:
            memory.unprotected_since_us.pop(trade_id, None)
            memory.failing_since_us.pop(trade_id, None)


def _guard(turn: Turn, trade: Trade, memory: Memory, *, can_amend: bool) -> None:
    books, rules = turn.books, turn.rules
    step = protection.next_step(
        trade,
        books.orders_of(trade),
        books.instruments[trade.symbol],
        last_price=books.last_price(trade.symbol),
        now_us=turn.now_us,
        rules=rules,
        can_amend=can_amend,
    )
    match step:
        case protection.GiveUpStop(why):
            scope = scope_of_link(trade.link)
            turn.halt("unprotected", scope, why=f"trade {trade.trade_id}: {why}")
            turn.record(records.ExitWanted(trade.trade_id, f"no stop can be had: {why}"))
        case protection.PlaceStop(qty, trigger):
            if may_send_now(turn, memory, is_stop=True):
                place_stop(turn, trade, qty, trigger)
        case protection.RaiseStop(client_id, qty, trigger):
            stop = books.orders[client_id]
            if may_send_now(turn, memory, is_stop=True) and stop.txid is not None:
                deadline = Micros(turn.now_us + rules.deadline_for_us)
                turn.record(records.AmendWanted(client_id, qty, trigger, deadline))
                turn.send(Amend(client_id, stop.txid, trade.symbol, qty, trigger, deadline))
        case protection.Wait(_, until) if until is not None:
            turn.wake(until)
        case protection.Covered(dust) if dust and not _has_live_order(turn, trade):
            # Too small to carry a stop: sold if it can be, else booked as dust (SAFETY O8).
            why = f"{dust} is too small to carry a stop"
            turn.alert("warning", "dust", f"trade {trade.trade_id}: {why}")
            turn.record(records.ExitWanted(trade.trade_id, why))
        case protection.Wait() | protection.Covered():  # pragma: no branch
            pass


def _has_live_order(turn: Turn, trade: Trade) -> bool:
    return any(order.is_live for order in turn.books.orders_of(trade))


def _exit(turn: Turn, trade: Trade, memory: Memory) -> None:
    books = turn.books
    instrument = books.instruments[trade.symbol]
    orders = books.orders_of(trade)
    free, read_us = memory.free.get(instrument.base, (None, Micros(0)))
    placed = [order for order in orders if not order.was_denied]
    if any(o.is_live or o.final_us + turn.rules.visibility_us >= read_us for o in placed):
        free = None  # read before the balances can be trusted to show what these orders did
    step = exit_machine.next_step(
        orders,
        instrument,
        free=free,
        last_price=books.last_price(trade.symbol),
        now_us=turn.now_us,
        rules=turn.rules,
    )
    match step:
        case exit_machine.CancelFirst(client_id):
            order = books.orders[client_id]
            if memory.is_subscribed:
                turn.record(records.CancelWanted(client_id, trade.exit_cause))
                turn.send(Cancel(client_id, order.txid, trade.symbol))
                turn.wake(turn.now_us + turn.rules.retry_us)
        case exit_machine.Sell(qty, failures):
            _sell(turn, trade, memory, qty, failures)
        case exit_machine.Flat():
            _finish_if_flat(turn, trade)
        case protection.Wait(_, until) if until is not None:
            turn.wake(until)
            if free is not None and free < instrument.qty_min:
                _miss_coins(turn, trade, memory, step.why, read_us)
        case protection.Wait():  # pragma: no branch
            pass


def _miss_coins(turn: Turn, trade: Trade, memory: Memory, why: str, read_us: Micros) -> None:
    """Halt and look for the coins, again and again: an order that shows late may hold them."""
    scope = scope_of_symbol(trade.symbol)
    due = memory.look_not_before_us + turn.rules.emergency_retry_us
    if ("coins_missing", scope) not in turn.books.halts or turn.now_us >= due:
        memory.look_is_wanted = True
    turn.halt("coins_missing", scope, why=why)
    if turn.now_us - max(read_us, memory.balances_asked_us) >= turn.rules.retry_alert_us:
        ask_for_balances(turn, memory)


def _sell(turn: Turn, trade: Trade, memory: Memory, qty: Decimal, failures: int) -> None:
    if not may_send_now(turn, memory, is_stop=False):
        return
    if failures:
        ask_for_balances(turn, memory)
        first = memory.failing_since_us.setdefault(trade.trade_id, turn.now_us)
        if turn.now_us - first >= turn.rules.retry_alert_us:
            text = f"closing trade {trade.trade_id} fails and is retried: {failures} in a row"
            turn.alert("critical", "exit_failing", text)
    else:
        memory.failing_since_us.pop(trade.trade_id, None)
    sell(turn, trade, qty)


def _finish_if_flat(turn: Turn, trade: Trade) -> None:
    """Close the trade's books when nothing sellable is left and nothing of it is live."""
    books = turn.books
    orders = books.orders_of(trade)
    instrument = books.instruments[trade.symbol]
    if trade.opened_us == 0 or _has_live_order(turn, trade):
        return
    left = holding(orders, instrument)
    held = instrument.floor_qty(left)
    if held >= instrument.qty_min and not trade.is_exit_wanted:
        return
    profit, fees = profit_and_fees(orders, instrument)
    cause = trade.exit_cause or _own_cause(orders)
    turn.record(
        records.TradeClosed(trade.trade_id, cause, profit, fees, left, trade.exit_threat_id)
    )


def _own_cause(orders: tuple[Order, ...]) -> str:
    if any(order.role is OrderRole.STOP and order.fills for order in orders):
        return "the protective stop was triggered"
    return "nothing above the exchange's minimum was held"


def _measure_protection(turn: Turn, trade: Trade, memory: Memory) -> None:
    """Add up the time in which something was held without certain cover (SAFETY O8)."""
    if trade.stop_trigger is None:
        return
    instrument = turn.books.instruments[trade.symbol]
    bare = protection.bare_quantity(turn.books.orders_of(trade), instrument)
    since = memory.unprotected_since_us.pop(trade.trade_id, None)
    if since is not None:
        memory.unprotected_for_us += turn.now_us - since
    if bare < instrument.qty_min:
        memory.bare_since_us.pop(trade.trade_id, None)
        memory.bare_alerted.discard(trade.trade_id)
        return
    memory.unprotected_since_us[trade.trade_id] = turn.now_us
    first = memory.bare_since_us.setdefault(trade.trade_id, turn.now_us)
    is_long = turn.now_us - first >= turn.rules.retry_alert_us
    if is_long and trade.trade_id not in memory.bare_alerted:
        memory.bare_alerted.add(trade.trade_id)
        text = f"{bare} {instrument.base} of trade {trade.trade_id} is without a stop since"
        turn.alert("critical", "unprotected", f"{text} {(turn.now_us - first) / SECOND:.0f} s")


def may_send_now(turn: Turn, memory: Memory, *, is_stop: bool) -> bool:
    """Return whether a sell has a chance at the door now: connected, leased, past F2's wait."""
    if not memory.is_subscribed:
        return False
    from_us = memory.orders_from_us()
    if from_us is None or turn.now_us >= lease_until_us(memory.lease_from_us, turn.rules):
        return False  # the door would refuse it; the next accepted call brings it about
    if turn.now_us < from_us:
        turn.wake(from_us)
    return memory.may_order(turn.now_us) or (is_stop and memory.has_looked)


def draw_capital(turn: Turn, memory: Memory) -> None:
    """Give each link its configured capital out of `unallocated`, never beyond it (D10)."""
    books = turn.books
    if books.opened_us == 0:
        return
    for link, (asset, amount) in memory.capital.items():
        missing = amount - books.capital.get(link, ZERO)
        if missing <= 0:
            turn.clear("unallocated", scope_of_link(link), why="the capital is drawn")
            continue
        there = books.ledgers[UNALLOCATED].amount(asset)
        if there >= missing:
            turn.record(records.CapitalDrawn(link, asset, missing))
            turn.clear("unallocated", scope_of_link(link), why="the capital was drawn")
        else:
            why = f"capital {amount} {asset} asks for {missing} more, {there} is unallocated"
            turn.halt("unallocated", scope_of_link(link), why=why)


def cancel_again(turn: Turn, memory: Memory) -> None:
    """Repeat the cancel of an entry that is still live: the first one may be lost (SAFETY O7)."""
    if not memory.is_subscribed:
        return
    for order in tuple(turn.books.live_orders()):
        if order.role is not OrderRole.ENTRY or not order.cancelled_us:
            continue
        due = order.cancelled_us + turn.rules.retry_us
        if turn.now_us >= due:
            turn.record(records.CancelWanted(order.client_id, "it is still not cancelled"))
            turn.send(Cancel(order.client_id, order.txid, order.intent.order.symbol))
            due = turn.now_us + turn.rules.retry_us
        turn.wake(due)


def keep_retired_links(turn: Turn, memory: Memory) -> None:
    """Halt links that hold something and are no longer configured; stops stay (SAFETY G7)."""
    if not memory.is_subscribed:
        return
    books = turn.books
    holding_links = {books.trades[each].link for each in books.open_trades}
    for link in sorted(holding_links - set(memory.capital)):
        why = f"{link} is not configured any more and is not flat"
        turn.halt("retired", scope_of_link(link), why=why)
    for reason, scope in tuple(books.halts):
        if reason == "retired" and scope not in {scope_of_link(link) for link in holding_links}:
            turn.clear("retired", scope, why="it is flat")
