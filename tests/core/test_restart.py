"""Should an engine that ended be started again, and when?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core.restart import (
    NEVER_RESTARTED,
    Limits,
    Phase,
    RestartPolicy,
    Verdict,
    Watch,
    is_restarted,
)


def test_delays_double_up_to_a_minute() -> None:
    policy = RestartPolicy(crashes_max=100)
    delays = []
    for now in range(9):
        policy = policy.crashed(float(now))
        delays.append(policy.delay_s)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert RestartPolicy().delay_s == 1


def test_a_very_long_crash_loop_does_not_overflow() -> None:
    policy = RestartPolicy(crashes_max=10_000, crashes_s=tuple(map(float, range(5000))))
    assert policy.delay_s == 60


def test_the_start_limit_is_reached_at_its_edge_and_not_before() -> None:
    policy = RestartPolicy(crashes_max=3, window_for_s=100)
    for now in (0.0, 1.0):
        policy = policy.crashed(now)
        assert not policy.gives_up
    assert policy.crashed(2.0).gives_up


def test_old_crashes_are_forgotten_at_the_windows_edge() -> None:
    policy = RestartPolicy(crashes_max=2, window_for_s=100).crashed(0.0)
    assert policy.crashed(99.9).gives_up
    assert not policy.crashed(100.0).gives_up
    assert policy.crashed(100.0).delay_s == 1


@pytest.mark.parametrize("code", sorted(NEVER_RESTARTED))
def test_what_a_restart_cannot_heal_is_not_restarted(code: int) -> None:
    assert not is_restarted(code, announced=False)
    assert not is_restarted(code, announced=True)


@pytest.mark.parametrize("code", [1, 70, 74, 75, -6, -9, -11])
def test_a_crash_is_restarted(code: int) -> None:
    assert is_restarted(code, announced=False)
    assert is_restarted(code, announced=True)


def test_a_zero_is_a_clean_end_only_if_it_was_announced() -> None:
    assert not is_restarted(0, announced=True)
    assert is_restarted(0, announced=False)


LIMITS = Limits(watchdog_s=30, start_s=90, stop_s=45, abort_s=10)


def ready(at_s: float = 0.0) -> Watch:
    return Watch.started(LIMITS, 0.0).heard({"READY": "1"}, at_s)


def test_an_engine_that_does_not_get_ready_is_aborted_then_killed() -> None:
    watch, verdict = Watch.started(LIMITS, 0.0).expired(89.9)
    assert verdict is Verdict.WAIT
    watch, verdict = watch.expired(90.0)
    assert (verdict, watch.result, watch.phase) == (Verdict.ABORT, "timeout", Phase.ABORTING)
    watch, verdict = watch.expired(99.9)
    assert verdict is Verdict.WAIT
    watch, verdict = watch.expired(100.0)
    assert (verdict, watch.result, watch.phase) == (Verdict.KILL, "timeout", Phase.KILLED)
    assert watch.expired(110.0)[1] is Verdict.KILL


def test_the_watchdog_begins_with_ready_and_only_a_ping_feeds_it() -> None:
    early = Watch.started(LIMITS, 0.0).heard({"WATCHDOG": "1"}, 1.0)
    assert early.until_s == 90
    watch = ready(5.0).heard({"STATUS": "busy"}, 20.0)
    assert watch.expired(34.9)[1] is Verdict.WAIT
    fed = watch.heard({"WATCHDOG": "1"}, 34.9)
    assert fed.expired(64.8)[1] is Verdict.WAIT
    aborted, verdict = fed.expired(65.0)
    assert (verdict, aborted.result) == (Verdict.ABORT, "watchdog")


def test_a_second_ready_does_not_feed_the_watchdog() -> None:
    assert ready(0.0).heard({"READY": "1"}, 29.0).until_s == 30


def test_more_time_is_given_while_starting_and_stopping_only() -> None:
    more = {"EXTEND_TIMEOUT_USEC": "200000000"}
    assert Watch.started(LIMITS, 0.0).heard(more, 1.0).until_s == 201
    assert Watch.started(LIMITS, 0.0).heard({"EXTEND_TIMEOUT_USEC": "1"}, 1.0).until_s == 90
    assert Watch.started(LIMITS, 0.0).heard({"EXTEND_TIMEOUT_USEC": "soon"}, 1.0).until_s == 90
    assert ready().heard(more, 1.0).until_s == 30
    assert ready().stopping(1.0).heard(more, 2.0).until_s == 202


def test_a_stop_that_lasts_too_long_ends_with_a_kill() -> None:
    watch = ready().heard({"STOPPING": "1"}, 10.0)
    assert watch.announced
    watch = watch.stopping(20.0)
    assert watch.until_s == 55, "asking twice gives no more time"
    killed, verdict = watch.expired(55.0)
    assert (verdict, killed.result) == (Verdict.KILL, "timeout")


def test_an_aborted_engine_cannot_talk_itself_out_of_it() -> None:
    aborted, _ = ready().expired(30.0)
    for message in ({"WATCHDOG": "1"}, {"READY": "1"}, {"STOPPING": "1"}):
        assert aborted.heard(message, 31.0) == aborted


KEYS = st.sampled_from(["READY", "WATCHDOG", "STOPPING", "EXTEND_TIMEOUT_USEC", "STATUS"])
SAID = st.dictionaries(KEYS, st.sampled_from(["1", "0", "9" * 400, "9" * 15, "-1", "x", ""]))


@given(st.lists(SAID, max_size=8))
def test_whatever_an_engine_says_the_watch_goes_on_and_its_patience_ends(
    messages: list[dict[str, str]],
) -> None:
    watch = Watch.started(LIMITS, 0.0)
    for now, message in enumerate(messages):
        watch = watch.heard(message, float(now))
    assert watch.expired(watch.until_s)[1] is not Verdict.WAIT
    assert watch.until_s < 2e9
