"""How do the accounts' orders live: accepted, filled, triggered, amended, cancelled, expired?

Orders trade with the tape and its synthetic depth, never with each other. Pure and synchronous:
moments are arguments, ids come from a seed, what happened is collected in `events`.
"""

import contextlib
from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from s1mpletrader.core import matching
from s1mpletrader.core.matching import Depth
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import TimeInForce
from s1mpletrader.simulator import acceptance, order_terms, refusal, settlement
from s1mpletrader.simulator.account import Account
from s1mpletrader.simulator.commands import Amend, Edit, Place, Push, Rules
from s1mpletrader.simulator.identity import Ids
from s1mpletrader.simulator.pairs import PAIRS
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import (
    Booked,
    Change,
    Event,
    Order,
    OrderChanged,
    OrderType,
    SelfTrade,
    Status,
    Trade,
)

USER_REQUESTED = "User requested"
EDITED = "Order replaced"
POST_ONLY = "Post only order"
SELF_TRADE = "Self trade prevention"
NOT_FILLED_AT_ONCE = "Immediate or cancel"
NO_LIQUIDITY = "Insufficient liquidity"
NO_FUNDS = "Insufficient funds"
EXPIRED = "Order expired"
DEAD_MAN = "Cancel all orders after"


class OrderBook:
    """All orders of all accounts on all pairs."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self.rules = Rules()
        self.accounts: dict[str, Account] = {}
        self.last: dict[Symbol, Decimal] = {}
        self.events: list[Event] = []

    def depth(self, symbol: Symbol) -> Depth:
        """Return the synthetic book around the last trade."""
        pair = PAIRS[symbol]
        return matching.depth(self.last[symbol], pair.price_tick, pair.liquidity)

    def check(self, command: Place, without: str = "") -> Order:
        """Return the order that `command` would make; raises `Refused`. Changes nothing.

        What the order `without` holds counts as free.
        """
        draft, account = command.draft, self.accounts[command.account]
        pair, book = PAIRS[draft.symbol], self.depth(draft.symbol)
        acceptance.check_deadline(draft.deadline_us, command.at_us)
        acceptance.check_shape(draft, pair, command.at_us)
        acceptance.check_market_cost(draft, pair, book)
        acceptance.check_account(draft, account, self.rules, without)
        order = order_terms.new_order(command, self.last[draft.symbol])
        acceptance.check_funds(replace(order, txid=without), account, book, self.rules)
        return order

    def place(self, command: Place) -> Order:
        """Accept an order and let it trade; raises `Refused`."""
        candidate = self.check(command)
        txid, number = self.ids.new("O"), self.ids.number("order")
        order = self._put(replace(candidate, txid=txid, number=number))
        self._tell(Change.PENDING_NEW, order, command.at_us)
        self._tell(Change.NEW, order, command.at_us)
        offered = None if command.offered is None else settlement.part_of(order, command.offered)
        self._arrive(order, command.at_us, offered)
        return self._now(order)

    def push(self, command: Push) -> int:
        """Fill a fraction of an open order now; returns how many orders that was."""
        found = self.accounts[command.account].find(txid=command.txid, client_id=None)
        for order in found:
            offered = settlement.part_of(order, command.fraction)
            if order.is_sleeping:
                self._wake(order, command.at_us, offered)
            elif order.limit_price is not None and offered:
                self._fill_if_covered(order, order.limit_price, offered, command.at_us)
        return len(found)

    def amend(self, command: Amend) -> str:
        """Change an open order in place and return the amend's id; raises `Refused`."""
        acceptance.check_deadline(command.deadline_us, command.at_us)
        account = self.accounts[command.account]
        found = account.find(txid=command.txid, client_id=command.client_id)
        if not found:
            raise Refused(refusal.UNKNOWN_ORDER)
        amended = order_terms.amended(found[0], command, self.rules)
        if (command.post_only or amended.draft.post_only) and self._is_marketable(amended):
            raise Refused(f"EOrder:{POST_ONLY}")
        acceptance.check_funds(amended, account, self.depth(amended.draft.symbol), self.rules)
        self._put(amended)
        self._tell(Change.AMENDED, amended, command.at_us)
        self._arrive(amended, command.at_us)
        return self.ids.new("T")

    def edit(self, command: Edit) -> tuple[Order, Order]:
        """Replace an open order; returns the new and the old one. Raises `Refused`."""
        found = self.accounts[command.account].find(txid=command.txid, client_id=None)
        if not found:
            raise Refused(refusal.UNKNOWN_ORDER)
        old = found[0]
        draft = order_terms.edited(old, command)
        place = Place(command.at_us, command.account, draft, user=command.user)
        self.check(place, without=old.txid)
        self.cancel(old, command.at_us, EDITED)
        return self.place(place), self._now(old)

    def cancel(self, order: Order, at_us: Micros, reason: str = USER_REQUESTED) -> None:
        """Take an order out of the book."""
        change, status = Change.CANCELED, Status.CANCELED
        if reason == EXPIRED:
            change, status = Change.EXPIRED, Status.EXPIRED
        final = self._put(replace(self._now(order), status=status, closed_us=at_us, reason=reason))
        self._tell(change, final, at_us)

    def trade_on_tape(self, tick: Tick, at_us: Micros) -> None:
        """Let one trade of the tape fill resting orders and wake sleeping ones."""
        self.last[tick.symbol] = tick.price
        orders = {
            order.txid: order
            for account in self.accounts.values()
            for order in account.open.values()
            if order.draft.symbol == tick.symbol
        }
        if not orders:
            return
        resting = [found for order in orders.values() if (found := order.resting()) is not None]
        for fill in matching.fill_resting(resting, tick.price, tick.qty):
            self._fill_if_covered(orders[fill.name], fill.price, fill.qty, at_us)
        by_age = sorted(orders.values(), key=lambda order: order.number)
        if self.rules.queue_ahead is not None:
            self._let_queues_move(by_age, tick, at_us)
        for name in [order.txid for order in by_age if order.is_sleeping]:
            order = self._now(orders[name])
            followed = order_terms.followed(order, tick.price)
            if order.is_open and followed != order:
                order = self._put(followed)
            if order_terms.is_triggered(order, tick.price):
                self._wake(order, at_us)

    def due(self, at_us: Micros) -> list[tuple[Order, str]]:
        """Return the orders that `at_us` ends, and why."""
        ended: list[tuple[Order, str]] = []
        for account in self.accounts.values():
            dead = account.dead_man_us is not None and account.dead_man_us <= at_us
            for order in account.open.values():
                if order.draft.expire_us is not None and order.draft.expire_us <= at_us:
                    ended.append((order, EXPIRED))
                elif dead:
                    ended.append((order, DEAD_MAN))
        return ended

    def _arrive(self, order: Order, at_us: Micros, offered: Decimal | None = None) -> None:
        if order.is_sleeping:
            if order_terms.is_triggered(order, self.last[order.draft.symbol]):
                self._wake(order, at_us, offered)
        elif order.draft.post_only and self._is_marketable(order):
            self.cancel(order, at_us, POST_ONLY)
        else:
            self._take(order, at_us, offered)

    def _wake(self, order: Order, at_us: Micros, offered: Decimal | None = None) -> None:
        account = self.accounts[order.account]
        awake = order_terms.awake(order)
        market = awake
        if awake.limit_price is None:
            market = replace(awake, draft=replace(order.draft, type=OrderType.MARKET))
        try:
            book = self.depth(order.draft.symbol)
            acceptance.check_funds(market, account, book, self.rules)
        except Refused:
            self.cancel(order, at_us, NO_FUNDS)
            return
        self._take(self._put(awake), at_us, offered)

    def _take(self, order: Order, at_us: Micros, offered: Decimal | None) -> None:
        side, limit = order.draft.side, order.limit_price
        levels = self.depth(order.draft.symbol).against(side)
        most = order.remaining if offered is None else min(order.remaining, offered)
        parts = matching.take(levels, side, most, limit)
        reach = limit if limit is not None or not parts else parts[-1].price
        if not self._avoids_itself(order, reach, at_us):
            return
        for part in parts:
            self._fill(order, part.price, part.qty, maker=False, at_us=at_us)
        left = self._now(order)
        if left.is_open and limit is None:
            self.cancel(left, at_us, NO_LIQUIDITY)
        elif left.is_open and order.draft.tif is TimeInForce.IOC:
            self.cancel(left, at_us, NOT_FILLED_AT_ONCE)
        elif left.is_open and self.rules.queue_ahead is not None:
            level = PAIRS[order.draft.symbol].liquidity.level_qty
            self._put(replace(left, queue=level * self.rules.queue_ahead))

    def _let_queues_move(self, by_age: Sequence[Order], tick: Tick, at_us: Micros) -> None:
        """Let a trade at the price of resting orders eat what waits before each, then them."""
        qty = tick.qty
        for each in by_age:
            order = self._now(each)
            if order.resting() is None or order.limit_price != tick.price:
                continue
            eaten = min(order.queue, tick.qty)
            order = self._put(replace(order, queue=order.queue - eaten))
            part = min(order.remaining, qty - eaten)
            if part > 0:
                qty -= part
                self._fill_if_covered(order, tick.price, part, at_us)

    def _avoids_itself(self, order: Order, reach: Decimal | None, at_us: Micros) -> bool:
        """Cancel whoever must give way; returns whether `order` may go on."""
        side = order.draft.side
        if order.triggered and not self.rules.stop_avoids_itself:
            return True
        own = [
            other
            for other in self.accounts[order.account].open.values()
            if other.draft.symbol == order.draft.symbol
            and other.draft.side is not side
            and other.limit_price is not None
            and not other.is_sleeping
            and reach is not None
            and matching.is_within(side, other.limit_price, reach)
        ]
        if not own:
            return True
        if order.draft.self_trade is not SelfTrade.NEWEST:
            for other in own:
                self.cancel(other, at_us, SELF_TRADE)
        if order.draft.self_trade is not SelfTrade.OLDEST:
            self.cancel(order, at_us, SELF_TRADE)
            return False
        return True

    def _fill_if_covered(self, order: Order, price: Decimal, qty: Decimal, at_us: Micros) -> None:
        """Fill as maker, unless what the order holds was withdrawn by hand meanwhile."""
        if settlement.is_covered(order, self.accounts[order.account], price, qty):
            self._fill(order, price, qty, maker=True, at_us=at_us)
        else:
            self.cancel(order, at_us, NO_FUNDS)

    def _fill(
        self, order: Order, price: Decimal, qty: Decimal, *, maker: bool, at_us: Micros
    ) -> None:
        order, account = self._now(order), self.accounts[order.account]
        trade = settlement.execution(order, account, self.ids, price, qty, maker=maker, at_us=at_us)
        part = self._put(settlement.with_trade(order, trade))
        entries = account.book_trade(trade, self.ids.new)
        self._tell(Change.TRADE, part, at_us, trade)
        self.events.extend(Booked(entry) for entry in entries)
        if not part.remaining:
            final = self._put(replace(part, status=Status.CLOSED, closed_us=at_us))
            self._tell(Change.FILLED, final, at_us)
        closing = order_terms.closing(order, trade, at_us)
        if closing is not None:
            # what cannot be placed (too small, no funds) is not placed, as the exchange does it
            with contextlib.suppress(Refused):
                self.place(closing)

    def _is_marketable(self, order: Order) -> bool:
        book = self.depth(order.draft.symbol)
        return order.limit_price is not None and matching.is_marketable(
            order.draft.side, order.limit_price, book
        )

    def _now(self, order: Order) -> Order:
        return self.accounts[order.account].orders[order.txid]

    def _put(self, order: Order) -> Order:
        self.accounts[order.account].put(order)
        return order

    def _tell(
        self, change: Change, order: Order, at_us: Micros, trade: Trade | None = None
    ) -> None:
        self.events.append(OrderChanged(change, order, at_us, trade))
