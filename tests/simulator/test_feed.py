"""Does the exchange play another one's feed, through restarts and nonsense?"""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from s1mpletrader.errors import ConfigurationError, ExchangeProtocolError, ExchangeUnavailable
from s1mpletrader.model.base import Micros
from s1mpletrader.model.market import Tick
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator import feed
from s1mpletrader.simulator.live_tape import LiveTape, LiveTrack
from s1mpletrader.simulator.pairs import BTC_USD
from tests.simulator.harness import (
    BTC,
    WS_BUY,
    Client,
    Running,
    eventually,
    exchange,
    follower,
    in_loop,
)

ROW = (
    '{"symbol":"BTC/USD","side":"buy","price":60000.1,"qty":0.5,"trade_id":7,'
    '"ord_type":"market","timestamp":"2026-01-02T03:04:05.678901Z"}'
)


def frame(*rows: str) -> str:
    return f'{{"channel":"trade","type":"update","data":[{",".join(rows)}]}}'


async def last(running: Running) -> str:
    found: dict[str, Any] = await running.ask(running.control.audit)
    return str(found["last"]["BTC/USD"])


async def until_followed(leader: Running, other: Running) -> None:
    async def has_followed() -> bool:
        return await last(leader) == await last(other)

    await eventually(has_followed)


def test_a_second_exchange_trades_on_the_first_one_s_prices(tmp_path: Path) -> None:
    async def calls() -> None:
        leading, following = tmp_path / "leading", tmp_path / "following"
        for directory in (leading, following):
            directory.mkdir()
        async with exchange(leading) as leader:
            await leader.ask(lambda: leader.control.step(9))
            async with follower(following, leader) as other, Client(other) as client:
                await until_followed(leader, other)
                socket = await client.trader()
                await socket.ask("subscribe", channel="trade", symbol=["BTC/USD"], snapshot=True)
                [*_, latest] = (await socket.channel("trade", "snapshot"))["data"]
                await leader.ask(lambda: leader.control.step(6))
                await until_followed(leader, other)
                [trade, *_] = (await socket.channel("trade"))["data"]
                assert trade["trade_id"] == latest["trade_id"] + 1
                assert (await socket.ask("add_order", 2, **WS_BUY))["success"]
                books = await other.truth()
            await leader.ask(lambda: leader.control.step(8))
            async with follower(following, leader) as other:
                assert await other.truth() == books
                await until_followed(leader, other)
                clock = await other.ask(other.control.clock)
                assert clock.played == (await leader.ask(leader.control.clock)).played
                assert not clock.tape_ended

    in_loop(calls)


def test_a_market_of_steps_moves_only_by_steps(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path, "--step", "--speed", "max") as running:
            with pytest.raises(ConfigurationError, match="only by steps"):
                await running.ask(running.control.resume)
            assert await running.ask(lambda: running.control.step(3)) == 3
            assert (await running.ask(running.control.clock)).played == {BTC: 3, "SOL/USD": 2}

    in_loop(calls)


def test_no_feed_no_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def calls() -> None:
        monkeypatch.setattr(feed, "FIRST_MAX_S", 0.05)
        async with exchange(tmp_path) as leader:
            url = f"ws://127.0.0.1:{leader.port}/no-such-path"
            with pytest.raises(ExceptionGroup) as caught:
                await feed.first_trades(url)
            assert caught.group_contains(ExchangeUnavailable)

    in_loop(calls)


@pytest.mark.parametrize("url", ["ws://ws.kraken.com/v2", "http://127.0.0.1", "kraken", ""])
def test_a_feed_that_anybody_could_forge_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        feed.checked(url)
    assert feed.checked("wss://ws.kraken.com/v2")


def test_a_trade_of_the_feed_is_read_exactly() -> None:
    [tick] = feed.trades(frame(ROW))
    assert (tick.price, tick.qty, tick.trade_id) == (Decimal("60000.1"), Decimal("0.5"), 7)
    assert tick.time_us == 1_767_323_045_678_901
    assert feed.trades('{"channel":"heartbeat"}') == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("60000.1", "-1"),
        ("60000.1", "1e400"),
        ("BTC/USD", "FOO/USD"),
        ('"buy"', '"hold"'),
        ("2026-01-02T03:04:05.678901Z", "yesterday"),
        ('"trade_id":7,', ""),
        ('"qty":0.5', '"qty":true'),
    ],
)
def test_nonsense_of_a_feed_is_refused(old: str, new: str) -> None:
    with pytest.raises(ExchangeProtocolError):
        feed.trades(frame(ROW.replace(old, new)))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"channel":"trade"}', frame("1")])
def test_frames_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ExchangeProtocolError):
        feed.trades(text)


def tick(trade_id: int, time_us: int = 0) -> Tick:
    return Tick(BTC, Decimal(100), Decimal(1), Side.BUY, trade_id, Micros(time_us))


def test_what_is_known_is_not_played_again_and_gaps_are_numbered_over() -> None:
    tape = LiveTape()
    assert [t.trade_id for t in tape.take([tick(5), tick(6)])] == [1, 2]
    assert [t.trade_id for t in tape.take([tick(5), tick(6), tick(9)])] == [3]


def test_the_oldest_trades_are_forgotten_and_time_never_runs_back() -> None:
    track = LiveTrack(BTC_USD, kept_max=10)
    for number in range(1, 22):
        track.append(tick(number, number % 7))
    assert len(track) == 21
    assert track.tick(21).trade_id == 21
    assert track.tick(1).trade_id == 12, "the oldest known"
    times = [track.time_us(number) for number in range(12, 22)]
    assert times == sorted(times)
