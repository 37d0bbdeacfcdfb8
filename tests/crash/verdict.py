"""Do the engine's books equal the exchange's, and was every promise kept on the way?"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from s1mpletrader.core.gate import ACCOUNT
from s1mpletrader.core.ledger import AggregatedLedger
from s1mpletrader.core.orders import Order
from s1mpletrader.core.trader import Trader
from s1mpletrader.core.trades import holding
from s1mpletrader.errors import S1mpleTraderError
from s1mpletrader.model import records
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import ClientOrderId, TradeId
from s1mpletrader.model.orders import OrderRole, OrderStatus, Side
from tests.crash.scenarios import INSTRUMENT, phase_of
from tests.crash.world import RULES, World
from tests.fakes.engine import TAG, Engine
from tests.fakes.venue import VenueOrder

ZERO = Decimal(0)
HALTS_OF_A_PERSON = {"operator", "unprotected"}
HALTS_OF_DAMAGE = {
    "contradiction",
    "coins_missing",
    "unprotected",
    "balance",
    "orphan",
    "unallocated",
    "fenced",
}


def violations(world: World, engine: Engine) -> list[str]:
    """Return every broken promise; fewer are possible where SAFETY D5's assumptions fail."""
    groups, temper = engine.groups(), world.exchange.temper
    found = [
        *_doubled(world),
        *_different_orders(world, engine),
        *_different_balances(world, engine),
        *_different_fold(engine, groups),
    ]
    is_alone = len(world.scenario.trades) == 1
    if not temper.hides_us or (is_alone and not temper.hides_balances):
        found += _oversold(world, engine)
    if temper.hides_us:
        found += _unnoticed(groups)
    else:
        found += [*_bare(world, engine), *_unrest(engine), *_false_halts(groups)]
        found += [*_wrong_verdicts(world, engine), *_cancelled_stops(world, groups)]
        found += _entries_despite_halt(world, groups)
    return found


def _ours(world: World, engine: Engine) -> Iterator[tuple[Order | None, VenueOrder]]:
    for theirs in world.exchange.venue.orders.values():
        if theirs.client_id is not None:
            yield engine.trader.books.orders.get(theirs.client_id), theirs


def _doubled(world: World) -> Iterator[str]:
    for client_id, times in Counter(world.exchange.arrived).items():
        if times > 1:
            yield f"{client_id} was sent {times} times"


def _different_orders(world: World, engine: Engine) -> Iterator[str]:
    known = set()
    is_hiding = world.exchange.temper.hides_us > 0
    for ours, theirs in _ours(world, engine):
        name = f"order {theirs.number} ({theirs.order.type} {theirs.client_id})"
        if ours is None:
            yield f"{name} is not in the books"
            continue
        known.add(ours.client_id)
        if ours.was_denied and theirs.closed_us and not theirs.fills and is_hiding:
            continue  # it came and went while nobody could see it, and moved nothing
        status = OrderStatus.ACKED if theirs.is_open else OrderStatus.CLOSED
        if ours.status is not status:
            yield f"{name} is {ours.status} in the books, {status} there"
        if {fill.exec_id: fill for fill in ours.fills} != {f.exec_id: f for f in theirs.fills}:
            yield f"{name} executed {theirs.executed}, booked {ours.executed}"
        if theirs.is_open and (ours.qty, ours.trigger_price) != (theirs.qty, theirs.trigger):
            yield f"{name} is {theirs.qty} at {theirs.trigger}, booked {ours.qty}"
    for order in engine.trader.books.orders.values():
        if order.client_id not in known and not order.was_denied:
            yield f"{order.role} {order.client_id} is {order.status} and is not at the exchange"


def _different_balances(world: World, engine: Engine) -> Iterator[str]:
    books = engine.trader.books
    if ("balance", ACCOUNT) in books.halts and _opened_blind(world, books.opened_us):
        return
    totals = AggregatedLedger(books.ledgers.values()).totals()
    for asset in sorted({*totals, *world.exchange.venue.totals}):
        theirs = world.exchange.venue.totals.get(asset, ZERO)
        if totals.get(asset, ZERO) != theirs:
            yield f"{asset}: {totals.get(asset, ZERO)} in the books, {theirs} at the exchange"


def _opened_blind(world: World, opened_us: int) -> bool:
    """Return whether the opening balances did not show what a stranger had already executed."""
    venue = world.exchange.venue
    return world.exchange.temper.hides_balances and any(
        order.client_id is None and order.opened_us <= opened_us < venue.shows_from_us(order)
        for order in venue.orders.values()
    )


def _bare(world: World, engine: Engine) -> Iterator[str]:
    """Compare what each trade holds by the exchange's own executions with what guards it there."""
    for trade_id, orders in _by_trade(world, engine).items():
        held = INSTRUMENT.floor_qty(_held(orders))
        covered = sum((each.remaining for each in orders if each.trigger is not None), ZERO)
        if held * Decimal(90) < INSTRUMENT.cost_min or held < INSTRUMENT.qty_min:
            held = ZERO
        if held != covered:
            yield f"trade {trade_id} holds {held} and {covered} is covered"


def _by_trade(world: World, engine: Engine) -> dict[TradeId, list[VenueOrder]]:
    trades: dict[TradeId, list[VenueOrder]] = {}
    for ours, theirs in _ours(world, engine):
        if ours is not None:
            trades.setdefault(ours.intent.trade_id, []).append(theirs)
    return trades


def _held(orders: list[VenueOrder]) -> Decimal:
    held = ZERO
    for order in orders:
        for fill in order.fills:
            held += fill.qty if fill.side is Side.BUY else -fill.qty
            held -= fill.fee if fill.fee_asset == INSTRUMENT.base else ZERO
    return held


