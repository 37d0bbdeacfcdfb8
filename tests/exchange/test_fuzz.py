"""Can bytes from outside do anything but be read or be refused?"""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange import account_codec, rest_codec
from s1mpletrader.exchange.executions import ExecutionMerge
from s1mpletrader.exchange.frame_codec import Executions, read_frame
from s1mpletrader.model.ids import ExchangeOrderId
from tests.exchange.fake_kraken import (
    ASSETS,
    PAIRS,
    TOKEN,
    FakeKraken,
    order_row,
    trade_row,
    trades_frame,
)
from tests.exchange.test_frame_codec import report, trade
from tests.exchange.test_rest_codec import names
from tests.exchange.world import BTC_USD

NAMES = names()
TXID = ExchangeOrderId("OAAAAA-BBBBB-CCCCCC")
LEDGER = {"time": 1.5, "type": "deposit", "asset": "ZUSD", "amount": "1", "fee": "0"}

FRAMES = [
    '{"channel":"heartbeat"}',
    '{"channel":"status","type":"update","data":[{"system":"online","connection_id":1234567890}]}',
    trades_frame(1, 2, 3),
    FakeKraken.executions([report(), trade()], 3),
    (
        '{"method":"add_order","req_id":7,"success":true,"result":{"order_id":"OA"},'
        '"time_in":"2026-05-05T10:00:00.123Z","time_out":"2026-05-05T10:00:00.125Z"}'
    ),
    '{"error":"Exceeded msg rate"}',
]
READERS: dict[str, tuple[Callable[[msgspec.Raw], object], Any]] = {
    "assets": (lambda raw: rest_codec.read_names(raw, msgspec.Raw(b"{}")), ASSETS),
    "pairs": (lambda raw: rest_codec.read_names(msgspec.Raw(b"{}"), raw), PAIRS),
    "time": (rest_codec.read_time, {"unixtime": 1_700_000_000}),
    "status": (rest_codec.read_status, {"status": "online"}),
    "public trades": (
        lambda raw: rest_codec.read_trades(raw, BTC_USD),
        {"XXBTZUSD": [["1.0", "2.0", 1.5, "b", "m", "", 1]], "last": "1"},
    ),
    "token": (account_codec.read_token, {"token": TOKEN}),
    "open": (
        lambda raw: account_codec.read_open_orders(raw, NAMES),
        {"open": {TXID: order_row()}},
    ),
    "closed": (
        lambda raw: account_codec.read_closed_orders(raw, NAMES),
        {"closed": {TXID: order_row(closetm=2.5)}, "count": 1},
    ),
    "trades": (
        lambda raw: account_codec.read_trades_history(raw, NAMES),
        {"trades": {"T1": trade_row(TXID)}, "count": 1},
    ),
    "order": (lambda raw: account_codec.read_order(raw, TXID, NAMES), {TXID: order_row()}),
    "fills": (lambda raw: account_codec.read_fills(raw, NAMES), {"T1": trade_row(TXID)}),
    "ledgers": (
        lambda raw: account_codec.read_ledgers(raw, NAMES),
        {"ledger": {"L1": LEDGER}, "count": 1},
    ),
    "balances": (
        lambda raw: account_codec.read_balances(raw, NAMES),
        {"ZUSD": {"balance": "1", "hold_trade": "0"}},
    ),
}
NASTY: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        10**40,
        1e308,
        "NaN",
        "Infinity",
        "1e999999",
        "-0",
        "",
        "\x00",
        [],
        {},
        [[]],
        "9" * 5000,
        "2026-13-45T99:99:99Z",
    ]
)


def read_or_refuse(read: Callable[[], object]) -> None:
    try:
        read()
    except ExchangeProtocolError:
        return


def read_and_merge(data: bytes | str) -> None:
    frame = read_frame(data)
    if isinstance(frame, Executions):
        merge = ExecutionMerge()
        for each in frame.reports:
            merge.merge(each)


@given(st.binary(max_size=200))
@example(b"[" * 100_000)
@example(b'{"data":' * 100_000)
@example(b'{"result":' + b"[" * 100_000)
@example(b'{"channel":"trade","data":' + b"[" * 100_000)
@example(b"\xff\xfe")
@example(b'{"channel":"\\ud800"}')
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(lambda: read_and_merge(data))
    read_or_refuse(lambda: rest_codec.read_envelope(data))


@given(st.sampled_from(FRAMES), st.data())
def test_damaged_frames_are_read_or_refused(frame: str, data: st.DataObject) -> None:
    read_or_refuse(lambda: read_and_merge(damaged(frame.encode(), data)))


@given(st.sampled_from(FRAMES), st.data())
def test_frames_with_nasty_values_are_read_or_refused(frame: str, data: st.DataObject) -> None:
    read_or_refuse(lambda: read_and_merge(json.dumps(spoiled(json.loads(frame), data))))


@pytest.mark.parametrize("kind", sorted(READERS))
@given(data=st.data())
def test_damaged_answers_are_read_or_refused(kind: str, data: st.DataObject) -> None:
    read, value = READERS[kind]
    good = json.dumps(value).encode()
    read(msgspec.Raw(good))
    read_or_refuse(lambda: read(msgspec.Raw(damaged(good, data))))
    read_or_refuse(lambda: read(msgspec.Raw(json.dumps(spoiled(value, data)).encode())))


def damaged(message: bytes, data: st.DataObject) -> bytes:
    """Cut, repeat or change bytes somewhere."""
    begin = data.draw(st.integers(0, len(message)))
    end = data.draw(st.integers(begin, min(len(message), begin + 30)))
    middle = data.draw(st.one_of(st.binary(max_size=8), st.just(message[begin:end] * 2)))
    return message[:begin] + middle + message[end:]


def spoiled(value: Any, data: st.DataObject) -> Any:
    """Replace one value somewhere by a nasty one."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        return value | {key: spoiled(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], spoiled(value[place], data), *value[place + 1 :]]
    return data.draw(NASTY)
