"""What is left of a trade when the exchange answers late, never, wrongly, or is gone?

After every fault the books are equal, nothing is doubled, every holding has its stop, and no halt
stands that a person would have to lift.
"""

import time

import pytest

from s1mpletrader.core.books import Books
from s1mpletrader.model import records
from s1mpletrader.simulator.faults import FaultSpec
from tests.rig.asking import wait_for
from tests.rig.lockstep import Lockstep
from tests.rig.processes import Rig

GOLDEN, DEATH, GOLDEN_AGAIN = 31, 92, 103
"""Hours whose first trade closes the bar of a cross."""
UNPROTECTED_MAX_S = 6.0
"""D + G and two looks, with the numbers of the rig; a healthy entry is bare for milliseconds."""
ENTRY, STOP, EXIT = 0, 1, 2
"""How many submits pass unharmed before the one that is hit."""


def _upto(market: Lockstep, bar: int) -> None:
    """Play up to a cross, and its trade; what the engine makes of it is under way."""
    market.before_bar(bar)
    market.settle()
    market.open_bar(bar)


def _check_recovered(rig: Rig) -> Books:
    """Wait until the books are equal and entries are allowed again."""
    books = rig.wait_equal()
    status = rig.wait_trading()
    assert status["unprotected_s"] <= UNPROTECTED_MAX_S
    return books


@pytest.mark.slow
@pytest.mark.parametrize("how", ["close", "silent"])
@pytest.mark.parametrize("passed", [ENTRY, STOP, EXIT])
def test_the_answer_to_a_submit_is_lost(
    trading: Rig, market: Lockstep, how: str, passed: int
) -> None:
    spec = FaultSpec("answer_lost", method="add_order", skip=passed, how=how)  # type: ignore[arg-type]
    fault = trading.control.add_fault(spec)
    _upto(market, GOLDEN)
    market.settle()
    _upto(market, DEATH)
    wait_for("the loss", lambda: trading.control.fault(fault.id).hits, 10)
    market.settle()
    books = _check_recovered(trading)
    (trade,) = books.trades.values()
    assert trade.close_cause.startswith("death cross")


@pytest.mark.slow
@pytest.mark.parametrize("passed", [ENTRY, STOP, EXIT])
def test_a_submit_arrives_after_its_deadline(trading: Rig, market: Lockstep, passed: int) -> None:
    """The exchange refuses it then; nobody was told, so two looks have to agree."""
    spec = FaultSpec("delay_in_flight", method="add_order", skip=passed, delay_s=2.5)
    fault = trading.control.add_fault(spec)
    _upto(market, GOLDEN)
    wait_for("the first submit", lambda: trading.control.fault(fault.id).seen, 10)
    market.settle()
    _upto(market, DEATH)
    market.settle()
    assert trading.control.fault(fault.id).hits == 1
    books = _check_recovered(trading)
    (trade,) = books.trades.values()
    assert bool(trade.opened_us) is (passed != ENTRY)
    assert _of(trading, records.NotPlaced) or _of(trading, records.Rejected)


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["ws_public", "ws_private"])
def test_a_silent_connection_is_noticed(trading: Rig, market: Lockstep, channel: str) -> None:
    _upto(market, GOLDEN)
    market.settle()
    spec = FaultSpec("silent_stall", channel=channel)  # type: ignore[arg-type]
    fault = trading.control.add_fault(spec)
    trading.wait_status(lambda found: bool(found["state"] == "halted"))
    trading.control.remove(fault.id)
    trading.wait_trading()
    _upto(market, DEATH)
    market.settle()
    assert not _check_recovered(trading).open_trades


@pytest.mark.slow
def test_lists_that_lag_contradict_nobody(trading: Rig, market: Lockstep) -> None:
    for name in ("OpenOrders", "ClosedOrders", "TradesHistory"):
        trading.control.add_fault(FaultSpec("visibility_lag", list=name, delay_s=0.15))
    spec = FaultSpec("answer_lost", method="add_order", count=3, how="close")
    trading.control.add_fault(spec)
    _upto(market, GOLDEN)
    market.settle()
    _upto(market, DEATH)
    market.settle()
    assert not _check_recovered(trading).open_trades