def _oversold(world: World, engine: Engine) -> Iterator[str]:
    """Find trades that sold more than they held, and wishes that were fulfilled twice."""
    bought: Counter[str] = Counter()
    temper = world.exchange.temper
    for trade_id, orders in _by_trade(world, engine).items():
        is_hidden_stop = temper.hides_us and any(o.trigger and o.fills for o in orders)
        if _held(orders) < ZERO and not is_hidden_stop:  # a resting order moves no balance
            yield f"trade {trade_id} sold {-_held(orders)} more than it had"
        if any(order.executed for order in orders):
            bought[phase_of(trade_id)] += 1
    for phase, times in bought.items():
        if times > 1:
            yield f"{phase} was entered {times} times"


def _unrest(engine: Engine) -> Iterator[str]:
    books = engine.trader.books
    for order in books.live_orders():
        if order.role is not OrderRole.STOP or not order.is_open_quantity_known:
            yield f"{order.role} {order.client_id} is {order.status} and does not come to rest"
    for trade_id in books.open_trades:
        trade = books.trades[trade_id]
        if trade.is_exit_wanted:
            yield f"trade {trade_id} should be closed ({trade.exit_cause}) and is not"
        if not INSTRUMENT.floor_qty(holding(books.orders_of(trade), INSTRUMENT)):
            yield f"trade {trade_id} holds nothing and is not closed"
    for halt in books.halts.values():
        if halt.reason not in HALTS_OF_A_PERSON:
            yield f"still halted at rest: {halt.reason} ({halt.why})"


def _false_halts(groups: list[Group]) -> Iterator[str]:
    for record in _records(groups):
        if isinstance(record, records.HaltSet) and _is_damage(record):
            yield f"halted without need: {record.reason} ({record.why})"


def _is_damage(halt: records.HaltSet) -> bool:
    """Return False where the market went through the trigger before a stop could rest (O8)."""
    is_market = halt.reason == "unprotected" and "at or through" in halt.why
    return halt.reason in HALTS_OF_DAMAGE and not is_market


def _wrong_verdicts(world: World, engine: Engine) -> Iterator[str]:
    placed = {each.client_id for each in world.exchange.venue.orders.values()}
    for record in _records(engine.groups()):
        denials = records.NotPlaced | records.Rejected | records.NotSent
        if isinstance(record, denials) and record.client_id in placed:
            yield f"{record.client_id} was said to be absent ({type(record).__name__}) and is there"


def _cancelled_stops(world: World, groups: list[Group]) -> Iterator[str]:
    """Find stops that we cancelled while nobody wanted to leave the trade: a bare moment."""
    trade_of: dict[ClientOrderId | None, TradeId] = {}
    leaving_us: dict[TradeId, int] = {}
    for group in groups:
        for record in group.records:
            if isinstance(record, records.Intended) and record.role is OrderRole.STOP:
                trade_of[record.order.client_id] = record.trade_id
            elif isinstance(record, records.ExitWanted):
                leaving_us.setdefault(record.trade_id, group.stamp.protocol_us)
    for order in world.exchange.venue.orders.values():
        if order.reason != "user canceled" or order.client_id not in trade_of:
            continue
        trade_id = trade_of[order.client_id]
        if trade_id not in leaving_us or (order.closed_us or 0) < leaving_us[trade_id]:
            yield f"the stop of trade {trade_id} was cancelled though nobody wanted to leave"


def _entries_despite_halt(world: World, groups: list[Group]) -> Iterator[str]:
    """Find entries that left while the operator's halt stood (SAFETY G3)."""
    entries: set[ClientOrderId] = set()
    spans: list[tuple[int, int]] = []
    for group in groups:
        now = group.stamp.protocol_us
        for record in group.records:
            if isinstance(record, records.Intended) and record.role is OrderRole.ENTRY:
                entries.add(record.order.client_id)
            elif isinstance(record, records.HaltSet) and record.reason == "operator":
                spans.append((now, 1 << 62))
            elif isinstance(record, records.HaltCleared) and record.reason == "operator":
                spans[-1] = (spans[-1][0], now)
    for at_us, client_id in world.exchange.left:
        if client_id in entries and any(begin < at_us < end for begin, end in spans):
            yield f"entry {client_id} left while the operator's halt stood"


def _different_fold(engine: Engine, groups: list[Group]) -> Iterator[str]:
    """Fold the journal anew: recovery must see the books that live trading saw."""
    again = Trader(RULES, TAG)
    try:
        for group in groups:
            again.fold(group)
    except S1mpleTraderError as error:
        yield f"the journal cannot be folded: {error}"
        return
    live, folded = engine.trader.books, again.books
    if live.stamp != folded.stamp:
        yield f"the journal ends at {folded.stamp.number}, the books at {live.stamp.number}"
    if (live.orders, live.trades, live.halts) != (folded.orders, folded.trades, folded.halts):
        yield "the fold of the journal differs from the live books"
    for link, ledger in live.ledgers.items():
        if ledger.amounts != folded.ledger(link).amounts:
            yield f"the fold of the journal gives {link} {folded.ledger(link).amounts}"


def _unnoticed(groups: list[Group]) -> Iterator[str]:
    """Find orders that were denied, appeared after all, and halted nothing."""
    denied = set()
    appeared = False
    for record in _records(groups):
        if isinstance(record, records.NotPlaced):
            denied.add(record.client_id)
        elif isinstance(record, records.Acked) and record.client_id in denied:
            appeared = True
        elif isinstance(record, records.HaltSet) and record.reason == "contradiction":
            return
    if appeared:
        yield "an order appeared after all and nothing was halted"


def _records(groups: list[Group]) -> Iterator[records.Record]:
    for group in groups:
        yield from group.records
