"""Are messages that others recorded or documented read as well as our own?"""

import gzip
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from s1mpletrader.exchange import account_codec, inspection_codec, rest_codec
from s1mpletrader.exchange.frame_codec import Books, Reply, Trades, read_frame
from s1mpletrader.exchange.names import NameBook
from s1mpletrader.exchange.order_book import OrderBook
from s1mpletrader.model.ids import Symbol

REPOSITORY = Path(__file__).parents[2]
SHARED = Path(os.environ.get("S1MPLETRADER_SHARED", REPOSITORY.parent / "shared"))
MESSAGES = SHARED / "data" / "messages"

pytestmark = pytest.mark.skipif(
    not MESSAGES.is_dir(), reason=f"recorded messages are not at {MESSAGES}"
)


def nautilus(name: str) -> bytes:
    return (MESSAGES / "nautilus-kraken" / name).read_bytes()


def endpoint(name: str) -> bytes:
    """Return the answer of a Kraken.Net test: method, path, authentication, then JSON."""
    text = (MESSAGES / "kraken.net" / "Endpoints" / "Spot" / name).read_text("utf-8-sig")
    return text[text.index("{") :].encode()


def result(body: bytes) -> msgspec.Raw:
    envelope = rest_codec.read_envelope(body)
    assert envelope.failures == ()
    return envelope.result


def names() -> NameBook:
    return rest_codec.read_names(msgspec.Raw(b"{}"), result(nautilus("http_asset_pairs.json")))


def test_instruments() -> None:
    book = names()
    assert book.symbol("XBTUSDT") == "BTC/USDT"
    instrument = book.pairs["XBTUSDT"]
    assert str(instrument.price_tick) == "0.1"
    assert str(instrument.qty_min) == "0.00005"
    assert str(instrument.taker_fee) == "0.004"


def test_a_thousand_real_trades_follow_each_other() -> None:
    ticks, last = rest_codec.read_trades(result(nautilus("http_trades.json")), Symbol("BTC/USDT"))
    assert len(ticks) == 1000
    ids = [tick.trade_id for tick in ticks]
    assert ids == list(range(ids[0], ids[0] + 1000))
    assert last.isdigit()
    raw = json.loads(nautilus("http_trades.json"))["result"]
    rows = next(rows for key, rows in raw.items() if key != "last")
    assert [(format(tick.price, "f"), format(tick.qty, "f")) for tick in ticks] == [
        (row[0], row[1]) for row in rows
    ]


@pytest.mark.parametrize(
    ("source", "body"),
    [
        (nautilus, "http_open_orders.json"),
        (endpoint, "Trading/GetOpenOrders.txt"),
    ],
)
def test_open_orders(source: Any, body: str) -> None:
    assert account_codec.read_open_orders(result(source(body)), names())


@pytest.mark.parametrize(
    ("source", "body"),
    [
        (nautilus, "http_closed_orders.json"),
        (endpoint, "Trading/GetClosedOrders.txt"),
    ],
)
def test_closed_orders(source: Any, body: str) -> None:
    page = account_codec.read_closed_orders(result(source(body)), names())
    assert len(page.rows) == page.count == 2


@pytest.mark.parametrize(
    ("source", "body"),
    [(nautilus, "http_trades_history.json"), (endpoint, "Trading/GetUserTrades.txt")],
)
def test_own_trades(source: Any, body: str) -> None:
    page = account_codec.read_trades_history(result(source(body)), names())
    assert page.rows
    assert all(fill.cost > 0 for fill in page.rows)


def test_ledgers() -> None:
    page = account_codec.read_ledgers(result(endpoint("Account/GetLedgerInfo.txt")), names())
    assert len(page.rows) == page.count == 2


def test_available_balances() -> None:
    body = endpoint("Account/GetAvailableBalances.txt")
    assert account_codec.read_balances(result(body), names())


def test_queried_orders() -> None:
    body = json.loads(endpoint("Trading/GetOrders.txt"))["result"]
    for txid in body:
        raw = msgspec.Raw(json.dumps(body).encode())
        assert account_codec.read_order(raw, txid, names()) is not None


def test_time_and_status() -> None:
    assert rest_codec.read_time(result(nautilus("http_server_time.json"))) > 0
    assert rest_codec.read_status(result(nautilus("http_system_status.json"))) == "online"


def test_every_frame_that_others_documented_is_read() -> None:
    kinds = {
        type(read_frame(path.read_bytes())).__name__
        for path in sorted((MESSAGES / "nautilus-kraken").glob("ws_*.json"))
        # the futures' feed is another protocol; requests are not ours to read
        if "futures" not in path.name and "request" not in path.name and "batch" not in path.name
    }
    assert {"Trades", "Reply", "Other"} <= kinds


def test_a_documented_acknowledgement_and_refusal() -> None:
    done = read_frame(nautilus("ws_add_order_response_success.json"))
    failed = read_frame(nautilus("ws_add_order_response_failure.json"))
    assert isinstance(done, Reply)
    assert isinstance(failed, Reply)
    assert (done.ok, done.txid) == (True, "OABCDE-12345-FGHIJ")
    assert (failed.ok, failed.error) == (False, "EOrder:Insufficient funds")


