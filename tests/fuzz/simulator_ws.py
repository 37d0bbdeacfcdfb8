"""Can any WebSocket frame do more to the simulated exchange than be answered or refused?"""

from collections import Counter
from typing import Any

from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import requests, subscriptions, wire
from s1mpletrader.simulator.commands import Place
from s1mpletrader.simulator.faults import asked_for
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.ws_api import SYMBOLS_MAX, check_req_id
from tests.fuzz import simulator_mutation
from tests.fuzz.simulator_rest import bench
from tests.simulator.harness import Bench

FRAMES = (
    b'{"method":"ping","req_id":1}',
    b'{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":10},"req_id":2}',
    b'{"method":"subscribe","params":{"channel":"ohlc","symbol":"BTC/USD","interval":60}}',
    b'{"method":"subscribe","params":{"channel":"executions","snap_trades":true,"token":"x"}}',
    (
        b'{"method":"add_order","params":{"symbol":"BTC/USD","side":"buy","order_type":"limit",'
        b'"limit_price":99.5,"order_qty":0.1,"cl_ord_id":"kx-2","time_in_force":"gtd",'
        b'"expire_time":"2030-01-01T00:00:00Z","deadline":"2026-01-01T00:00:00.000Z"},"req_id":3}'
    ),
    (
        b'{"method":"add_order","params":{"symbol":"SOL/USD","side":"sell","order_type":"trailing-stop",'
        b'"order_qty":1,"triggers":{"price":5,"price_type":"pct"},'
        b'"conditional":{"order_type":"stop-loss","trigger_price":10}},"req_id":4}'
    ),
    b'{"method":"amend_order","params":{"order_id":"O1","order_qty":0.2,"trigger_price":90}}',
    b'{"method":"edit_order","params":{"order_id":"O1","limit_price":90,"triggers":{"price":80}}}',
    (
        b'{"method":"batch_add","params":{"symbol":"BTC/USD","orders":[{"side":"buy",'
        b'"order_type":"market","order_qty":1},{"side":"sell","order_type":"market","order_qty":1}]}}'
    ),
    b'{"method":"cancel_order","params":{"order_id":["O1","O2"],"order_userref":[1,2]}}',
)


def read(frame: bytes, bench: Bench) -> str:
    """Read a frame as every method that could have it, without changing anything."""
    try:
        message = wire.decode(frame.decode("utf-8", errors="replace"))
        params = wire.mapping(message, "params")
        check_req_id(message)
    except Refused:
        return "refused as a frame"
    wire.encode({"req_id": message.get("req_id")})
    asked_for("ws_private", str(message.get("method", "")), "main", params)
    taken = sum(_is_taken(params, bench, name) for name in ("add", "amend", "edit", "batch", "ids"))
    begun = _is_begun(params, bench)
    return f"{'begun' if begun else 'not begun'}, {'taken' if taken else 'not taken'}"


def _is_taken(params: dict[str, Any], bench: Bench, name: str) -> bool:
    now = Micros(bench.now)
    try:
        match name:
            case "add":
                bench.venue.book.check(Place(now, "main", requests.ws_draft(params, now)))
            case "amend":
                requests.amend(params, "main", now)
            case "edit":
                requests.edit(params, "key", "main", now)
            case "ids":
                for each in requests.texts(params.get("order_userref"), "order_userref", 50):
                    wire.parse_int(each, "order_userref")
            case _:
                for order in requests.objects(params, "orders"):
                    requests.ws_draft({"symbol": params.get("symbol")} | order, now)
    except Refused:
        return False
    return True


def _is_begun(params: dict[str, Any], bench: Bench) -> bool:
    symbols = params.get("symbol")
    try:
        names = requests.texts(symbols, "symbol", SYMBOLS_MAX) if symbols else [""]
        for name in names:
            channel = str(params.get("channel", ""))
            begun, _ = subscriptions.chosen(channel, params, name, "main")
            for message in begun.snapshot(bench.venue):
                wire.encode(message)
    except Refused:
        return False
    return True


def fuzz(seed: int, count: int) -> Counter[str]:
    """Read `count` spoiled frames; returns how often each outcome came."""
    here = bench()
    return simulator_mutation.run(seed, count, FRAMES, lambda frame: read(frame, here))
