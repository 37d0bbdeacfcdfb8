"""Does the WebSocket speak as clients know it, message for message?"""

import zlib
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.harness import Client, Running, Socket, exchange, in_loop

CLIENT_ID = "8f0c0000-0000-4000-8000-000000000001"
MARKET = {"symbol": "BTC/USD", "side": "buy", "order_type": "market", "order_qty": D("0.10")}
LIMIT = MARKET | {"order_type": "limit", "limit_price": 2000}
STOP = MARKET | {
    "side": "sell",
    "order_type": "stop-loss",
    "triggers": {"reference": "last", "price": 2000},
}


def sent(terms: dict[str, Any]) -> dict[str, Any]:
    """Return terms with decimals as JSON numbers."""
    return {name: float(value) if isinstance(value, D) else value for name, value in terms.items()}


def test_status_ping_and_heartbeat(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            assert socket.heard[0]["data"][0]["system"] == "online"
            pong = await socket.ask("ping", req_id=9)
            assert set(pong) == {"method", "req_id", "time_in", "time_out"}
            assert pong["method"] == "pong"
            assert pong["time_in"] <= pong["time_out"]
            await socket.ask("subscribe", channel="trade", symbol=["BTC/USD"])
            assert await socket.receive() == {"channel": "heartbeat"}
            assert (await socket.ask("dance"))["error"] == "EGeneral:Unknown method"
            await socket.ws.send_str("{")
            assert await socket.receive() == {"error": "EGeneral:Invalid arguments"}

    in_loop(calls)


def test_public_channels(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--start-bar", "30") as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            for channel in ("ticker", "book", "ohlc", "trade"):
                reply = await socket.ask("subscribe", channel=channel, symbol=["BTC/USD"])
                assert reply["success"], reply
                assert reply["result"]["snapshot"] is (channel != "trade")
                if channel != "trade":
                    assert (await socket.receive())["type"] == "snapshot"
            again = await socket.ask("subscribe", channel="book", symbol=["BTC/USD"])
            assert again["error"] == "Already subscribed"
            unknown = await socket.ask("subscribe", channel="trade", symbol=["FOO/BAR"])
            assert unknown["error"] == "Currency pair not supported FOO/BAR"
            await running.ask(lambda: running.control.step(4))
            heard = [await socket.receive() for _ in range(4)]
            assert [message["channel"] for message in heard] == ["ticker", "book", "ohlc", "trade"]
            trades = heard[3]["data"]
            assert [trade["trade_id"] for trade in trades] == [122, 123]
            assert set(trades[0]) == {
                "symbol", "side", "price", "qty", "ord_type", "trade_id", "timestamp",
            }  # fmt: skip
            await socket.ask("unsubscribe", channel="trade", symbol=["BTC/USD"])
            gone = await socket.ask("unsubscribe", channel="trade", symbol=["BTC/USD"])
            assert gone["success"] is False

    in_loop(calls)


def test_the_snapshot_of_trades_is_the_last_fifty(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--start-bar", "30") as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            await socket.ask("subscribe", channel="trade", symbol=["SOL/USD"], snapshot=True)
            data = (await socket.channel("trade", "snapshot"))["data"]
            assert [trade["trade_id"] for trade in data] == list(range(71, 121))
            await socket.ask("subscribe", channel="instrument", req_id=2)
            assert {pair["symbol"] for pair in (await socket.receive())["data"]["pairs"]} == {
                "BTC/USD",
                "SOL/USD",
            }

    in_loop(calls)


def apply_book(book: dict[str, dict[D, D]], row: dict[str, Any]) -> None:
    for side in ("bids", "asks"):
        for level in row[side]:
            if level["qty"]:
                book[side][level["price"]] = level["qty"]
            else:
                book[side].pop(level["price"], None)


def crc(book: dict[str, dict[D, D]]) -> int:
    """Compute the checksum as a client does, from the digits it received."""
    best = sorted(book["asks"].items())[:10] + sorted(book["bids"].items(), reverse=True)[:10]
    digits = "".join(str(n).replace(".", "").lstrip("0") for level in best for n in level)
    return zlib.crc32(digits.encode())


def test_a_client_that_follows_the_book_always_has_its_checksum(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            await socket.ask("subscribe", channel="book", symbol=["BTC/USD"], depth=25)
            book: dict[str, dict[D, D]] = {"bids": {}, "asks": {}}
            followed = 0
            for _ in range(30):
                await running.ask(lambda: running.control.step(3))
                await socket.ask("ping", 9)
                heard, socket.heard = socket.heard, []
                for message in heard:
                    if message.get("channel") == "book":
                        apply_book(book, message["data"][0])
                        assert crc(book) == message["data"][0]["checksum"]
                        assert len(book["bids"]) == len(book["asks"]) == 25
                        followed += 1
            assert followed > 20

    in_loop(calls)


async def executions(client: Client, **more: Any) -> Socket:
    socket = await client.trader()
    reply = await socket.ask("subscribe", channel="executions", **more)
    assert reply["result"]["maxratecount"] == 60
    return socket


def test_a_market_order_s_executions(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await executions(client)
            assert (await socket.receive())["type"] == "snapshot"
            await socket.send("add_order", 7, **sent(MARKET | {"cl_ord_id": CLIENT_ID}))
            reports = [await socket.receive() for _ in range(4)]
            reply = await socket.receive()
            assert reply["result"]["cl_ord_id"] == CLIENT_ID, "events come before the reply"
            assert [message["sequence"] for message in reports] == [2, 3, 4, 5]
            rows = [message["data"][0] for message in reports]
            assert [row["exec_type"] for row in rows] == ["pending_new", "new", "trade", "filled"]
            assert [row["order_status"] for row in rows][2:] == ["partially_filled", "filled"]
            assert {row["order_id"] for row in rows} == {reply["result"]["order_id"]}
            for partial in (rows[1], rows[3]):
                assert not {"symbol", "side", "order_qty"} & set(partial)
            trade = rows[2]
            assert str(trade["last_qty"]) == "0.10000000"
            assert trade["fees"][0]["asset"] == "USD"
            history = (await client.private("TradesHistory"))["result"]["trades"]
            assert set(history) == {trade["exec_id"]}
            assert history[trade["exec_id"]]["fee"] == str(trade["fees"][0]["qty"])

    in_loop(calls)


def test_snapshots_of_orders_and_trades(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            first = await client.trader()
            await first.ask("add_order", **sent(MARKET))
            await first.ask("add_order", 2, **sent(STOP | {"cl_ord_id": CLIENT_ID}))
            socket = await executions(client, snap_trades=True)
            rows = (await socket.channel("executions", "snapshot"))["data"]
            assert [row["exec_type"] for row in rows] == ["trade", "new"]
            assert rows[1]["triggers"]["status"] == "untriggered"
            assert rows[1]["cl_ord_id"] == CLIENT_ID
            balances = await socket.ask("subscribe", 3, channel="balances")
            assert balances["success"]
            wallet = {row["asset"]: row for row in (await socket.receive())["data"]}
            assert str(wallet["BTC"]["balance"]) == "1.1000000000"

    in_loop(calls)


def test_balances_move_with_each_trade(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            await socket.ask("subscribe", channel="balances")
            await socket.send("add_order", 2, **sent(MARKET))
            update = await socket.channel("balances")
            assert update["sequence"] == 2
            assert [row["asset"] for row in update["data"]] == ["BTC", "USD"]
            assert len({row["ref_id"] for row in update["data"]}) == 1
            await running.ask(lambda: running.control.transfer("USD", "-10"))
            update = await socket.channel("balances")
            assert update["data"][0]["type"] == "withdrawal"

    in_loop(calls)


def test_orders_are_amended_and_cancelled_over_the_socket(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await executions(client)
            added = await socket.ask("add_order", **sent(STOP | {"cl_ord_id": CLIENT_ID}))
            amend = {"cl_ord_id": CLIENT_ID, "order_qty": 0.2, "trigger_price": 2100.5}
            reply = await socket.ask("amend_order", 2, **amend)
            assert set(reply["result"]) == {"amend_id", "cl_ord_id"}
            event = socket.heard[-2]["data"][0]
            assert (event["exec_type"], str(event["order_qty"])) == ("amended", "0.20000000")
            await socket.send("cancel_order", 3, cl_ord_id=[CLIENT_ID, "unknown"])
            first = await socket.until(lambda m: m.get("req_id") == 3)
            second = await socket.until(lambda m: m.get("req_id") == 3)
            assert first["result"]["order_id"] == added["result"]["order_id"]
            assert second["error"] == "EOrder:Unknown order"
            await socket.ask("add_order", 4, **sent(LIMIT))
            assert (await socket.ask("cancel_all", 5))["result"] == {"count": 1}
            dead_man = await socket.ask("cancel_all_orders_after", 6, timeout=0)
            assert dead_man["result"]["triggerTime"] == "0"

    in_loop(calls)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"symbol": "FOO/USD"}, "EQuery:Unknown asset pair"),
        ({"order_qty": "1e999999"}, "EGeneral:Invalid arguments:order_qty"),
        ({"order_qty": 0.00001}, "EOrder:Order minimum not met"),
        ({"order_qty": 1000}, "EOrder:Insufficient funds"),
        ({"triggers": [1]}, "EGeneral:Invalid arguments:triggers"),
        ({"margin": True}, "EGeneral:Invalid arguments:margin"),
        ({"token": "wrong"}, "ESession:Invalid session"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
    ],
)
def test_bad_orders_are_refused(tmp_path: Path, terms: dict[str, Any], code: str) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.trader()
            socket.token = terms.get("token", socket.token)
            reply = await socket.ask("add_order", **sent(MARKET | terms))
            assert (reply["success"], reply["error"]) == (False, code)

    in_loop(calls)


def test_trading_is_not_possible_on_the_public_endpoint(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            trader = await client.trader()
            socket = await client.socket("/public/v2")
            socket.token = trader.token
            reply = await socket.ask("add_order", **sent(MARKET))
            assert "unavailable on this endpoint" in reply["error"]

    in_loop(calls)


def test_others_do_not_hear_of_it(tmp_path: Path) -> None:
    async def calls() -> None:
        async with (
            exchange(tmp_path) as running,
            Client(running) as mine,
            Client(running, "SIM-STRANGER-1") as other,
        ):
            theirs = await executions(other)
            socket = await executions(mine)
            await socket.ask("add_order", 2, **sent(MARKET))
            await theirs.ask("ping", 9)
            kinds = [message.get("type") for message in theirs.heard if "channel" in message]
            assert kinds == ["update", "snapshot"], "its own status and snapshot, no execution"

    in_loop(calls)


def test_the_end_of_the_tape_is_told(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            socket = await client.socket("/public/v2")
            await _to_the_end(running)
            status = await socket.channel("status")
            assert status["data"][0] | {"tape_ended": True} == status["data"][0]
            assert status["data"][0]["system"] == "online"
            assert (await client.public("SystemStatus"))["result"]["tape_ended"] is True

    in_loop(calls)


async def _to_the_end(running: Running) -> None:
    await running.ask(lambda: running.control.step(100_000))
