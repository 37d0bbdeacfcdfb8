"""Is everything told that would make trading this account a bad idea?"""

import time
from decimal import Decimal
from typing import Any

import pytest

from s1mpletrader.cli.online_check import exit_code
from s1mpletrader.core.identity import OrderIdentity, client_order_id, tag_of
from s1mpletrader.errors import ExchangeUnavailable, Fenced
from s1mpletrader.exchange.account_inspector import AccountInspector
from s1mpletrader.exchange.credentials import Credentials
from s1mpletrader.exchange.inspection_codec import KeyInfo
from s1mpletrader.exchange.kraken import open_inspector
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.services.account_check import (
    AccountCheck,
    Finding,
    Trade,
    Verdict,
    missing_permissions,
    smallest,
)
from tests.exchange.fake_kraken import (
    KEY,
    PERMISSIONS,
    SECRET,
    Answer,
    FakeKraken,
    failing,
    order_row,
    page,
)
from tests.exchange.test_rest_codec import names
from tests.exchange.world import BTC_USD, EPOCH, RealClock, play, settings

USD = Asset("USD")
TAG = tag_of("paper", "trading")
OURS = client_order_id(OrderIdentity(TAG, EPOCH, 1, 1))


def trading(**over: Any) -> FakeKraken:
    """Return an exchange where BTC/USD was traded at 30000.1."""
    return FakeKraken(public_trades=[["30000.1", "0.1", 1_700_000_000, "b", "m", "", 7]], **over)


def check(
    fake: FakeKraken, *, host_s: float = 0.0, capital: str = "1000", symbol: Symbol = BTC_USD
) -> tuple[Finding, ...]:
    async def scene() -> tuple[Finding, ...]:
        async with (
            fake.serve(),
            open_inspector(
                settings(fake),
                Credentials.from_text(KEY, SECRET),
                clock=RealClock(),
                dice=lambda: 0.5,
            ) as inspector,
        ):
            asked = AccountCheck(
                inspector,
                [Trade(symbol, USD, Decimal(capital))],
                tag=TAG,
                host_us=lambda: Micros(time.time_ns() // 1_000 + round(host_s * SECOND)),
            )
            return await asked.run(draw)

    return play(scene)


async def draw(public_us: Micros) -> int:
    return public_us // SECOND


def told(findings: tuple[Finding, ...], name: str) -> list[tuple[Verdict, str]]:
    return [(each.verdict, each.text) for each in findings if each.name == name]


def verdicts(findings: tuple[Finding, ...]) -> set[Verdict]:
    return {each.verdict for each in findings}


def test_an_account_that_is_ready_is_told_so_with_its_figures() -> None:
    fake = trading(open={"OURS": order_row(cl_ord_id=OURS)})
    findings = check(fake)
    assert verdicts(findings) == {Verdict.OK}
    assert exit_code(findings) == 0
    assert told(findings, "key") == [(Verdict.OK, "the key may trade and may not withdraw")]
    assert told(findings, "orders") == [(Verdict.OK, "1 open orders, none of others")]
    assert [text for _, text in told(findings, "BTC/USD")] == [
        "fees: 0.3500 % taker, 0.2000 % maker",
        "the smallest order is 0.00005 BTC, 1.50 USD",
        "an order was validated and not placed",
    ]


def test_the_order_is_only_validated_far_below_the_market_and_could_not_rest() -> None:
    fake = trading()
    check(fake)
    ((_, order),) = [each for each in fake.calls if each[0] == "AddOrder"]
    assert order["validate"] == "true"
    assert order["timeinforce"] == "IOC"
    assert (order["price"], order["volume"]) == ("15000.0", "0.00005")
    assert "deadline" in order


def test_a_key_that_may_withdraw_is_refused() -> None:
    fake = trading()
    fake.answers["GetApiKeyInfo"] = {"permissions": [*PERMISSIONS, "Withdraw-Funds"]}
    findings = check(fake)
    assert told(findings, "key") == [(Verdict.ERROR, "the key may withdraw")]
    assert exit_code(findings) == 1


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("query-funds", "Query Funds"),
        ("query-open-trades", "Query Open Orders & Trades"),
        ("query-closed-trades", "Query Closed Orders & Trades"),
        ("query-ledger", "Query Ledger Entries"),
        ("modify-trades", "Create & Modify Orders"),
        ("close-trades", "Cancel & Close Orders"),
        ("create-ws-token", "Access WebSockets API"),
    ],
)
def test_a_missing_permission_is_named(missing: str, named: str) -> None:
    kept = tuple(each for each in PERMISSIONS if each != missing)
    assert missing_permissions(KeyInfo(tuple(PERMISSIONS))) == ()
    assert missing_permissions(KeyInfo(kept)) == (named,)
    fake = trading()
    fake.answers["GetApiKeyInfo"] = {"permissions": list(kept)}
    findings = check(fake)
    assert told(findings, "key") == [(Verdict.ERROR, f"the key lacks the permission {named}")]


@pytest.mark.parametrize("answer", [{"permissions": []}, {"rights": ["trade"]}, {}])
def test_a_key_whose_rights_cannot_be_read_is_not_called_harmless(answer: Any) -> None:
    fake = trading()
    fake.answers["GetApiKeyInfo"] = answer
    findings = check(fake)
    ((verdict, text),) = told(findings, "key")
    assert verdict is Verdict.UNTOLD
    assert "cannot be read" in text
    assert exit_code(findings) == 1


