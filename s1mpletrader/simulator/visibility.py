"""What does a list show by now of what is true?

The lists of the exchange are written by others than its order book, so that each shows things
late by an amount of its own; a fault says by how much.
"""

from decimal import Decimal

from msgspec.structs import replace

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.simulator.account import Account
from s1mpletrader.simulator.faults import Fault, Faults, draw
from s1mpletrader.simulator.values import Order, Status

_NOTHING = Decimal(0)


class Visibility:
    """The lists as one question at `at_us` sees them."""

    def __init__(self, faults: Faults, at_us: Micros) -> None:
        self._faults = faults
        self._at_us = at_us
        self._lags: dict[str, list[Fault]] = {}
        for fault in faults.standing("visibility_lag"):
            self._lags.setdefault(fault.spec.list, []).append(fault)

    def shows(self, name: str, thing: str, since_us: Micros) -> bool:
        """Whether the list `name` shows by now what happened to `thing` at `since_us`."""
        for fault in self._lags.get(name, ()):
            spec = fault.spec
            share = draw(spec.seed, name, thing, since_us) if spec.drawn else 1.0
            if since_us + round(spec.delay_s * share * SECOND) > self._at_us:
                self._faults.touch(fault, (thing, since_us))
                return False
        return True

    def open_orders(self, account: Account) -> list[Order]:
        """Return what OpenOrders shows, oldest first: stale lists show orders as they were."""
        shown = [o for o in account.open.values() if self.shows("OpenOrders", o.txid, o.opened_us)]
        stale = [fault for fault in self._lags.get("OpenOrders", ()) if fault.spec.stale]
        if not stale:
            return shown
        longest_us = round(max(fault.spec.delay_s for fault in stale) * SECOND)
        for txid in reversed(account.closed):
            order = account.orders[txid]
            if order.closed_us is None or order.closed_us + longest_us <= self._at_us:
                break
            if self.shows("OpenOrders", txid, order.opened_us) and not self.shows(
                "OpenOrders", f"{txid} closed", order.closed_us
            ):
                shown.append(order)
        return sorted((self._as_it_was(o, account) for o in shown), key=lambda o: o.number)

    def balance(self, account: Account, asset: Asset) -> Decimal:
        """Return what the balance lists show of an asset."""
        if "Balances" not in self._lags:
            return account.balances.get(asset, _NOTHING)
        shown = (
            entry.balance
            for entry in reversed(account.ledger)
            if entry.asset == asset and self.shows("Balances", entry.ref_id, entry.time_us)
        )
        return next(shown, _NOTHING)

    def _as_it_was(self, order: Order, account: Account) -> Order:
        trades = [
            trade
            for trade in (account.trades[exec_id] for exec_id in order.trades)
            if self.shows("OpenOrders", trade.exec_id, trade.time_us)
        ]
        return replace(
            order,
            status=Status.OPEN,
            closed_us=None,
            reason="",
            executed=sum((trade.qty for trade in trades), _NOTHING),
            cost=sum((trade.cost for trade in trades), _NOTHING),
            fee=sum((trade.fee for trade in trades), _NOTHING),
            trades=tuple(trade.exec_id for trade in trades),
        )
