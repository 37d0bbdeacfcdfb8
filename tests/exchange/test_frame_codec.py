"""Do frames say to the engine what they say on the wire?"""

import json
from decimal import Decimal
from typing import Any

import pytest

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange.executions import ExecutionMerge
from s1mpletrader.exchange.frame_codec import (
    Executions,
    Heartbeat,
    Other,
    Reply,
    SystemState,
    Trades,
    read_frame,
)
from s1mpletrader.model.inputs import OrderEvent
from tests.exchange.fake_kraken import FakeKraken, public_trade
from tests.exchange.world import BTC_USD, CLIENT_ID

TXID = "OAAAAA-BBBBB-CCCCCC"


def report(**over: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "order_id": TXID,
        "exec_type": "new",
        "order_status": "new",
        "timestamp": "2026-01-02T03:04:05.000001Z",
    }
    return row | over


def trade(**over: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "exec_type": "trade",
        "order_status": "partially_filled",
        "symbol": "BTC/USD",
        "side": "buy",
        "exec_id": "TAAAAA-BBBBB-CCCCCC",
        "last_qty": "#0.01000000",
        "last_price": "#60000.10",
        "cost": "#600.00100",
        "cum_qty": "#0.01000000",
        "fees": [{"asset": "USD", "qty": "#2.40000"}],
    }
    return report(**values | over)


def events(*reports: dict[str, Any]) -> list[OrderEvent]:
    merge = ExecutionMerge()
    frame = read_frame(FakeKraken.executions(reports, 1))
    assert isinstance(frame, Executions)
    return [merge.merge(each) for each in frame.reports]


def test_a_fill_has_fee_and_fee_asset_as_stated() -> None:
    (event,) = events(trade(fees=[{"asset": "BTC", "qty": "#0.0000400"}]))
    assert event.kind == "fill"
    assert event.fill is not None
    assert (str(event.fill.fee), event.fill.fee_asset) == ("0.0000400", "BTC")
    assert (str(event.fill.price), str(event.fill.cost)) == ("60000.10", "600.00100")
    assert event.fill.time_us == 1_767_323_045_000_001


def test_events_without_symbol_and_client_id_are_completed_from_earlier_ones() -> None:
    pending, opened, filled, closed = events(
        report(exec_type="pending_new", cl_ord_id=CLIENT_ID, symbol="BTC/USD", side="buy"),
        report(),
        trade(symbol=None, side=None),
        report(exec_type="filled", order_status="filled", cum_qty="#0.01"),
    )
    assert [each.kind for each in (pending, opened, filled, closed)] == [
        "open",
        "open",
        "fill",
        "closed",
    ]
    assert {each.client_id for each in (pending, opened, filled, closed)} == {CLIENT_ID}
    assert filled.fill is not None
    assert filled.fill.symbol == BTC_USD
    assert closed.vol_exec == Decimal("0.01")


@pytest.mark.parametrize(
    ("exec_type", "status", "kind"),
    [
        ("canceled", "canceled", "closed"),
        ("expired", "expired", "closed"),
        ("status", "canceled", "closed"),
        ("amended", "new", "amended"),
        ("restated", "new", "amended"),
        ("status", "partially_filled", "open"),
        ("invented-tomorrow", "new", "open"),
    ],
)
def test_a_kind_is_only_what_it_proves(exec_type: str, status: str, kind: str) -> None:
    (event,) = events(report(exec_type=exec_type, order_status=status, reason="why"))
    assert (event.kind, event.reason) == (kind, "why")


def test_a_fill_of_an_order_never_heard_of_must_name_its_pair() -> None:
    with pytest.raises(ExchangeProtocolError, match="neither pair nor side"):
        events(trade(symbol=None))


def test_a_fill_without_its_figures_is_unreadable() -> None:
    for figure in ("exec_id", "last_qty", "last_price", "cost"):
        with pytest.raises(ExchangeProtocolError, match="figures"):
            events(trade(**{figure: None}))


def test_a_fill_charged_in_two_assets_is_left_to_a_look() -> None:
    both = [{"asset": "USD", "qty": "#1"}, {"asset": "BTC", "qty": "#1"}]
    (event,) = events(trade(fees=both))
    assert (event.kind, event.fill, event.vol_exec) == ("open", None, Decimal("0.01"))


def test_a_free_fill_costs_nothing_in_quote() -> None:
    (event,) = events(trade(fees=[]))
    assert event.fill is not None
    assert event.fill.fee == 0
    assert event.fill.fee_asset == "USD"