def test_a_key_that_the_exchange_does_not_know_is_an_error_everywhere() -> None:
    refused: Answer = failing("EAPI:Invalid key")
    calls = ("GetApiKeyInfo", "BalanceEx", "ClosedOrders", "Ledgers", "GetWebSocketsToken")
    fake = trading(faults={call: [refused] for call in (*calls, "OpenOrders", "AddOrder")})
    findings = check(fake)
    assert told(findings, "key")[0][0] is Verdict.ERROR
    assert len(told(findings, "reads")) == 4
    assert told(findings, "orders")[0][0] is Verdict.ERROR


@pytest.mark.parametrize(
    ("host_s", "verdict"),
    [
        (0.0, Verdict.OK),
        (1.0, Verdict.OK),
        (3.5, Verdict.WARNING),
        (-3.5, Verdict.WARNING),
        (30.0, Verdict.ERROR),
        (-3_600.0, Verdict.ERROR),
    ],
)
def test_a_clock_that_is_off_is_told_both_ways(host_s: float, verdict: Verdict) -> None:
    ((found, text),) = told(check(trading(), host_s=host_s), "clock")
    assert found is verdict
    if abs(host_s) > 1:
        assert ("ahead of" if host_s > 0 else "behind") in text


def test_open_orders_of_others_are_named_one_by_one() -> None:
    other = client_order_id(OrderIdentity(TAG + 1, EPOCH, 1, 1))
    fake = trading(
        open={
            "OURS": order_row(cl_ord_id=OURS),
            "OTHERS": order_row(cl_ord_id=other),
            "BY HAND": order_row(),
        }
    )
    findings = check(fake)
    assert [text.partition(" is not")[0] for _, text in told(findings, "orders")] == [
        "OTHERS",
        "BY HAND",
    ]
    assert verdicts(findings) == {Verdict.OK, Verdict.WARNING}
    assert exit_code(findings) == 5


def test_a_capital_below_the_smallest_order_is_an_error() -> None:
    findings = check(trading(), capital="1.49")
    assert (Verdict.ERROR, "the smallest order is 0.00005 BTC, 1.50 USD: above the capital") in (
        told(findings, "BTC/USD")
    )


def test_the_smallest_order_meets_both_minimums() -> None:
    instrument = names().pairs["XXBTZUSD"]
    assert smallest(instrument, Decimal(30_000)) == Decimal("0.00005")
    assert smallest(instrument, Decimal(3_000)) == Decimal("0.00016667")
    assert smallest(instrument, Decimal(3_000)) * 3_000 >= instrument.cost_min


def test_a_refused_order_says_why() -> None:
    fake = trading(faults={"AddOrder": [failing("EOrder:Insufficient funds")]})
    text = "a validated order was refused: EOrder:Insufficient funds"
    assert (Verdict.ERROR, text) in told(check(fake), "BTC/USD")


def test_what_cannot_be_asked_is_said() -> None:
    fake = trading(faults={"TradeVolume": [page(502)] * 3, "OpenOrders": [page(502)] * 3})
    fake.public_trades = []
    findings = check(fake)
    assert told(findings, "orders")[0][0] is Verdict.UNTOLD
    assert [verdict for verdict, _ in told(findings, "BTC/USD")] == [Verdict.UNTOLD] * 2
    assert exit_code(findings) == 1


def test_fees_that_are_not_stated_are_not_guessed() -> None:
    fake = trading()
    fake.answers["TradeVolume"] = {"fees": {}}
    assert told(check(fake), "BTC/USD")[0][0] is Verdict.UNTOLD


def test_a_pair_that_is_not_listed_is_an_error() -> None:
    findings = check(trading(), symbol=Symbol("DOGE/USD"))
    assert told(findings, "DOGE/USD") == [(Verdict.ERROR, "the exchange does not list DOGE/USD")]


def test_an_exchange_in_maintenance_is_told() -> None:
    async def maintain(_: dict[str, str]) -> Any:
        body = '{"error":[],"result":{"status":"maintenance"}}'
        return await page(200, body)({})

    findings = check(trading(faults={"SystemStatus": [maintain]}))
    assert told(findings, "exchange") == [(Verdict.WARNING, "the exchange says maintenance")]
    assert exit_code(findings) == 0


def test_another_speaker_of_the_key_ends_the_check() -> None:
    with pytest.raises(Fenced):
        check(trading(nonces=[2**63]))


def test_another_speaker_that_begins_meanwhile_ends_the_check() -> None:
    fake = trading(faults={"BalanceEx": [failing("EAPI:Invalid nonce")]})
    with pytest.raises(Fenced):
        check(fake)


def test_an_exchange_that_does_not_answer_ends_the_check() -> None:
    with pytest.raises(ExchangeUnavailable):
        check(trading(faults={"Time": [page(502)] * 3}))


def test_the_inspector_can_be_asked_for_nothing_but_reads() -> None:
    verbs = {name for name in vars(AccountInspector) if not name.startswith("_")}
    assert not verbs & {"submit", "amend", "cancel", "place"}
