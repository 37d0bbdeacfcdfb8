"""May an order leave without the exchange's counter of its pair refusing it?

Orders, changes and cancels are counted per pair; young orders are dear to change or cancel. Who
asks too often is refused, stops and exits with it: entries are held back first, stops and exits
only where the exchange would refuse them anyway, cancels never.
"""

from typing import Final, NamedTuple

from s1mpletrader.core.rate_budget import (
    PLACE_COST,
    OrderBudget,
    amend_cost,
    cancel_cost,
)
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.orders import NewOrder, Side

ORDERS_MAX: Final = 10_000
"""So many orders' ages are remembered; one forgotten counts as just placed, the dearest."""


class _Placed(NamedTuple):
    symbol: Symbol
    at_us: Micros


class OrderPace:
    """The counters of all pairs; times are monotonic."""

    def __init__(self, budget: OrderBudget) -> None:
        self._empty = budget
        self._budgets: dict[Symbol, OrderBudget] = {}
        self._orders: dict[ClientOrderId | ExchangeOrderId, _Placed] = {}

    def refuses_order(self, order: NewOrder, now_us: Micros) -> str | None:
        """Return why an order must wait, None if it may leave."""
        # entries buy, stops and exits sell (ARCHITECTURE decision 21)
        return self._refuses(order.symbol, PLACE_COST, now_us, urgent=order.side is Side.SELL)

    def refuses_amend(self, txid: ExchangeOrderId, symbol: Symbol, now_us: Micros) -> str | None:
        """Return why a change must wait, None if it may leave."""
        return self._refuses(symbol, amend_cost(self._age_us(txid, now_us)), now_us, urgent=True)

    def placed(self, order: NewOrder, now_us: Micros) -> None:
        """Count an order that leaves now."""
        self._remember(order.client_id, _Placed(order.symbol, now_us))
        self._spend(order.symbol, PLACE_COST, now_us)

    def acknowledged(self, client_id: ClientOrderId, txid: ExchangeOrderId) -> None:
        """Learn the exchange's name of an order."""
        placed = self._orders.get(client_id)
        if placed is not None:
            self._remember(txid, placed)

    def amended(self, txid: ExchangeOrderId, symbol: Symbol, now_us: Micros) -> None:
        """Count a change that leaves now; whether it makes an order young again is not known."""
        self._spend(symbol, amend_cost(self._age_us(txid, now_us)), now_us)
        self._remember(txid, _Placed(symbol, now_us))

    def cancelled(
        self, client_id: ClientOrderId, txid: ExchangeOrderId | None, now_us: Micros
    ) -> None:
        """Count a cancel that leaves now; of an order nobody remembers, on every pair."""
        name = txid if txid in self._orders else client_id
        cost = cancel_cost(self._age_us(name, now_us))
        placed = self._orders.get(name)
        for symbol in [placed.symbol] if placed else list(self._budgets):
            self._spend(symbol, cost, now_us)

    def refused(self, symbol: Symbol, now_us: Micros) -> None:
        """Learn that the exchange's counter of a pair is full."""
        self._budgets[symbol] = self._budgets.get(symbol, self._empty).refused(now_us)

    def _refuses(self, symbol: Symbol, cost: int, now_us: Micros, *, urgent: bool) -> str | None:
        budget = self._budgets.get(symbol, self._empty)
        if budget.allows(cost, now_us, urgent=urgent):
            return None
        return (
            f"the order rate budget of {symbol} is used up ({budget.level_at(now_us):.0f} points)"
        )

    def _spend(self, symbol: Symbol, cost: int, now_us: Micros) -> None:
        self._budgets[symbol] = self._budgets.get(symbol, self._empty).spent(cost, now_us)

    def _age_us(self, name: ClientOrderId | ExchangeOrderId, now_us: Micros) -> int:
        placed = self._orders.get(name)
        return now_us - placed.at_us if placed else 0

    def _remember(self, name: ClientOrderId | ExchangeOrderId, placed: _Placed) -> None:
        self._orders.pop(name, None)
        self._orders[name] = placed
        if len(self._orders) > ORDERS_MAX:
            del self._orders[next(iter(self._orders))]
