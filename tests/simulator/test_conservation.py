"""Does money neither appear nor vanish, whatever is asked of the exchange?"""

import random
from collections import Counter
from decimal import Decimal as D
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from s1mpletrader.core import matching
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.simulator import order_book, tape
from s1mpletrader.simulator.account import Account, total
from s1mpletrader.simulator.commands import (
    Amend,
    CancelAll,
    Command,
    Configured,
    Edit,
    Elapse,
    Play,
    Push,
    Rules,
    Transfer,
)
from s1mpletrader.simulator.pairs import PAIRS
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.values import (
    LIMITED,
    STOPS,
    TRAILING,
    Close,
    Offset,
    Order,
    OrderType,
    SelfTrade,
)
from s1mpletrader.simulator.venue import Venue
from tests.simulator.harness import SOL, Bench, small_tape

HOURS = [
    f"2020-01-0{1 + hour // 24}T{hour % 24:02}:00:00Z,100,{103 + hour % 7},{97 - hour % 5},100,6"
    for hour in range(48)
]
"""Bars that swing around 100, so that limits fill and stops trigger."""

with TemporaryDirectory() as _directory:
    MARKET = tape.load(small_tape(Path(_directory), "\n".join([",".join(tape.COLUMNS), *HOURS])))

SEQUENCES = 8
ACTIONS = 250
WEIGHTS = {
    "place": 10,
    "play": 8,
    "amend": 3,
    "edit": 1,
    "push": 1,
    "cancel_all": 0.3,
    "elapse": 2,
    "rule": 1,
}
"""How often what is done; `transfer` besides."""


def price_of(dice: random.Random) -> D:
    return D(dice.randint(9_500, 10_500)).scaleb(-2)


def qty_of(dice: random.Random) -> D:
    return D(dice.randint(50_000, 300_000_000)).scaleb(-8)


def act(bench: Bench, dice: random.Random) -> None:
    """Do something at random; a refusal must change nothing."""
    before = snapshot(bench)
    try:
        _act(bench, dice)
    except Refused:
        assert snapshot(bench) == before


def _act(bench: Bench, dice: random.Random) -> None:
    kinds = [*WEIGHTS, "transfer"]
    match dice.choices(kinds, [*WEIGHTS.values(), 1])[0]:
        case "place":
            place(bench, dice)
        case "amend":
            amend(bench, dice)
        case "play":
            trades = dice.randint(1, 3)
            bench.apply(lambda at: Play(at, trades))
        case "cancel_all":
            bench.apply(lambda at: CancelAll(at, "main"))
        case "edit":
            edit(bench, dice)
        case "push":
            push(bench, dice)
        case "elapse":
            bench.now += SECOND
            bench.apply(Elapse)
        case "rule":
            queue = dice.choice([None, None, D("0.01")])
            rules = Rules(stops_hold=dice.random() < 0.5, queue_ahead=queue)
            bench.apply(lambda at: Configured(at, rules))
        case _:
            asset, amount = dice.choice(["USD", "BTC"]), D(dice.randint(-5, 5))
            bench.apply(lambda at: Transfer(at, "main", Asset(asset), amount))


def place(bench: Bench, dice: random.Random) -> None:
    kind = dice.choice([OrderType.LIMIT, OrderType.LIMIT, *OrderType])
    tif = dice.choice([TimeInForce.GTC, TimeInForce.GTC, *TimeInForce])
    bench.place(
        dice.choice(["main", "other"]),
        side=dice.choice(list(Side)),
        type=kind,
        qty=qty_of(dice),
        limit_price=price_of(dice) if kind in LIMITED else None,
        trigger_price=price_of(dice) if kind in STOPS - TRAILING else None,
        trail=Offset(D(dice.randint(1, 5)), dice.random() < 0.5) if kind in TRAILING else None,
        limit_offset=Offset(D(dice.randint(-5, 5)))
        if kind is OrderType.TRAILING_STOP_LIMIT
        else None,
        close=close_of(dice) if dice.random() < 0.1 else None,
        fee_in_base=dice.random() < 0.2,
        tif=tif,
        expire_us=Micros(bench.now + 2 * SECOND) if tif is TimeInForce.GTD else None,
        post_only=kind is OrderType.LIMIT and dice.random() < 0.2,
        self_trade=dice.choice(list(SelfTrade)),
    )


def close_of(dice: random.Random) -> Close:
    if dice.random() < 0.5:
        return Close(OrderType.LIMIT, limit_price=price_of(dice))
    return Close(OrderType.STOP_LOSS, trigger_price=price_of(dice))


def edit(bench: Bench, dice: random.Random) -> None:
    orders = list(bench.venue.accounts["main"].open.values())
    if orders:
        txid, qty, price = dice.choice(orders).txid, qty_of(dice), price_of(dice)
        bench.apply(lambda at: Edit(at, "main", txid, qty, price))


