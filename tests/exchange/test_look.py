"""Is a look complete, or does it say that it is not (SAFETY D1)?"""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from s1mpletrader.errors import ExchangeProtocolError, ExchangeUnavailable, Fenced
from s1mpletrader.exchange import account_reader, kraken_connector
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ExchangeOrderId, Symbol
from s1mpletrader.model.looks import (
    Complete,
    Look,
    NotShown,
    OrderFound,
    Partial,
    Unavailable,
)
from tests.exchange.fake_kraken import FakeKraken, failing, order_row, page, trade_row
from tests.exchange.world import BTC_USD, CLIENT_ID, World, play, world

TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")
SINCE = Micros(0)


def ledger_row(kind: str, at: float) -> dict[str, Any]:
    return {"time": at, "type": kind, "asset": "ZUSD", "amount": "5.0000", "fee": "0.0000"}


def full(rows: int) -> FakeKraken:
    fake = FakeKraken()
    fake.open = {"OPEN": order_row()}
    fake.closed = {f"O{i}": order_row(status="closed", closetm=float(i)) for i in range(rows)}
    fake.trades = {f"T{i}": trade_row(f"O{i}", time=float(i)) for i in range(rows)}
    fake.ledger = {f"L{i}": ledger_row("trade", float(i)) for i in range(rows)}
    return fake


async def look_at(
    fake: FakeKraken, before: Callable[[World], Awaitable[None]] | None = None
) -> Look:
    async with world(fake) as here:
        await here.subscribed()
        if before:
            await before(here)
        return await here.kraken.connector.look(SINCE, balances=True)


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 120])
def test_all_pages_are_read(rows: int) -> None:
    look = play(lambda: look_at(full(rows)))
    assert isinstance(look, Complete)
    assert {row.txid for row in look.closed} == {f"O{i}" for i in range(rows)}
    assert {fill.exec_id for fill in look.trades} == {f"T{i}" for i in range(rows)}
    assert len(look.open) == 1
    assert (look.connection, look.since_us) == (1, SINCE)
    assert look.began_us <= look.ended_us


def test_the_lists_are_read_in_the_order_that_proves_something() -> None:
    fake = full(60)
    play(lambda: look_at(fake))
    order = [name for name, _ in fake.calls if name != "GetWebSocketsToken"]
    assert order == [
        "Assets",
        "AssetPairs",
        "Ledgers",
        "OpenOrders",
        "ClosedOrders",
        "ClosedOrders",
        "TradesHistory",
        "TradesHistory",
        "BalanceEx",
        "Ledgers",
        "Ledgers",
    ]
    closed = next(params for name, params in fake.calls if name == "ClosedOrders")
    assert (closed["closetime"], closed["ofs"]) == ("close", "0")


def test_rows_added_while_paging_are_met_twice_and_counted_once() -> None:
    fake = full(60)

    async def add_one(_: dict[str, str]) -> web.StreamResponse:
        answer = fake._read("ClosedOrders", {"ofs": "0"})
        fake.closed["ONEW"] = order_row(status="closed", closetm=99.0)
        return web.json_response({"error": [], "result": answer})

    fake.faults["ClosedOrders"] = [add_one]
    look = play(lambda: look_at(fake))
    assert isinstance(look, Complete)
    assert {f"O{i}" for i in range(60)} <= {row.txid for row in look.closed}


@pytest.mark.parametrize("call", ["OpenOrders", "ClosedOrders", "TradesHistory", "BalanceEx"])
@pytest.mark.parametrize(
    "answers",
    [
        [page(502)] * 3,
        [failing("EService:Unavailable")],
        [failing("EGeneral:Permission denied")],
        [page(200, '{"error":[],"result":[]}')],
    ],
)
def test_a_list_that_cannot_be_read_voids_the_look(call: str, answers: list[Any]) -> None:
    fake = full(3)
    fake.faults[call] = list(answers)
    assert isinstance(play(lambda: look_at(fake)), Partial)


def test_the_second_page_counts_as_much_as_the_first() -> None:
    fake = full(60)

    async def second_fails(_: dict[str, str]) -> web.StreamResponse:
        fake.faults["ClosedOrders"] = [page(502)] * 3
        result = fake._read("ClosedOrders", {"ofs": "0"})
        return web.json_response({"error": [], "result": result})

    fake.faults["ClosedOrders"] = [second_fails]
    assert isinstance(play(lambda: look_at(fake)), Partial)


