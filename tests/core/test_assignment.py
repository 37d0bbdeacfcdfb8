"""Does what a person assigns reach its ledger, and nothing else?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.core.assignment import AMOUNT_LENGTH_MAX, parse, refusal
from s1mpletrader.core.identity import OrderIdentity, client_order_id
from s1mpletrader.errors import UsageError
from s1mpletrader.model import inputs
from s1mpletrader.model.ids import UNALLOCATED, ExchangeOrderId
from tests.core.test_reactions import command, reasons
from tests.core.test_trader import LINK, USD, Stage, submit_in

ORPHAN = ExchangeOrderId("OX")


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def orphaned(stage: Stage) -> None:
    lost = client_order_id(OrderIdentity(7, 4, 0, 1))
    row = inputs.OrderEvent(ORPHAN, lost, "open")
    stage.tell(row)
    stage.trader.books.foreign[ORPHAN] = True


def test_an_orphan_halts_until_it_is_accepted_and_resumed(stage: Stage) -> None:
    """SAFETY D6, G1."""
    orphaned(stage)
    stage.tell(command("resume"))
    assert reasons(stage) == {"orphan"}
    stage.tell(command("assign", "order", ORPHAN))
    assert reasons(stage) == {"orphan"}
    stage.tell(command("resume"))
    assert not reasons(stage)


def test_an_amount_moves_between_a_link_and_unallocated(stage: Stage) -> None:
    """SAFETY D10: nothing is made, nothing is lost."""
    stage.tell(command("assign", "amount", "250", USD, UNALLOCATED, LINK))
    ledgers = stage.trader.books.ledgers
    assert (ledgers[LINK].amount(USD), ledgers[UNALLOCATED].amount(USD)) == (D(10_250), D(9_750))
    stage.tell(command("assign", "amount", "250", USD, LINK, UNALLOCATED))
    assert (ledgers[LINK].amount(USD), ledgers[UNALLOCATED].amount(USD)) == (D(10_000), D(10_000))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("order OY", "OY is no orphan"),
        ("amount 1 USD btc_trend nobody", "nothing was ever booked for nobody"),
        ("amount 1 BTC unallocated btc_trend", "BTC cannot be given to btc_trend"),
        ("amount 10001 USD btc_trend unallocated", "btc_trend has 10000 USD, not 10001"),
        ("amount 10000.01 USD unallocated btc_trend", "unallocated has 10000 USD"),
    ],
)
def test_what_the_books_cannot_follow_is_refused_and_changes_nothing(
    stage: Stage, words: str, reason: str
) -> None:
    books = stage.trader.books
    why = refusal(books, parse(tuple(words.split())))
    assert why is not None
    assert reason in why
    assert not stage.tell(command("assign", *words.split())).records


def test_what_a_buy_has_set_aside_cannot_be_taken_away(stage: Stage) -> None:
    """SAFETY O11: capital in use stays the link's."""
    submit_in(stage.plan())
    reserved = stage.trader.books.reserved(LINK, USD)
    assert reserved > 0
    most = D(10_000) - reserved
    books = stage.trader.books
    assert refusal(books, parse(("amount", str(most), USD, LINK, UNALLOCATED))) is None
    assert refusal(books, parse(("amount", str(most + 1), USD, LINK, UNALLOCATED))) is not None


@pytest.mark.parametrize(
    "amount", ["0", "-1", "NaN", "Infinity", "x", "1" * (AMOUNT_LENGTH_MAX + 1)]
)
def test_only_an_amount_above_zero_is_an_amount(amount: str) -> None:
    with pytest.raises(UsageError, match="not an amount above zero"):
        parse(("amount", amount, USD, LINK, UNALLOCATED))


@pytest.mark.parametrize("words", [(), ("order",), ("amount", "1", "USD"), ("trade", "x", "y")])
def test_what_is_no_assignment_is_refused_with_the_usage(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="not an assignment"):
        parse(words)


def test_a_negative_unallocated_keeps_its_halt_until_it_is_made_up(stage: Stage) -> None:
    """SAFETY D10."""
    stage.trader.books.ledgers[UNALLOCATED].book(USD, D(-10_100))
    stage.look()
    assert "unallocated" in reasons(stage)
    stage.tell(command("resume"))
    assert "unallocated" in reasons(stage)
    stage.tell(command("assign", "amount", "100", USD, LINK, UNALLOCATED))
    stage.tell(command("resume"))
    assert "unallocated" not in reasons(stage)