def push(bench: Bench, dice: random.Random) -> None:
    orders = list(bench.venue.accounts["main"].open.values())
    if orders:
        txid, fraction = dice.choice(orders).txid, D(dice.randint(0, 10)) / 10
        bench.apply(lambda at: Push(at, "main", txid, fraction))


def amend(bench: Bench, dice: random.Random) -> None:
    orders = list(bench.venue.accounts["main"].open.values())
    if not orders:
        return
    order = dice.choice(orders)
    name = "trigger_price" if order.is_sleeping else "limit_price"
    changes: dict[str, Any] = {"qty": qty_of(dice), name: price_of(dice)}
    bench.apply(lambda at: Amend(at, "main", order.txid, **changes))


def snapshot(bench: Bench) -> list[Any]:
    """Return everything that a refusal could spoil."""
    return [
        (dict(account.balances), dict(account.orders), len(account.ledger))
        for account in bench.venue.accounts.values()
    ]


def check(bench: Bench) -> None:
    """Check what must hold at all times."""
    for account in bench.venue.accounts.values():
        for asset, balance in account.balances.items():
            assert balance >= 0, asset
            assert balance == total(account.ledger, asset)
            held = account.held(asset, stops_hold=bench.venue.book.rules.stops_hold)
            assert held >= 0
        for order in account.orders.values():
            check_order(order, account)


def check_order(order: Order, account: Account) -> None:
    trades = [account.trades[exec_id] for exec_id in order.trades]
    assert 0 <= order.executed <= order.qty
    assert order.executed == sum(trade.qty for trade in trades)
    assert order.cost == sum(trade.cost for trade in trades)
    assert order.fee == sum(trade.fee for trade in trades)
    assert order.is_open == (order.txid in account.open)
    assert order.is_open == (order.closed_us is None)


def check_end(bench: Bench) -> None:
    """Check that balances are exactly the openings, transfers and trades."""
    for account in bench.venue.accounts.values():
        expected = dict.fromkeys(account.balances, D(0))
        for entry in account.ledger:
            if entry.kind != "trade":
                expected[entry.asset] += entry.amount
        for trade in account.trades.values():
            pair, sign = PAIRS[trade.symbol], 1 if trade.side is Side.BUY else -1
            expected[pair.base.name] += sign * trade.qty - trade.base_fee
            expected[pair.quote.name] -= sign * trade.cost
            expected[pair.quote.name] -= D(0) if trade.base_fee else trade.fee
        assert expected == account.balances


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_no_sequence_of_requests_makes_or_loses_money(seed: int) -> None:
    bench, dice = Bench(MARKET), random.Random(seed)  # noqa: S311 - a test
    for _ in range(ACTIONS):
        act(bench, dice)
        check(bench)
    check_end(bench)
    again = replayed(bench.log)
    assert snapshot(again) == snapshot(bench), "the accepted commands alone make the same venue"
    assert again.venue.played == bench.venue.played


def test_the_sequences_reach_every_end_of_an_order() -> None:
    ends: Counter[str] = Counter()
    for seed in range(SEQUENCES):
        bench, dice = Bench(MARKET), random.Random(seed)  # noqa: S311 - a test
        for _ in range(ACTIONS):
            act(bench, dice)
        for account in bench.venue.accounts.values():
            ends.update(order.reason or str(order.status) for order in account.orders.values())
            ends["in base"] += sum(bool(trade.base_fee) for trade in account.trades.values())
            ends["closing"] += sum(bool(order.refid) for order in account.orders.values())
            ends["maker"] += sum(trade.maker for trade in account.trades.values())
            ends["partly"] += sum(0 < o.executed < o.qty for o in account.orders.values())
    reasons = {
        order_book.USER_REQUESTED,
        order_book.POST_ONLY,
        order_book.SELF_TRADE,
        order_book.NOT_FILLED_AT_ONCE,
        order_book.NO_FUNDS,
        order_book.EXPIRED,
        order_book.EDITED,
    }
    assert {*reasons, "open", "closed"} <= set(ends)
    assert all(ends[name] for name in ("maker", "partly", "in base", "closing"))
    assert ends["maker"] > SEQUENCES


def replayed(log: list[Command]) -> Bench:
    bench = Bench(MARKET)
    bench.venue = Venue(MARKET)
    for command in log:
        bench.venue.apply(command)
    return bench


def test_an_exchange_that_forgets_the_fee_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(MARKET)
    monkeypatch.setattr(Account, "move", _feeless)
    bench.place(qty="1")
    with pytest.raises(AssertionError):
        check(bench)


def _feeless(account: Account, entry: Any) -> Any:
    account.balances[entry.asset] += entry.amount
    account.ledger.append(entry)
    return entry


def test_an_exchange_that_overfills_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(MARKET)
    greedy = matching.take
    monkeypatch.setattr(
        matching,
        "take",
        lambda levels, side, qty, limit=None: greedy(levels, side, qty * 2, limit),
    )
    with pytest.raises((AssertionError, ValueError)):  # noqa: PT012 - either notices
        bench.place(qty="1", symbol=SOL)
        check(bench)
