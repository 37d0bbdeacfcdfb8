"""Are ids the same in every replay, and ours known as ours?"""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.core.identity import (
    COUNTER_BITS,
    IdSource,
    OrderIdentity,
    client_order_id,
    identify,
    tag_of,
)
from s1mpletrader.model.base import Micros
from s1mpletrader.model.inputs import Stamp

makers = st.builds(
    OrderIdentity,
    tag=st.integers(0, 2**32 - 1),
    epoch=st.integers(0, 2**32 - 1),
    start_bits=st.integers(0, 2**16 - 1),
    rest=st.integers(0, 2**42 - 1),
)


def stamp(number: int) -> Stamp:
    return Stamp(number, Micros(0), Micros(1_700_000_000_000_000))


@given(makers)
def test_a_client_order_id_tells_who_made_it(maker: OrderIdentity) -> None:
    """SAFETY O9: tag, epoch and random bits survive in the exchange's hands."""
    text = client_order_id(maker)
    assert identify(text) == maker
    assert uuid.UUID(text).version == 4
    assert str(uuid.UUID(text)) == text


@pytest.mark.parametrize("text", [None, "", "my order", "0" * 32, str(uuid.UUID(int=0))])
def test_what_is_no_version_4_uuid_is_nobodys_of_us(text: str | None) -> None:
    assert identify(text) is None


@pytest.mark.parametrize(
    "maker",
    [OrderIdentity(2**32, 0, 0), OrderIdentity(0, 2**32, 0), OrderIdentity(0, 0, 2**16)],
)
def test_a_part_that_does_not_fit_is_refused_and_never_cut(maker: OrderIdentity) -> None:
    with pytest.raises((ValueError, OverflowError)):
        client_order_id(maker)


def test_operations_and_accounts_have_tags_of_their_own() -> None:
    tags = {tag_of(account, name) for account in ("a", "b") for name in ("x", "y", "")}
    assert len(tags) == 6
    assert tag_of("ab", "c") != tag_of("a", "bc")


def test_the_same_input_of_the_same_run_makes_the_same_ids() -> None:
    maker = OrderIdentity(1, 2, 3)
    first, again = IdSource(7, stamp(5), maker), IdSource(7, stamp(5), maker)
    assert [first.new(), first.new_order()] == [again.new(), again.new_order()]


@given(st.integers(1, 2**33), st.integers(1, 2**33))
def test_two_inputs_never_share_an_order_id(one: int, other: int) -> None:
    maker = OrderIdentity(1, 2, 3)
    ids = {IdSource(7, stamp(number), maker).new_order() for number in (one, other)}
    assert len(ids) == len({one, other})


def test_ids_are_uuids_of_version_7_with_the_time_of_the_input() -> None:
    text = IdSource(7, stamp(5), OrderIdentity(1, 2, 3)).new()
    assert uuid.UUID(text).version == 7
    assert uuid.UUID(text).int >> 80 == 1_700_000_000_000


def test_an_input_has_only_so_many_order_ids() -> None:
    ids = IdSource(7, stamp(5), OrderIdentity(1, 2, 3))
    for _ in range((1 << COUNTER_BITS) - 1):
        ids.new_order()
    with pytest.raises(ValueError, match="asked for more than 256 ids"):
        ids.new_order()
