"""Can the body of a REST answer do anything but be understood or be refused?"""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from s1mpletrader.exchange import account_codec, error_codec, inspection_codec, rest_codec
from s1mpletrader.model.ids import ExchangeOrderId
from tests.exchange.fake_kraken import ANSWERS, ASSETS, PAIRS, TOKEN, order_row, trade_row
from tests.exchange.test_rest_codec import names
from tests.exchange.world import BTC_USD
from tests.fuzz.mutation import Outcome, fuzz_with

NAMES = names()
TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")
LEDGER = {"time": 1.5, "type": "deposit", "asset": "ZUSD", "amount": "1", "fee": "0"}
EMPTY = msgspec.Raw(b"{}")
READERS: tuple[tuple[Callable[[msgspec.Raw], object], Any], ...] = (
    (lambda raw: rest_codec.read_names(raw, EMPTY), ASSETS),
    (lambda raw: rest_codec.read_names(EMPTY, raw), PAIRS),
    (rest_codec.read_time, {"unixtime": 1_700_000_000}),
    (rest_codec.read_status, {"status": "online"}),
    (
        lambda raw: rest_codec.read_trades(raw, BTC_USD),
        {"XXBTZUSD": [["1.0", "2.0", 1.5, "b", "m", "", 1]], "last": "1"},
    ),
    (account_codec.read_token, {"token": TOKEN, "expires": 900}),
    (lambda raw: account_codec.read_open_orders(raw, NAMES), {"open": {TXID: order_row()}}),
    (
        lambda raw: account_codec.read_closed_orders(raw, NAMES),
        {"closed": {TXID: order_row(closetm=2.5)}, "count": 1},
    ),
    (
        lambda raw: account_codec.read_trades_history(raw, NAMES),
        {"trades": {"T1": trade_row(TXID)}, "count": 1},
    ),
    (
        lambda raw: account_codec.read_order(raw, TXID, NAMES),
        {TXID: order_row(status="closed", closetm=3, trades=["T1"])},
    ),
    (lambda raw: account_codec.read_fills(raw, NAMES), {"T1": trade_row(TXID)}),
    (lambda raw: account_codec.read_ledgers(raw, NAMES), {"ledger": {"L1": LEDGER}, "count": 1}),
    (
        lambda raw: account_codec.read_balances(raw, NAMES),
        {"ZUSD": {"balance": "1", "hold_trade": "0"}},
    ),
    (inspection_codec.read_key_info, ANSWERS["GetApiKeyInfo"]),
    (inspection_codec.read_fees, ANSWERS["TradeVolume"]),
)
REFUSALS = (b'{"error":["EOrder:Unknown order","WGeneral:x"]}', b'{"error":[]}')


def fuzz(seed: int, count: int) -> Outcome:
    """Read `count` damaged bodies, shared fairly among all readers."""
    read = refused = 0
    share = max(1, count // (len(READERS) + 1))
    for number, (reader, good) in enumerate(READERS):
        corpus = (json.dumps({"error": [], "result": good}).encode(),)
        _answer(corpus[0], reader)

        def parse(data: bytes, reader: Callable[[msgspec.Raw], object] = reader) -> None:
            _answer(data, reader)

        outcome = fuzz_with(parse, corpus, seed + number, share)
        read, refused = read + outcome.read, refused + outcome.refused
    rest = fuzz_with(lambda data: _answer(data, lambda _: None), REFUSALS, seed, share)
    return Outcome(read + rest.read, refused + rest.refused)


def _answer(body: bytes, reader: Callable[[msgspec.Raw], object]) -> None:
    envelope = rest_codec.read_envelope(body)
    if envelope.failures:
        error_codec.read_failure(envelope.failures)
    else:
        reader(envelope.result)
