"""Which sequences of true events would hurt the account, or the engine?"""

from decimal import Decimal as D

import pytest

from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ExchangeOrderId, ExecId, Symbol
from s1mpletrader.model.looks import ClosedRow
from s1mpletrader.model.orders import Fill, OrderType, Side
from tests.core.test_trader import USD, Stage


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.start()
    return stage


def test_a_trade_of_a_person_on_an_unlisted_pair_does_not_kill_the_engine(stage: Stage) -> None:
    pair, now = Symbol("NEWUSD"), Micros(stage.now)
    row = ClosedRow(
        ExchangeOrderId("F1"), None, pair, Side.BUY, OrderType.MARKET, D(1), D(1), now, now
    )
    trade = Fill(
        exec_id=ExecId("TF"),
        txid=row.txid,
        symbol=pair,
        side=Side.BUY,
        qty=D(1),
        price=D(2),
        cost=D(2),
        fee=D("0.01"),
        fee_asset=USD,
        time_us=Micros(stage.now + 1),
    )
    stage.now += 10_000_000
    stage.look(closed=(row,), trades=(trade,))
    assert row.txid in stage.trader.books.foreign
