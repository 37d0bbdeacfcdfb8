"""Are gaps in public trades noticed, and repetitions left out?"""

from decimal import Decimal

from s1mpletrader.exchange.frame_codec import Trades
from s1mpletrader.exchange.market_join import MarketJoin
from s1mpletrader.model.base import Micros
from s1mpletrader.model.inputs import GapNoticed, MarketTick
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Side
from tests.exchange.world import BTC_USD


def trades(*ids: int, is_snapshot: bool = False) -> Trades:
    ticks = (Tick(BTC_USD, Decimal(1), Decimal(1), Side.BUY, each, Micros(each)) for each in ids)
    return Trades(tuple(ticks), is_snapshot)


def told(join: MarketJoin, message: Trades) -> list[int | str]:
    return [
        item.trade_id if isinstance(item, MarketTick) else item.detail
        for item in join.joined(message)
    ]


def test_what_was_seen_is_left_out() -> None:
    join = MarketJoin()
    assert told(join, trades(1, 2)) == [1, 2]
    assert told(join, trades(1, 2, 3)) == [3]
    assert told(join, trades(3)) == []


def test_a_gap_is_told_before_the_trade_behind_it() -> None:
    join = MarketJoin()
    told(join, trades(1))
    assert told(join, trades(5)) == ["BTC/USD trades 2 to 4", 5]
    assert told(join, trades(6)) == [6]


def test_a_snapshot_that_joins_fills_the_hole_as_history() -> None:
    join = MarketJoin()
    told(join, trades(1))
    items = list(join.joined(trades(1, 2, 3, is_snapshot=True)))
    assert not any(isinstance(item, GapNoticed) for item in items)
    assert all(isinstance(item, MarketTick) and item.history for item in items)


def test_the_first_message_has_no_gap() -> None:
    assert told(MarketJoin(), trades(1_000_000)) == [1_000_000]