def test_only_so_many_orders_are_remembered_and_the_oldest_is_forgotten() -> None:
    merge = ExecutionMerge(orders_max=2)
    frame = read_frame(
        FakeKraken.executions(
            [report(order_id=each, cl_ord_id=each) for each in "ABC"]
            + [report(order_id=each) for each in "CA"],
            1,
        )
    )
    assert isinstance(frame, Executions)
    merged = [merge.merge(each) for each in frame.reports]
    assert [event.client_id for event in merged] == ["A", "B", "C", "C", None]


def test_trades_come_in_the_order_of_their_ids() -> None:
    rows = ",".join(public_trade(each, "30000.10") for each in (9, 7, 8))
    frame = read_frame(f'{{"channel":"trade","type":"snapshot","data":[{rows}]}}')
    assert isinstance(frame, Trades)
    assert [tick.trade_id for tick in frame.ticks] == [7, 8, 9]
    assert frame.is_snapshot
    assert str(frame.ticks[0].price) == "30000.10"


def test_the_tape_of_a_simulated_exchange_can_end() -> None:
    text = '{"channel":"status","type":"update","data":[{"system":"online","tape_ended":true}]}'
    assert read_frame(text) == SystemState("online", tape_ended=True)


def test_a_refusal_has_no_result() -> None:
    frame = read_frame(
        '{"method":"add_order","req_id":99,"success":false,"error":"EOrder:Insufficient funds",'
        '"time_in":"2026-05-05T10:00:00.123Z","time_out":"2026-05-05T10:00:00.125Z"}'
    )
    assert isinstance(frame, Reply)
    assert not frame.ok
    assert (frame.error, frame.txid, frame.req_id) == ("EOrder:Insufficient funds", None, 99)
    assert frame.time_in_us is not None
    assert frame.time_out_us is not None
    assert frame.time_out_us - frame.time_in_us == 2_000


def test_an_error_without_request_is_a_reply_to_nobody() -> None:
    frame = read_frame('{"error":"Exceeded msg rate"}')
    assert isinstance(frame, Reply)
    assert (frame.ok, frame.req_id) == (False, None)


def test_heartbeats_and_strangers_are_told_apart() -> None:
    assert read_frame('{"channel":"heartbeat"}') == Heartbeat()
    assert read_frame('{"channel":"ticker","data":[1,2]}') == Other("ticker")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '"text"',
        '{"channel":"trade"}',
        '{"channel":"status","data":[]}',
        '{"channel":"executions","data":[]}',
        '{"channel":"executions","sequence":1,"data":{}}',
        '{"method":"add_order","result":7}',
        '{"channel":"trade","data":[{"symbol":"BTC/USD"}]}',
        '{"channel":7}',
        json.dumps({"channel": "trade", "data": [json.loads(public_trade(1)) | {"price": "NaN"}]}),
    ],
)
def test_what_cannot_be_read_drops_the_connection(text: str) -> None:
    with pytest.raises(ExchangeProtocolError):
        read_frame(text)


@pytest.mark.parametrize(
    "row",
    [
        {"price": "NaN"},
        {"qty": "NaN"},
        {"price": "Infinity"},
        {"price": 0},
        {"qty": -1},
        {"qty": "1e999"},
        {"timestamp": "2026-05-05T10:00:00"},
    ],
)
@pytest.mark.parametrize("head", ['{"channel":"trade","data":[', '{"data":['])
def test_a_trade_that_cannot_be_is_refused(row: dict[str, Any], head: str) -> None:
    good = json.loads(public_trade(1))
    read_frame(f'{head}{json.dumps(good)}],"channel":"trade"}}'.encode())
    with pytest.raises(ExchangeProtocolError):
        read_frame(f'{head}{json.dumps(good | row)}],"channel":"trade"}}')


def test_trades_are_put_in_order_pair_by_pair() -> None:
    rows = [json.loads(public_trade(each)) for each in (3, 1, 2)]
    rows.append(rows[0] | {"symbol": "SOL/USD", "trade_id": 1})
    found = read_frame(json.dumps({"channel": "trade", "type": "update", "data": rows}))
    assert isinstance(found, Trades)
    assert [(t.symbol, t.trade_id) for t in found.ticks] == [
        ("BTC/USD", 1),
        ("BTC/USD", 2),
        ("BTC/USD", 3),
        ("SOL/USD", 1),
    ]
