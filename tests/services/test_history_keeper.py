"""Does every trade of the tape reach the workers once, and in order?"""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import MarketTick
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Side
from s1mpletrader.services import history_keeper
from s1mpletrader.services.history_keeper import HistoryKeeper

PAIR = Symbol("BTC/USD")
MOST = 500


def live(trade_id: int) -> MarketTick:
    return MarketTick(PAIR, Decimal(1), Decimal(1), "buy", trade_id, Micros(trade_id))


def past(ids: Sequence[int]) -> list[Tick]:
    return [Tick(PAIR, Decimal(1), Decimal(1), Side.BUY, each, Micros(each)) for each in ids]


def test_trades_that_follow_pass_at_once() -> None:
    keeper = HistoryKeeper(PAIR, live(4), Micros(0))
    assert keeper.admit(live(5))
    assert keeper.admit(live(6))
    assert not keeper.is_filling


def test_a_trade_that_was_seen_does_not_pass_again() -> None:
    keeper = HistoryKeeper(PAIR, live(4), Micros(0))
    assert not keeper.admit(live(4))
    assert not keeper.is_filling


def test_a_gap_makes_later_trades_wait_for_what_is_missing() -> None:
    keeper = HistoryKeeper(PAIR, live(4), Micros(0))
    assert not keeper.admit(live(7))
    assert not keeper.admit(live(8))
    assert keeper.is_filling
    assert keeper.missing_since_us() == 4
    assert [tick.trade_id for tick in keeper.fill(past([3, 4, 5, 6, 7]))] == [5, 6, 7]
    assert [tick.trade_id for tick in keeper.release(MOST)] == [8]
    assert not keeper.is_filling


def test_history_that_does_not_reach_the_live_trades_is_read_again() -> None:
    keeper = HistoryKeeper(PAIR, live(4), Micros(0))
    keeper.admit(live(9))
    keeper.fill(past([5, 6]))
    assert keeper.release(MOST) == []
    assert keeper.is_filling
    keeper.fill(past([6, 7, 8]))
    assert [tick.trade_id for tick in keeper.release(MOST)] == [9]


def test_a_first_start_asks_for_the_warm_up_before_the_first_trade() -> None:
    keeper = HistoryKeeper(PAIR, None, Micros(30))
    keeper.admit(live(100))
    assert keeper.missing_since_us() == 70
    assert keeper.fill([]) == []
    assert [tick.trade_id for tick in keeper.release(MOST)] == [100]


def test_waiting_trades_are_released_in_bounded_pieces_and_none_overtakes() -> None:
    keeper = HistoryKeeper(PAIR, live(1), Micros(0))
    for trade_id in (3, 4, 5):
        keeper.admit(live(trade_id))
    keeper.fill(past([2]))
    assert [tick.trade_id for tick in keeper.release(2)] == [3, 4]
    assert not keeper.admit(live(6))
    assert [tick.trade_id for tick in keeper.release(2)] == [5, 6]
    assert keeper.admit(live(7))


def test_trades_that_find_no_room_to_wait_are_shed_and_read_as_history(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history_keeper, "WAITING_MAX", 2)
    keeper = HistoryKeeper(PAIR, live(1), Micros(0))
    for trade_id in (5, 6):
        assert not keeper.admit(live(trade_id))
    assert not keeper.is_shedding
    assert not keeper.admit(live(7))
    assert keeper.is_shedding
    keeper.fill(past([2, 3, 4]))
    assert [tick.trade_id for tick in keeper.release(MOST)] == [5, 6]
    assert keeper.is_filling, "what was shed is missing"
    assert [tick.trade_id for tick in keeper.fill(past([6, 7]))] == [7]
    assert keeper.release(MOST) == []
    assert not keeper.is_filling
    assert keeper.admit(live(8))


@given(st.integers(1, 30), st.data())
def test_whatever_is_lost_every_trade_passes_once_and_in_order(
    count: int, data: st.DataObject
) -> None:
    keeper = HistoryKeeper(PAIR, live(0), Micros(0))
    passed: list[int] = []
    for trade_id in range(1, count + 1):
        if data.draw(st.booleans()):
            continue  # lost on the wire
        if keeper.admit(live(trade_id)):
            passed.append(trade_id)
        while keeper.is_filling:
            since = keeper.missing_since_us()
            upto = data.draw(st.integers(keeper.last_id, trade_id))
            passed += [tick.trade_id for tick in keeper.fill(past(range(since, upto + 1)))]
            passed += [tick.trade_id for tick in keeper.release(MOST)]
            if upto < trade_id and keeper.is_filling:
                passed += [tick.trade_id for tick in keeper.fill(past(range(since, trade_id + 1)))]
                passed += [tick.trade_id for tick in keeper.release(MOST)]
    assert passed == list(range(1, len(passed) + 1))
