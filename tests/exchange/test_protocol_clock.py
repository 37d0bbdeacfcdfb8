"""Does the exchange's clock run with the exchange, and never backwards?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.exchange.protocol_clock import CONFIRMATIONS, ProtocolClock
from s1mpletrader.model.base import SECOND, Micros
from tests.exchange.world import HandClock


def us(seconds: float) -> Micros:
    return Micros(int(seconds * SECOND))


def test_before_the_first_observation_it_says_that_it_does_not_know() -> None:
    clock = ProtocolClock(HandClock(wall=us(5)))
    assert not clock.is_synchronised
    assert clock.now_us() == us(5)
    assert clock.error_us > us(3600)


def test_a_symmetric_exchange_of_times_is_exact() -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10.2))
    clock = ProtocolClock(hand)
    clock.observe(us(10.0), us(10.2), us(1000.1), us(1000.1))
    assert clock.is_synchronised
    assert clock.now_us() == us(1000.2)
    assert us(0.1) <= clock.error_us <= us(0.1) + 1


def test_whole_seconds_are_off_by_half_a_second_at_most() -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10))
    clock = ProtocolClock(hand)
    clock.observe_second(us(10), us(10), us(1000))
    assert clock.now_us() == us(1000.5)
    assert clock.error_us >= us(0.5)


def test_a_better_observation_replaces_a_worse_one_and_not_the_other_way() -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10))
    clock = ProtocolClock(hand)
    clock.observe_second(us(10), us(10), us(1000))
    clock.observe(us(9.99), us(10), us(1000.2), us(1000.2))
    fine = clock.error_us
    clock.observe_second(us(10), us(10), us(1000))
    assert clock.error_us == fine


def test_an_exchange_that_steps_its_clock_is_followed() -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10))
    clock = ProtocolClock(hand)
    clock.observe(us(9.99), us(10), us(1000), us(1000))
    for second in range(20, 23):
        assert clock.now_us() < us(2000)
        hand.monotonic = us(second)
        clock.observe(us(second - 1), us(second), us(1980 + second), us(1980 + second))
    assert clock.now_us() >= us(2002)


def test_the_error_grows_with_age() -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10))
    clock = ProtocolClock(hand)
    clock.observe(us(9.99), us(10), us(1000), us(1000))
    young = clock.error_us
    hand.monotonic = us(110)
    assert clock.error_us - young == us(100) // 10_000


def test_impossible_observations_teach_nothing() -> None:
    clock = ProtocolClock(HandClock(wall=us(1000), monotonic=us(10)))
    clock.observe(us(10), us(9), us(1000), us(1000))
    clock.observe(us(9), us(10), us(1000), us(999))
    assert not clock.is_synchronised


YEAR_S = 365 * 86_400


@pytest.mark.parametrize("theirs", [us(1000 + 70 * YEAR_S), us(1), us(1010)])
def test_a_single_absurd_time_is_not_believed(theirs: Micros) -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10))
    clock = ProtocolClock(hand)
    for _ in range(3):
        hand.monotonic += us(1)
        now = Micros(hand.monotonic)
        clock.observe(Micros(now - 1000), now, Micros(us(990) + now), Micros(us(990) + now))
        clock.observe(Micros(now - 1000), now, theirs, theirs)
        assert clock.now_us() == us(990) + now + 500
        assert not clock.believes(theirs)


def test_a_far_future_time_of_departure_alone_teaches_nothing() -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10))
    clock = ProtocolClock(hand)
    clock.observe(us(9.9), us(10), us(1000), us(1000))
    before = clock.now_us()
    clock.observe(us(9.9), us(10), us(1000), us(4_000_000_000))
    assert clock.now_us() == before


def test_a_request_cannot_have_been_there_longer_than_it_was_away() -> None:
    clock = ProtocolClock(HandClock(wall=us(1000), monotonic=us(10)))
    clock.observe(us(9.9), us(10), us(1000), us(1000.102))
    assert not clock.is_synchronised
    clock.observe(us(9.9), us(10), us(1000), us(1000.101))
    assert clock.is_synchronised


def test_absurd_times_that_contradict_each_other_are_never_believed() -> None:
    hand = HandClock(wall=us(1000), monotonic=us(10))
    clock = ProtocolClock(hand)
    clock.observe(us(9.9), us(10), us(1000), us(1000))
    for number in range(1, 20):
        clock.observe_second(us(10), us(10), us(10_000 * number))
    assert clock.now_us() < us(1001)


def test_a_first_time_far_from_the_hosts_clock_needs_confirmation() -> None:
    clock = ProtocolClock(HandClock(wall=us(10 * 86_400), monotonic=us(10)))
    for _ in range(CONFIRMATIONS):
        assert not clock.is_synchronised
        clock.observe_second(us(10), us(10), us(1000))
    assert clock.is_synchronised
    assert clock.believes(us(1000))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5 * SECOND),
            st.integers(0, 2 * SECOND),
            st.integers(-(10**9), 10**9),
            st.booleans(),
        )
    )
)
def test_it_never_runs_backwards(events: list[tuple[int, int, int, bool]]) -> None:
    hand = HandClock(wall=us(5000), monotonic=us(100))
    clock = ProtocolClock(hand)
    clock.observe(us(99), us(100), us(5000), us(5000))
    latest = clock.now_us()
    for pause, travel, shift, whole in events:
        sent = hand.monotonic_us()
        hand.monotonic += travel
        theirs = Micros(us(5000) + hand.monotonic + shift)
        if whole:
            clock.observe_second(sent, hand.monotonic_us(), theirs)
        else:
            clock.observe(sent, hand.monotonic_us(), theirs, theirs)
        hand.monotonic += pause
        now = clock.now_us()
        assert now >= latest
        latest = now
