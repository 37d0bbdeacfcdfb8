"""What may become an order, and what may leave by the door (SAFETY O2)?"""

from decimal import Decimal as D

import msgspec
import pytest

from s1mpletrader.core.books import Books
from s1mpletrader.core.effects import Effects, Submit
from s1mpletrader.core.execution import refuse_at_door, refuse_plan
from s1mpletrader.core.rules import Rules
from s1mpletrader.model import records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import (
    UNALLOCATED,
    ClientOrderId,
    LinkId,
    OpportunityId,
    Symbol,
    TradeId,
)
from s1mpletrader.model.inputs import MarketTick, Stamp
from s1mpletrader.model.orders import OrderRole, Side
from s1mpletrader.model.signals import RoutedTradePlan
from tests.core.test_books import LINK, PAIR, USD, intent, later, opened

NOW = Micros(1_000 * SECOND)
RULES = Rules()


def funded(*facts: records.Record) -> Books:
    books = opened(
        records.Booked("opening:USD", UNALLOCATED, USD, D(10_000), "opening"),
        records.CapitalDrawn(LINK, USD, D(5_000)),
        *facts,
    )
    tick_at(books, D(100))
    return books


def tick_at(books: Books, price: D) -> None:
    number = books.stamp.number + 1
    tick = MarketTick(PAIR, price, D(1), "buy", number, Micros(number))
    books.absorb_input(Stamp(number, Micros(number), Micros(number)), tick)


PLAN = RoutedTradePlan(TradeId("new"), OpportunityId("o2"), LINK, PAIR, D(2), D(101), D(90))


def refused(books: Books, **changes: object) -> str | None:
    plan = msgspec.structs.replace(PLAN, **changes)
    answer = refuse_plan(books, plan, RULES)
    return None if answer is None else answer[0]


def test_a_plan_within_everything_is_not_refused() -> None:
    assert refused(funded()) is None


def test_a_halt_refuses_a_plan() -> None:
    halt = records.HaltSet("operator", "account", "anna", "lunch", sticky=True)
    assert refused(funded(halt)) == "gate"


def test_an_instrument_that_the_exchange_does_not_list_is_refused() -> None:
    assert refused(funded(), symbol=Symbol("XXX/USD")) == "instrument"


def test_an_order_in_doubt_locks_its_instrument_for_every_link() -> None:
    """SAFETY O6."""
    assert refused(funded(intent()), link=LinkId("another")) == "lock"


def test_a_link_has_one_trade_on_an_instrument() -> None:
    acked = records.Acked(ClientOrderId("entry"), "O1", "answer")  # type: ignore[arg-type]
    assert refused(funded(intent(), acked)) == "one_trade"


def test_what_other_entries_have_reserved_is_not_free() -> None:
    other = intent(reserved="4900", trade=TradeId("elsewhere"))
    acked = records.Acked(ClientOrderId("entry"), "O1", "answer")  # type: ignore[arg-type]
    books = funded(other, acked)
    books.open_trades.clear()
    assert refused(books) == "capital"


def door(
    books: Books,
    *,
    role: OrderRole = OrderRole.ENTRY,
    now: int = NOW,
    lease: int = NOW + 1,
    waiting: int = 0,
    decided: int = NOW,
    deadline: int = NOW + 5 * SECOND,
) -> str | None:
    order = books.orders[ClientOrderId("entry")].intent.order
    order = msgspec.structs.replace(order, deadline_us=Micros(deadline))
    return refuse_at_door(
        books,
        Submit(order, role, LINK, Micros(decided)),
        RULES,
        now_us=Micros(now),
        lease_until_us=Micros(lease),
        waiting_us=Micros(waiting),
    )


def test_a_fresh_intent_passes_the_door() -> None:
    assert door(funded(intent())) is None


def test_the_door_keeps_everything_in_when_fenced() -> None:
    fenced = records.HaltSet("fenced", "account", "engine", "newer", sticky=True)
    assert "fenced" in (door(funded(intent(), fenced), role=OrderRole.STOP) or "")


def test_nothing_leaves_without_a_fresh_lease() -> None:
    """SAFETY F2."""
    assert "lease" in (door(funded(intent()), lease=NOW) or "")


def test_nothing_leaves_that_could_not_arrive_before_its_deadline() -> None:
    """SAFETY O2: deadline - now >= 0.5 s."""
    edge = NOW + RULES.deadline_margin_us
    assert door(funded(intent()), deadline=edge) is None
    assert "deadline" in (door(funded(intent()), deadline=edge - 1) or "")


def test_a_halt_that_came_after_the_decision_still_stops_the_entry() -> None:
    """SAFETY G3."""
    halt = records.HaltSet("operator", "account", "anna", "stop!", sticky=True)
    assert "halted: operator" in (door(funded(intent(), halt)) or "")
    assert door(funded(intent(), halt), role=OrderRole.EXIT) is None


@pytest.mark.parametrize(("decided", "waiting"), [(NOW - 2 * SECOND - 1, 0), (NOW, 2 * SECOND + 1)])
def test_an_entry_on_old_data_stays_in_and_an_exit_leaves(decided: int, waiting: int) -> None:
    books = funded(intent())
    assert "too old" in (door(books, decided=decided, waiting=waiting) or "")
    assert door(books, role=OrderRole.EXIT, decided=decided, waiting=waiting) is None


def test_another_order_in_doubt_on_the_instrument_keeps_an_entry_in() -> None:
    doubtful = intent(ClientOrderId("other"), trade=TradeId("elsewhere"))
    assert "in doubt" in (door(funded(intent(), doubtful)) or "")


def test_a_stop_waits_only_for_the_orders_of_its_own_trade() -> None:
    """SAFETY D3: a holding must not stay bare because another link is in doubt."""
    elsewhere = intent(ClientOrderId("other"), trade=TradeId("elsewhere"))
    stop = intent(ClientOrderId("stop"), side=Side.SELL, role=OrderRole.STOP)
    books = funded(stop, elsewhere)
    order = books.orders[ClientOrderId("stop")].intent.order
    submit = Submit(
        msgspec.structs.replace(order, deadline_us=Micros(NOW + 5 * SECOND)),
        OrderRole.STOP,
        LINK,
        NOW,
    )

    def ask() -> str | None:
        return refuse_at_door(
            books,
            submit,
            RULES,
            now_us=NOW,
            lease_until_us=Micros(NOW + 1),
            waiting_us=Micros(0),
        )

    assert ask() is None
    later(books, intent(ClientOrderId("own")))
    assert "in doubt" in (ask() or "")


def test_alerts_are_found_among_the_records() -> None:
    alert = records.AlertRaised("info", "n", "t")
    assert Effects(records=(records.Stopped("x"), alert)).alerts == (alert,)