def test_a_documented_trade_update() -> None:
    trades = read_frame(nautilus("ws_trade_update.json"))
    assert isinstance(trades, Trades)
    assert trades.ticks


RECORDED: dict[str, Callable[[msgspec.Raw], object]] = {
    "kraken.net/JsonResponses/SpotTrading/GetOpenOrdersAsync.json": (
        lambda raw: account_codec.read_open_orders(raw, names())
    ),
    "kraken.net/JsonResponses/SpotTrading/GetClosedOrdersAsync.json": (
        lambda raw: account_codec.read_closed_orders(raw, names())
    ),
    "kraken.net/JsonResponses/SpotTrading/GetUserTradesAsync.json": (
        lambda raw: account_codec.read_trades_history(raw, names())
    ),
    "kraken.net/JsonResponses/SpotTrading/GetUserTradeDetailsAsync.json": (
        lambda raw: account_codec.read_fills(raw, names())
    ),
    "kraken.net/JsonResponses/SpotAccount/GetLedgerInfoAsync.json": (
        lambda raw: account_codec.read_ledgers(raw, names())
    ),
    "kraken.net/JsonResponses/SpotAccount/GetTradeVolumeAsync.json": inspection_codec.read_fees,
    "kraken.net/JsonResponses/SpotExchangeData/GetSystemStatusAsync.json": rest_codec.read_status,
    "kraken.net/JsonResponses/SpotExchangeData/GetSymbolsAsync.json": (
        lambda raw: rest_codec.read_names(msgspec.Raw(b"{}"), raw).ids
    ),
    "kraken.net/JsonResponses/SpotExchangeData/GetAssetsAsync.json": (
        lambda raw: rest_codec.read_names(raw, msgspec.Raw(b"{}")).assets
    ),
    "xchange-kraken/account/example-ledgerinfo-data.json": (
        lambda raw: account_codec.read_ledgers(raw, names())
    ),
    "xchange-kraken/marketdata/example-assets-data.json": (
        lambda raw: rest_codec.read_names(raw, msgspec.Raw(b"{}")).assets
    ),
    "xchange-kraken/marketdata/example-servertime-data.json": rest_codec.read_time,
    "xchange-kraken/trading/example-openorders-data.json": (
        lambda raw: account_codec.read_open_orders(raw, names())
    ),
    "xchange-kraken/trading/example-tradehistory-data.json": (
        lambda raw: account_codec.read_trades_history(raw, names())
    ),
}


@pytest.mark.parametrize("path", RECORDED)
def test_answers_that_others_were_given(path: str) -> None:
    assert RECORDED[path](result((MESSAGES / path).read_text("utf-8-sig").encode()))


@pytest.mark.parametrize("name", ["PlaceOrder", "CancelOrders", "EditOrder", "CancelAllOrders"])
def test_replies_that_kraken_net_was_sent(name: str) -> None:
    path = MESSAGES / "kraken.net" / "Socket" / "SpotApi" / f"{name}.txt"
    body = path.read_text("utf-8-sig").rpartition("=")[2].replace("|1|", "1")
    reply = read_frame(body[body.index("{") :])
    assert isinstance(reply, Reply)
    assert reply.ok
    assert reply.time_in_us is not None


def test_frames_that_kraken_net_was_sent() -> None:
    folder = MESSAGES / "kraken.net" / "Subscriptions" / "Spot"
    read = 0
    for line in (folder / "Trades.txt").read_text("utf-8-sig").split("\n= ")[1:]:
        body = line[line.index("{") : line.rindex("}") + 1]
        assert read_frame(body) is not None
        read += 1
    assert read


def test_the_checksum_of_a_real_book_is_the_one_it_came_with() -> None:
    path = MESSAGES / "kraken.net" / "Subscriptions" / "Spot" / "AggBook.txt"
    text = path.read_text("utf-8-sig").split("\n= ")[1]
    frame = read_frame(text[text.index("{") : text.rindex("}") + 1])
    assert isinstance(frame, Books)
    (update,) = frame.updates
    (instrument, *_) = names().pairs.values()
    steps = {"price_tick": Decimal("0.0001"), "qty_step": Decimal("0.00000001")}
    book = OrderBook(replace(instrument, **steps))
    book.apply(update, is_snapshot=True)
    assert book.checksum == update.checksum == 2_439_117_997


def test_real_assets_and_pairs_of_the_whole_exchange() -> None:
    with gzip.open(MESSAGES / "cryptofeed" / "KRAKEN.0.jsonl.gz", "rt") as lines:
        answer = json.loads(lines.readline())["msg"]
    book = rest_codec.read_names(msgspec.Raw(b"{}"), result(json.dumps(answer).encode()))
    assert book.symbol("XXBTZUSD") == "BTC/USD"
    assert len(book.ids) == 293
