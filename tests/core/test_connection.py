"""Does the connection notice silence, keep its patience, and forgive only for a message?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from s1mpletrader.core.connection import Connection, ConnectionLimits, Phase
from s1mpletrader.errors import IllegalTransition
from s1mpletrader.model.base import SECOND, Micros


def at(seconds: float) -> Micros:
    return Micros(int(seconds * SECOND))


def subscribed(now: float = 0) -> Connection:
    return Connection().dialled(at(now)).opened(at(now)).subscribed(at(now))


def test_a_silent_connection_is_asked_once_then_lost() -> None:
    quiet = subscribed()
    assert quiet.deadline_us == at(5)
    assert not quiet.wants_ping(at(4.999999))
    assert quiet.wants_ping(at(5))
    asked = quiet.asked(at(5))
    assert not asked.wants_ping(at(6))
    assert asked.deadline_us == at(10)
    assert not asked.is_silent(at(9.999999))
    assert asked.is_silent(at(10))


def test_a_message_starts_patience_anew() -> None:
    heard = subscribed().asked(at(5)).heard(at(7))
    assert not heard.is_silent(at(16.9))
    assert heard.wants_ping(at(12))


def test_only_a_message_on_a_connection_that_lasted_forgives_failures() -> None:
    connection = Connection().dialled(at(0)).lost(at(0), 0.0)
    connection = connection.dialled(at(1)).opened(at(1)).subscribed(at(1))
    assert connection.attempts == 1
    assert connection.heard(at(10.999999)).attempts == 1
    assert connection.heard(at(11)).attempts == 0


def dials_of_a_storm(life_s: float) -> list[Micros]:
    """Return when an exchange is dialled that accepts, talks and drops, for an hour."""
    connection, now, dials = Connection(), at(0), list[Micros]()
    while now < at(3_600):
        dials.append(now)
        connection = connection.dialled(now).opened(now).subscribed(now).heard(now)
        now = Micros(now + at(life_s))
        connection = connection.heard(now).lost(now, 0.999)
        now = connection.retry_at_us
    return dials


def most_within(dials: list[Micros], window_us: int) -> int:
    return max(sum(first <= d < first + window_us for d in dials) for first in dials)


STORMS = [0.0, 0.1, 1.0, 9.9]


@pytest.mark.parametrize("life_s", STORMS)
def test_an_exchange_that_accepts_and_drops_is_dialled_less_and_less(life_s: float) -> None:
    dials = dials_of_a_storm(life_s)
    assert most_within(dials, at(600)) < 30
    assert dials[-1] - dials[-2] >= at(30)


@pytest.mark.parametrize("life_s", STORMS)
def test_a_backoff_that_any_message_resets_is_noticed(
    life_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgive(self: Connection, now_us: Micros) -> Connection:
        return replace(self, heard_us=now_us, attempts=0)

    monkeypatch.setattr(Connection, "heard", forgive)
    with pytest.raises(AssertionError):
        test_an_exchange_that_accepts_and_drops_is_dialled_less_and_less(life_s)


def test_two_lines_of_connections_that_last_just_long_enough_stay_below_the_ban() -> None:
    assert 2 * most_within(dials_of_a_storm(10.0), at(600)) <= 150 - 10


def test_a_greeting_before_the_subscription_proves_nothing() -> None:
    greeted = Connection().dialled(at(0)).lost(at(0), 0.0).dialled(at(1)).opened(at(1))
    assert greeted.heard(at(9)).attempts == 1
    assert greeted.heard(at(9)).is_silent(at(11))


def test_a_busy_connection_is_asked_for_the_time_now_and_then() -> None:
    busy = subscribed().heard(at(14.9))
    assert not busy.wants_ping(at(14.9))
    assert busy.wants_ping(at(15))
    assert not busy.asked(at(15)).heard(at(15.1)).wants_ping(at(20))


def test_an_attempt_that_hangs_is_silent_too() -> None:
    dialling = Connection().dialled(at(0))
    assert dialling.deadline_us == at(10)
    assert dialling.is_silent(at(10))
    assert not dialling.wants_ping(at(9))


def test_after_five_failed_attempts_the_connection_gives_up_and_goes_on() -> None:
    connection = Connection()
    gave_up = []
    for _ in range(6):
        connection = connection.dialled(connection.retry_at_us).lost(connection.retry_at_us, 0.0)
        gave_up.append(connection.gives_up)
    assert gave_up == [False] * 4 + [True] * 2
    assert connection.phase is Phase.DOWN
    assert not connection.is_silent(at(10**6))


def test_retries_wait_longer_and_longer() -> None:
    connection, waits, now = Connection(), [], at(0)
    for _ in range(8):
        connection = connection.dialled(now).lost(now, 0.0)
        waits.append((connection.deadline_us - now) / SECOND)
        now = connection.deadline_us
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), min_size=200, max_size=260))
def test_no_window_holds_more_connects_than_allowed(lives: list[tuple[float, float]]) -> None:
    limits = ConnectionLimits(connects_max=20, connects_window_s=60)
    connection, now, dials = Connection(limits=limits), at(0), list[Micros]()
    for life, jitter in lives:
        now = max(now, connection.retry_at_us)
        dials.append(now)
        connection = connection.dialled(now).opened(now).subscribed(now).heard(now)
        now = Micros(now + at(life))
        connection = connection.lost(now, jitter)
    for first, last in zip(dials, dials[20:], strict=False):
        assert last - first >= at(60)


def test_patience_is_asked_before_its_end() -> None:
    connection = subscribed()
    assert not connection.gives_up
    assert connection.heard(at(1)).deadline_us == at(6)
    assert connection.asked(at(5)).deadline_us == at(10)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Connection().opened(at(0)),
        lambda: Connection().heard(at(0)),
        lambda: Connection().lost(at(0), 0.0),
        lambda: subscribed().dialled(at(0)),
        lambda: Connection().dialled(at(0)).subscribed(at(0)),
    ],
)
def test_an_impossible_step_is_a_broken_rule(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(IllegalTransition):
        wrong()