def test_a_list_shorter_than_it_says_voids_the_look() -> None:
    fake = full(3)

    async def short(_: dict[str, str]) -> web.StreamResponse:
        result = fake._read("TradesHistory", {"ofs": "0"}) | {"count": 4}
        fake.faults["TradesHistory"] = [nothing]
        return web.json_response({"error": [], "result": result})

    async def nothing(_: dict[str, str]) -> web.StreamResponse:
        return web.json_response({"error": [], "result": {"trades": {}, "count": 4}})

    fake.faults["TradesHistory"] = [short]
    look = play(lambda: look_at(fake))
    assert isinstance(look, Partial)
    assert "3 of 4" in look.why


def test_an_exchange_that_ignores_the_offset_is_not_paged_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(account_reader, "PAGES_MAX", 5)
    fake = full(1)

    async def same(_: dict[str, str]) -> web.StreamResponse:
        result = fake._read("ClosedOrders", {"ofs": "0"}) | {"count": 10**6}
        return web.json_response({"error": [], "result": result})

    fake.faults["ClosedOrders"] = [same] * 9
    look = play(lambda: look_at(fake))
    assert isinstance(look, Partial)
    assert "more than 5 pages" in look.why


def test_a_connection_lost_meanwhile_voids_the_look() -> None:
    fake = full(3)

    async def lose(params: dict[str, str]) -> web.StreamResponse:
        await fake.drop("private")
        await asyncio.sleep(0.1)
        return web.json_response({"error": [], "result": fake._read("TradesHistory", params)})

    fake.faults["TradesHistory"] = [lose]
    assert isinstance(play(lambda: look_at(fake)), Partial)


def test_without_a_connection_the_exchange_cannot_be_asked() -> None:
    async def scene() -> Look:
        async with world(FakeKraken(), connect=False) as here:
            return await here.kraken.connector.look(SINCE, balances=False)

    assert isinstance(play(scene), Unavailable)


def test_an_exchange_that_answers_nothing_is_unavailable() -> None:
    fake = full(3)
    fake.faults["Ledgers"] = [page(502)] * 3
    assert isinstance(play(lambda: look_at(fake)), Unavailable)


def test_a_look_that_learns_of_a_newer_instance_is_fenced() -> None:
    fake = full(3)
    fake.faults["TradesHistory"] = [failing("EAPI:Invalid nonce")]
    with pytest.raises(Fenced):
        play(lambda: look_at(fake))


def test_balances_are_stable_only_if_nothing_was_booked_meanwhile() -> None:
    fake = full(3)

    async def book(params: dict[str, str]) -> web.StreamResponse:
        # a second entry of the same moment, with a smaller id than the newest
        fake.ledger["A"] = ledger_row("trade", 2.0)
        return web.json_response({"error": [], "result": fake._read("BalanceEx", params)})

    fake.faults["BalanceEx"] = [book]
    look = play(lambda: look_at(fake))
    assert isinstance(look, Complete)
    assert look.balances is not None
    assert not look.balances.is_stable


def test_ledger_entries_other_than_trades_come_oldest_first() -> None:
    fake = full(60)
    fake.ledger["LB"] = ledger_row("withdrawal", 500.0)
    fake.ledger["LA"] = ledger_row("deposit", 400.0)
    look = play(lambda: look_at(fake))
    assert isinstance(look, Complete)
    assert look.balances is not None
    assert look.balances.is_stable
    assert [row.kind for row in look.balances.ledgers] == ["deposit", "withdrawal"]


def test_balances_alone_never_claim_to_be_stable() -> None:
    async def scene() -> None:
        fake = FakeKraken(balances={"XXBT": {"balance": "0.5", "hold_trade": "0.2"}})
        async with world(fake, connect=False) as here:
            read = await here.kraken.connector.balances()
            assert not read.is_stable
            assert read.free(read.rows[0].asset) == Decimal("0.3")

    play(scene)


def test_ledgers_alone() -> None:
    async def scene() -> None:
        fake = full(0)
        fake.ledger["LA"] = ledger_row("deposit", 400.0)
        async with world(fake, connect=False) as here:
            (row,) = await here.kraken.connector.ledgers(Micros(0))
            assert row.kind == "deposit"
            assert await here.kraken.connector.ledgers(Micros(401 * SECOND)) == ()

    play(scene)