@pytest.mark.slow
def test_reads_that_fail_are_repeated(trading: Rig, market: Lockstep) -> None:
    spec = FaultSpec("answer_lost", channel="rest", count=5, how="http_502")
    fault = trading.control.add_fault(spec)
    _upto(market, GOLDEN)
    market.settle()
    assert trading.run("reconcile").code in {0, 69}
    assert trading.control.fault(fault.id).hits
    _upto(market, DEATH)
    market.settle()
    assert not _check_recovered(trading).open_trades


@pytest.mark.slow
def test_a_stop_refused_for_funds_is_placed_again(trading: Rig, market: Lockstep) -> None:
    spec = FaultSpec("reject_next", method="add_order", skip=1, error="EOrder:Insufficient funds")
    trading.control.add_fault(spec)
    _upto(market, GOLDEN)
    market.settle()
    assert _of(trading, records.Rejected)
    assert len(_check_recovered(trading).open_trades) == 1


@pytest.mark.slow
@pytest.mark.parametrize("error", ["EOrder:Invalid order", "EOrder:Unknown order"])
def test_a_refused_amend_is_settled_and_tried_again(
    trading: Rig, market: Lockstep, error: str
) -> None:
    trading.control.add_fault(FaultSpec("reject_next", method="amend_order", error=error))
    _upto(market, GOLDEN)
    market.settle()
    assert len(_of(trading, records.AmendWanted)) >= 2
    assert len(_check_recovered(trading).open_trades) == 1


@pytest.mark.slow
def test_an_exchange_that_never_amends_stops_gets_further_ones(second_start: Rig) -> None:
    rig = second_start
    rig.start_exchange("--paused", "--refuse-amending-stops")
    rig.configure(lease_s=36_000)
    rig.start_engine()
    rig.wait_trading()
    market = Lockstep(rig)
    _upto(market, GOLDEN)
    market.settle()
    assert len(_check_recovered(rig).open_trades) == 1
    _upto(market, DEATH)
    market.settle()
    assert not _check_recovered(rig).open_trades


@pytest.mark.slow
@pytest.mark.parametrize("bar", [GOLDEN, DEATH])
def test_the_network_is_cut_while_an_order_is_on_its_way(
    trading: Rig, market: Lockstep, bar: int
) -> None:
    if bar == DEATH:
        _upto(market, GOLDEN)
        market.settle()
    spec = FaultSpec("hold_answers", channel="ws_private", method="add_order")
    fault = trading.control.add_fault(spec)
    _upto(market, bar)
    wait_for("an order on its way", lambda: trading.control.fault(fault.id).holding, 10)
    trading.control.cut(1.5)
    trading.control.remove(fault.id)
    trading.wait_status(lambda found: bool(found["state"] == "halted"))
    books = _check_recovered(trading)
    assert len(books.open_trades) == (1 if bar == GOLDEN else 0)


@pytest.mark.slow
@pytest.mark.parametrize("bar", [GOLDEN, DEATH])
def test_the_exchange_is_killed_while_orders_are_on_their_way(
    trading: Rig, market: Lockstep, bar: int
) -> None:
    if bar == DEATH:
        _upto(market, GOLDEN)
        market.settle()
    _upto(market, bar)
    trading.kill_exchange()
    trading.wait_status(lambda found: bool(found["state"] == "halted"))
    time.sleep(1)  # how long it is gone: some attempts to connect must fail
    trading.start_exchange("--paused")
    _check_recovered(trading)
    after = Lockstep(trading)
    _upto(after, DEATH)
    after.settle()
    _upto(after, GOLDEN_AGAIN)
    after.settle()
    assert len(_check_recovered(trading).open_trades) == 1


def _of(rig: Rig, kind: type[records.Record]) -> list[records.Record]:
    return [each for group in rig.groups() for each in group.records if isinstance(each, kind)]
