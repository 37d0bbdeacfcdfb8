"""Do public trades follow each other without a gap?"""

from collections.abc import Iterable

from s1mpletrader.exchange.frame_codec import Trades
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import GapNoticed, MarketTick
from s1mpletrader.model.market import Tick


class MarketJoin:
    """Joins messages by the consecutive trade ids; what came before is left out."""

    def __init__(self) -> None:
        self._last: dict[Symbol, int] = {}

    def joined(self, trades: Trades) -> Iterable[MarketTick | GapNoticed]:
        """Yield what is new. Ticks of a snapshot were missed: they are history.

        A `GapNoticed` comes where trades are missing; `history` of the feed brings them.
        """
        for tick in trades.ticks:
            last = self._last.get(tick.symbol)
            if last is not None and tick.trade_id <= last:
                continue
            if last is not None and tick.trade_id > last + 1:
                missing = f"{tick.symbol} trades {last + 1} to {tick.trade_id - 1}"
                yield GapNoticed("trade_id", missing)
            self._last[tick.symbol] = tick.trade_id
            yield market_tick(tick, history=trades.is_snapshot)


def market_tick(tick: Tick, *, history: bool) -> MarketTick:
    """Return a tick as an input."""
    return MarketTick(
        symbol=tick.symbol,
        price=tick.price,
        qty=tick.qty,
        side=tick.side,
        trade_id=tick.trade_id,
        time_us=tick.time_us,
        history=history,
    )