def test_an_open_order_is_found_by_its_client_id_and_no_other_is() -> None:
    async def scene() -> None:
        fake = FakeKraken(open={TXID: order_row(cl_ord_id=CLIENT_ID), "OTHER": order_row()})
        async with world(fake, connect=False) as here:
            found = await here.kraken.connector.find(CLIENT_ID)
            assert found is not None
            assert found.txid == TXID
            fake.open = {"OTHER": order_row(cl_ord_id="another")}
            assert await here.kraken.connector.find(CLIENT_ID) is None

    play(scene)


def test_an_order_is_shown_with_all_its_executions() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        ids = [f"T{i}" for i in range(45)]
        fake.trades = {each: trade_row(TXID, vol="0.001") for each in ids}
        fake.closed = {
            TXID: order_row(status="canceled", vol_exec="0.045", closetm=7.0, trades=ids)
        }
        async with world(fake, connect=False) as here:
            shown = await here.kraken.connector.order_state(TXID)
            assert isinstance(shown, OrderFound)
            assert (shown.vol_exec, shown.closed_us) == (Decimal("0.045"), 7 * SECOND)
            assert len(shown.fills) == 45

    play(scene)


@pytest.mark.parametrize(
    ("row", "trades"),
    [
        (None, {}),
        (order_row(vol_exec="0.02", trades=["T1"]), {"T1": trade_row(TXID)}),
        (order_row(vol_exec="0.01", trades=[]), {}),
        (order_row(vol_exec="0.01", trades=["T1"]), {}),
        (order_row(vol_exec="0.01", trades=["T1"]), {"T1": trade_row("ANOTHER")}),
    ],
)
def test_an_order_without_all_its_executions_is_not_shown(
    row: dict[str, Any] | None, trades: dict[str, Any]
) -> None:
    async def scene() -> None:
        fake = FakeKraken(open={TXID: row} if row else {}, trades=trades)
        async with world(fake, connect=False) as here:
            assert isinstance(await here.kraken.connector.order_state(TXID), NotShown)

    play(scene)


def test_a_look_up_that_fails_shows_nothing() -> None:
    async def scene() -> None:
        fake = FakeKraken(faults={"QueryOrders": [failing("EOrder:Unknown order")]})
        async with world(fake, connect=False) as here:
            assert isinstance(await here.kraken.connector.order_state(TXID), NotShown)

    play(scene)


def public_rows(count: int, *, missing: int = -1) -> list[list[Any]]:
    return [
        ["1.0", "1.0", 1_700_000_000 + i // 3, "b", "m", "", i + 1]
        for i in range(count)
        if i != missing
    ]


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_history_is_read_to_the_present(count: int) -> None:
    async def scene() -> None:
        fake = FakeKraken(public_trades=public_rows(count))
        async with world(fake, connect=False) as here:
            ticks = await here.kraken.feed.history(BTC_USD, Micros(1_700_000_000 * SECOND))
            assert [tick.trade_id for tick in ticks] == list(range(1, count + 1))

    play(scene)


def test_history_with_a_hole_is_refused() -> None:
    async def scene() -> None:
        fake = FakeKraken(public_trades=public_rows(10, missing=4))
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeProtocolError, match="missing"):
                await here.kraken.feed.history(BTC_USD, Micros(0))

    play(scene)


def test_history_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kraken_connector, "HISTORY_PAGES_MAX", 2)

    async def scene() -> None:
        fake = FakeKraken(public_trades=public_rows(4000))
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeUnavailable, match="more than 2 pages"):
                await here.kraken.feed.history(Symbol("BTC/USD"), Micros(0))

    play(scene)


def test_pages_that_lead_nowhere_are_not_read_for_ever() -> None:
    async def scene() -> None:
        rows = [[*row[:2], 1700000000, *row[3:]] for row in public_rows(3000)]
        fake = FakeKraken(public_trades=rows)
        async with world(fake, connect=False) as here:
            with pytest.raises(ExchangeProtocolError, match="nowhere"):
                await here.kraken.feed.history(BTC_USD, Micros(0))

    play(scene)
