"""Which part of the truth does each list show at a moment?

Every order draws its own lag for every list, so it can leave one before it shows in the next.
"""

from s1mpletrader.model.base import Micros
from s1mpletrader.model.looks import (
    BalanceRow,
    ClosedRow,
    NotShown,
    OpenRow,
    OrderFound,
    OrderLookup,
)
from s1mpletrader.model.orders import Fill
from tests.fakes.dice import Dice
from tests.fakes.temper import Temper
from tests.fakes.venue import Venue, VenueOrder


class Shown:
    """The lists of REST."""

    def __init__(self, venue: Venue, dice: Dice, temper: Temper) -> None:
        self._venue = venue
        self._dice = dice
        self._temper = temper

    def is_hidden(self, order: VenueOrder, now_us: int) -> bool:
        """Whether the exchange behaves as if the order did not exist, beyond all patience."""
        return now_us < self._venue.shows_from_us(order)

    def open_rows(self) -> tuple[OpenRow, ...]:
        """Return the open list as it is shown now."""
        return tuple(self._open_row(each) for each in self._visible() if self._shows_open(each))

    def closed_rows(self, since_us: int) -> tuple[ClosedRow, ...]:
        """Return the closed list as it is shown now."""
        return tuple(
            self._closed_row(each, each.closed_us)
            for each in self._visible()
            if each.closed_us is not None and each.closed_us >= since_us and self._is_final(each)
        )

    def trades(self, since_us: int) -> tuple[Fill, ...]:
        """Return the trades as they are shown now."""
        return tuple(
            fill
            for order in self._visible()
            for fill in self._fills(order)
            if fill.time_us >= since_us
        )

    def balances(self) -> tuple[BalanceRow, ...]:
        """Return all balances, with what open orders hold."""
        venue = self._venue
        return tuple(
            BalanceRow(asset, total, venue.held(asset)) for asset, total in venue.totals.items()
        )

    def lookup(self, order: VenueOrder | None) -> OrderLookup:
        """Return one order: open while its end is not shown, nothing while trades are missing."""
        now = self._venue.timeline.now_us
        if order is None or self.is_hidden(order, now):
            return NotShown("unknown order")
        fills = self._fills(order)
        closed = order.closed_us if self._is_final(order) else None
        if closed is not None and len(fills) < len(order.fills):
            return NotShown("its trades are not complete")
        executed = sum((fill.qty for fill in fills), order.qty * 0)
        return OrderFound(
            txid=order.txid,
            qty=order.qty,
            vol_exec=executed,
            trigger_price=order.trigger,
            closed_us=None if closed is None else Micros(closed),
            fills=fills,
        )

    def _visible(self) -> list[VenueOrder]:
        now = self._venue.timeline.now_us
        return [each for each in self._venue.orders.values() if not self.is_hidden(each, now)]

    def _lag(self, what: str, order: VenueOrder, bound_us: int) -> int:
        return self._dice.number(f"{what}{order.number}", 0, bound_us)

    def _shows_open(self, order: VenueOrder) -> bool:
        now = self._venue.timeline.now_us
        if now < order.opened_us + self._lag("open", order, self._temper.lag_open_us):
            return False
        leave = self._lag("leave", order, self._temper.lag_leave_us)
        return order.closed_us is None or now < order.closed_us + leave

    def _is_final(self, order: VenueOrder) -> bool:
        lag = self._lag("closed", order, self._temper.lag_closed_us)
        return order.closed_us is not None and self._venue.timeline.now_us >= order.closed_us + lag

    def _fills(self, order: VenueOrder) -> tuple[Fill, ...]:
        lag = self._lag("trades", order, self._temper.lag_trades_us)
        now = self._venue.timeline.now_us
        return tuple(fill for fill in order.fills if now >= fill.time_us + lag)

    def _open_row(self, order: VenueOrder) -> OpenRow:
        return OpenRow(
            txid=order.txid,
            client_id=order.client_id,
            symbol=order.order.symbol,
            side=order.order.side,
            type=order.order.type,
            qty=order.qty,
            vol_exec=order.executed,
            opened_us=Micros(order.opened_us),
            limit_price=order.order.limit_price,
            trigger_price=order.trigger,
        )

    def _closed_row(self, order: VenueOrder, closed_us: int) -> ClosedRow:
        return ClosedRow(
            txid=order.txid,
            client_id=order.client_id,
            symbol=order.order.symbol,
            side=order.order.side,
            type=order.order.type,
            qty=order.qty,
            vol_exec=order.executed,
            opened_us=Micros(order.opened_us),
            closed_us=Micros(closed_us),
            reason=order.reason,
        )
