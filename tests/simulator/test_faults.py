"""Do faults hit exactly what they were ordered for?"""

import pytest

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Micros
from s1mpletrader.simulator.clock import MarketClock
from s1mpletrader.simulator.faults import FAULTS_MAX, Faults, FaultSpec, Request

ADD_WS = Request("ws_private", "add_order", "main")
ADD_REST = Request("rest", "AddOrder", "main")


def test_a_fault_skips_hits_and_is_spent() -> None:
    faults = Faults()
    fault = faults.add(FaultSpec("answer_lost", method="add_order", skip=1, count=2))
    hits = [faults.take("answer_lost", ADD_WS) is fault for _ in range(5)]
    assert hits == [False, True, True, False, False]
    assert (fault.seen, fault.hits, fault.is_armed) == (3, 2, False)


def test_rest_and_websocket_names_mean_the_same() -> None:
    faults = Faults()
    faults.add(FaultSpec("reject_next", method="AddOrder", error="EService:Busy", count=2))
    hits = [faults.take("reject_next", request) for request in (ADD_WS, ADD_REST, ADD_WS)]
    assert [hit is not None for hit in hits] == [True, True, False]


@pytest.mark.parametrize(
    "spec",
    [
        FaultSpec("answer_lost", channel="rest"),
        FaultSpec("answer_lost", channel="ws_public"),
        FaultSpec("answer_lost", method="cancel_order"),
        FaultSpec("answer_lost", account="other"),
        FaultSpec("hold_answers"),
    ],
)
def test_others_pass_unharmed(spec: FaultSpec) -> None:
    faults = Faults()
    faults.add(spec)
    assert faults.take("answer_lost", ADD_WS) is None


def test_a_channel_may_be_named_roughly() -> None:
    faults = Faults()
    faults.add(FaultSpec("silent_stall", channel="ws"))
    assert faults.stall(ADD_WS) is not None
    assert faults.stall(ADD_REST) is None


def test_a_removed_fault_is_gone_and_lets_go() -> None:
    faults = Faults()
    fault = faults.add(FaultSpec("hold_answers"))
    assert faults.remove(fault.id) is fault
    assert fault.released.is_set()
    assert faults.all() == []
    assert faults.remove(99) is None


@pytest.mark.parametrize(
    "spec",
    [
        FaultSpec("visibility_lag", list="QueryOrders"),
        FaultSpec("delay_in_flight", delay_s=-1),
        FaultSpec("delay_in_flight", delay_s=float("nan")),
        FaultSpec("answer_lost", count=0),
        FaultSpec("answer_lost", skip=-1),
    ],
)
def test_a_fault_that_cannot_be_is_refused(spec: FaultSpec) -> None:
    with pytest.raises(ConfigurationError):
        Faults().add(spec)


def test_there_is_a_limit_to_what_can_go_wrong() -> None:
    faults = Faults()
    for _ in range(FAULTS_MAX):
        faults.add(FaultSpec("answer_lost"))
    with pytest.raises(ConfigurationError):
        faults.add(FaultSpec("answer_lost"))


def test_market_time_runs_at_its_speed_and_stands_still_when_paused() -> None:
    second = 1_000_000
    clock = MarketClock(Micros(0), Micros(0), 3600.0)
    assert clock.now(Micros(second)) == 3600 * second
    assert clock.wait_s(Micros(7200 * second), Micros(second)) == 1.0
    paused = clock.paused(Micros(second))
    assert paused.now(Micros(9 * second)) == 3600 * second
    assert paused.wait_s(Micros(0), Micros(0)) is None
    resumed = paused.resumed(Micros(9 * second)).at_speed(1.0, Micros(10 * second))
    assert resumed.now(Micros(11 * second)) == (3600 + 3600 + 1) * second
    assert resumed.at(Micros(5), Micros(11 * second)).now(Micros(11 * second)) == 5
