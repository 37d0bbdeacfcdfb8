"""How does a plan become an order, and what may leave by the door?"""

from collections.abc import Iterator
from decimal import Decimal

from s1mpletrader.core.books import Books
from s1mpletrader.core.effects import Submit
from s1mpletrader.core.gate import blocking, is_fenced
from s1mpletrader.core.limits import entry_cost, refuse_entry
from s1mpletrader.core.orders import Order
from s1mpletrader.core.rules import Rules
from s1mpletrader.core.trades import Trade
from s1mpletrader.core.turn import Turn
from s1mpletrader.model.base import Micros
from s1mpletrader.model.orders import NewOrder, OrderRole, OrderType, Side, TimeInForce
from s1mpletrader.model.records import Intended, OpportunityRejected
from s1mpletrader.model.signals import RoutedTradePlan

ZERO = Decimal(0)


def enter(turn: Turn, plan: RoutedTradePlan, *, accepts_unprotected: bool) -> None:
    """Intend the plan's entry, or record why not (SAFETY O1, O6, O8, O11, G2)."""
    refusal = refuse_plan(turn.books, plan, turn.rules)
    if refusal is None and plan.stop_trigger is None and not accepts_unprotected:
        refusal = "stop", f"the plan has no stop and {plan.link} says `unprotected: refuse`"
    if refusal is not None:
        rule, reason = refusal
        turn.record(OpportunityRejected(plan.opportunity_id, plan.link, plan.symbol, rule, reason))
        return
    instrument = turn.books.instruments[plan.symbol]
    order = NewOrder(
        client_id=turn.ids.new_order(),
        symbol=plan.symbol,
        side=Side.BUY,
        type=plan.type,
        qty=plan.qty,
        deadline_us=Micros(turn.now_us + turn.rules.deadline_for_us),
        limit_price=plan.limit_price,
        tif=plan.tif,
    )
    intent = Intended(
        order=order,
        role=OrderRole.ENTRY,
        link=plan.link,
        trade_id=plan.trade_id,
        grace_us=turn.rules.grace_us,
        reserved=entry_cost(plan, instrument),
        opportunity_id=plan.opportunity_id,
        cause="opportunity",
        stop_trigger=plan.stop_trigger,
        stop_client_id=None if plan.stop_trigger is None else turn.ids.new_order(),
    )
    turn.record(intent)
    turn.send(Submit(order, OrderRole.ENTRY, plan.link, turn.now_us))


def refuse_plan(books: Books, plan: RoutedTradePlan, rules: Rules) -> tuple[str, str] | None:
    """Return (rule, reason) if the plan may not become an order now, else None."""
    instrument = books.instruments.get(plan.symbol)
    halt = blocking(books.halts.values(), plan.link, plan.symbol)
    if halt is not None:
        return "gate", f"halted: {halt.reason} ({halt.why})"
    if instrument is None:
        return "instrument", f"the exchange does not list {plan.symbol}"
    if books.is_locked(plan.symbol):
        return "lock", f"an order on {plan.symbol} is in doubt"
    if books.open_trade(plan.link, plan.symbol) is not None:
        return "one_trade", f"{plan.link} has a trade on {plan.symbol} already"
    ledger = books.ledger(plan.link)
    refusal = refuse_entry(
        plan,
        instrument,
        cash=ledger.amount(instrument.quote) - books.reserved(plan.link, instrument.quote),
        last_price=books.last_price(plan.symbol),
        rules=rules,
    )
    return None if refusal is None else (refusal.rule, refusal.reason)


def place_stop(turn: Turn, trade: Trade, qty: Decimal, trigger: Decimal) -> None:
    """Intend a protective stop; the first one uses the id announced in the entry's intent."""
    announced = trade.stop_client_id
    is_fresh = announced is not None and announced not in turn.books.orders
    order = NewOrder(
        client_id=announced if is_fresh and announced is not None else turn.ids.new_order(),
        symbol=trade.symbol,
        side=Side.SELL,
        type=OrderType.STOP_LOSS,
        qty=qty,
        deadline_us=Micros(turn.now_us + turn.rules.deadline_for_us),
        trigger_price=trigger,
    )
    _intend_sell(turn, trade, order, OrderRole.STOP, cause="protection")


def sell(turn: Turn, trade: Trade, qty: Decimal) -> None:
    """Intend a market sell that closes (part of) the trade."""
    order = NewOrder(
        client_id=turn.ids.new_order(),
        symbol=trade.symbol,
        side=Side.SELL,
        type=OrderType.MARKET,
        qty=qty,
        deadline_us=Micros(turn.now_us + turn.rules.deadline_for_us),
        tif=TimeInForce.IOC,
    )
    _intend_sell(turn, trade, order, OrderRole.EXIT, cause=trade.exit_cause)


def _intend_sell(turn: Turn, trade: Trade, order: NewOrder, role: OrderRole, *, cause: str) -> None:
    intent = Intended(
        order=order,
        role=role,
        link=trade.link,
        trade_id=trade.trade_id,
        grace_us=turn.rules.grace_us,
        reserved=ZERO,
        opportunity_id=trade.opportunity_id,
        threat_id=trade.exit_threat_id,
        cause=cause,
    )
    turn.record(intent)
    turn.send(Submit(order, role, trade.link, turn.now_us))


def refuse_at_door(
    books: Books,
    submit: Submit,
    rules: Rules,
    *,
    now_us: Micros,
    lease_until_us: Micros,
    waiting_us: Micros,
) -> str | None:
    """Return why the order may not leave now, or None (SAFETY O2).

    `lease_until_us`: the accepted private call's moment plus the lease (F2); `waiting_us`: how
    long the oldest unread data of the instrument has been waiting.
    """
    order = books.orders[submit.order.client_id]
    if is_fenced(books.halts.values()):
        return "fenced: another instance speaks for this account"
    if now_us >= lease_until_us:
        return "no accepted private call is younger than the lease"
    if submit.order.deadline_us - now_us < rules.deadline_margin_us:
        return "its deadline is too near"
    if any(each.is_in_doubt for each in _depended_on(books, order)):
        return f"another order on {submit.order.symbol} is in doubt"
    if submit.role is not OrderRole.ENTRY:
        return None
    halt = blocking(books.halts.values(), order.intent.link, submit.order.symbol)
    if halt is not None:
        return f"halted: {halt.reason} ({halt.why})"
    if max(now_us - submit.decided_us, waiting_us) > rules.decision_age_max_us:
        return f"the decision or the data of {submit.order.symbol} is too old"
    return None


def _depended_on(books: Books, order: Order) -> Iterator[Order]:
    """Yield the other live orders whose doubt stops this one.

    For an entry all of its instrument (O6); for a stop or exit those of its own trade (D3): a
    holding must not stay bare because another link is in doubt.
    """
    for other in books.live_orders():
        if other.client_id == order.client_id:
            continue
        is_same_trade = other.intent.trade_id == order.intent.trade_id
        is_same_symbol = other.intent.order.symbol == order.intent.order.symbol
        if is_same_trade or (order.role is OrderRole.ENTRY and is_same_symbol):
            yield other
