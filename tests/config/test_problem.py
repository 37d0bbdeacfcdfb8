"""Is a long list of problems still readable?"""

import pytest

from s1mpletrader.config.problem import PROBLEMS_MAX, Problem, refuse
from s1mpletrader.errors import ConfigurationError


def problems(count: int) -> list[Problem]:
    return [Problem("f", number, 1, "wrong") for number in range(1, count + 1)]


def told(found: list[Problem]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        refuse(found)
    assert caught.value.hint
    return str(caught.value).splitlines()


def test_no_problems_refuse_nothing() -> None:
    refuse([])


def test_problems_are_told_in_the_order_of_the_files_and_once() -> None:
    found = [Problem("b", 1, 1, "x"), Problem("a", 2, 1, "y", "do z"), Problem("b", 1, 1, "x")]
    assert told(found) == ["a:2:1: error: y (do z)", "b:1:1: error: x"]


def test_as_many_as_are_listed_are_listed() -> None:
    assert len(told(problems(PROBLEMS_MAX))) == PROBLEMS_MAX


def test_one_more_is_only_counted() -> None:
    lines = told(problems(PROBLEMS_MAX + 1))
    assert len(lines) == PROBLEMS_MAX + 1
    assert lines[-1] == "... and 1 more"
