"""Is a dead subscription found within the patience, and a quiet one left in peace?"""

from s1mpletrader.exchange import subscription_watch
from s1mpletrader.exchange.subscription_watch import ReportWatch, TradeWatch
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ExchangeOrderId, Symbol
from tests.exchange.world import BTC_USD

SOL_USD = Symbol("SOL/USD")
TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")


def at(seconds: float) -> Micros:
    return Micros(int(seconds * SECOND))


def watch(*symbols: Symbol) -> TradeWatch:
    found = TradeWatch(10.0)
    found.begin(symbols or (BTC_USD,), at(0))
    return found


def test_whoever_spoke_lately_is_not_asked_about() -> None:
    found = watch()
    found.heard(BTC_USD, 1, at(3))
    assert found.next_question(at(7.999)) is None
    assert found.next_question(at(8)) == BTC_USD
    assert found.next_question(at(8)) is None


def test_the_quietest_is_asked_about_first() -> None:
    found = watch(BTC_USD, SOL_USD)
    found.heard(BTC_USD, 1, at(1))
    assert [found.next_question(at(9)) for _ in range(3)] == [SOL_USD, BTC_USD, None]


def test_a_trade_that_is_shown_and_not_sent_is_found_within_ten_seconds() -> None:
    """Ask every second; the answer takes one; a heartbeat a second."""
    for happened in range(100, 200):
        found = watch()
        found.heard(BTC_USD, 7, at(0))
        for second in range(1_000):
            now = second / 10
            if second % 10 == 0 and found.next_question(at(now)):
                shown = 8 if now >= happened / 10 else 7
                found.shown(BTC_USD, shown, at(now + 0.3))
            if second % 10 == 5 and found.complaint(at(now)):
                break
        assert now - happened / 10 < 10


def test_a_trade_that_comes_after_all_settles_the_doubt() -> None:
    found = watch()
    found.heard(BTC_USD, 7, at(0))
    found.shown(BTC_USD, 9, at(6))
    found.heard(BTC_USD, 8, at(7))
    assert found.complaint(at(8.4)) is None
    found.heard(BTC_USD, 9, at(8.4))
    assert found.complaint(at(100)) is None


def test_a_doubt_is_not_renewed_by_asking_again() -> None:
    found = watch()
    found.heard(BTC_USD, 7, at(0))
    found.shown(BTC_USD, 8, at(6))
    found.shown(BTC_USD, 9, at(8))
    complaint = found.complaint(at(8.5))
    assert complaint is not None
    assert "trade 8" in complaint


def test_the_first_trade_shown_may_be_older_than_the_subscription() -> None:
    found = watch()
    found.shown(BTC_USD, 7, at(6))
    assert found.complaint(at(100)) is None
    found.shown(BTC_USD, 8, at(12))
    assert found.complaint(at(14.5)) is not None


def test_a_new_connection_forgets_doubts_and_not_trades() -> None:
    found = watch()
    found.heard(BTC_USD, 7, at(0))
    found.shown(BTC_USD, 8, at(6))
    found.begin((BTC_USD,), at(7))
    assert found.complaint(at(100)) is None
    found.shown(BTC_USD, 7, at(100))
    assert found.complaint(at(200)) is None


def test_what_nobody_subscribed_to_is_not_doubted() -> None:
    found = watch()
    found.shown(SOL_USD, 1, at(0))
    assert found.complaint(at(100)) is None


def test_an_accepted_order_must_be_reported_in_half_the_patience() -> None:
    found = ReportWatch(10.0)
    found.accepted(TXID, at(0))
    assert found.complaint(at(4.999)) is None
    complaint = found.complaint(at(5))
    assert complaint is not None
    assert TXID in complaint
    found.reported(TXID)
    assert found.complaint(at(100)) is None
    found.accepted(TXID, at(100))
    found.begin()
    assert found.complaint(at(200)) is None


def test_no_more_orders_are_watched_than_allowed() -> None:
    found = ReportWatch(10.0)
    for number in range(subscription_watch.REPORTS_MAX + 5):
        found.accepted(ExchangeOrderId(str(number)), at(0))
    assert len(found._waiting) == subscription_watch.REPORTS_MAX
