"""Does the connector connect, subscribe, submit and look?"""

from decimal import Decimal

from s1mpletrader.model.base import Micros
from s1mpletrader.model.inputs import MarketTick
from s1mpletrader.model.looks import Complete
from s1mpletrader.model.orders import Ack
from tests.exchange.fake_kraken import FakeKraken, order_row, trade_row, trades_frame
from tests.exchange.world import CLIENT_ID, an_order, pass_door, play, world


def test_connect_subscribe_submit_and_look() -> None:
    async def scene() -> None:
        fake = FakeKraken()
        async with world(fake) as here:
            assert len(await here.kraken.connector.load_instruments()) == 2
            assert (await here.subscribed()).connection == 1
            await fake.push("public", trades_frame(7))
            tick = await here.until(MarketTick)
            assert tick.price == Decimal("30000.1")
            answer = await here.kraken.connector.submit(an_order(), may_send=pass_door)
            assert isinstance(answer, Ack)
            fake.open[answer.txid] = order_row(cl_ord_id=CLIENT_ID)
            fake.trades["TAAAAA-BBBBB-CCCCCC"] = trade_row(answer.txid)
            fake.balances = {"ZUSD": {"balance": "1000.5000", "hold_trade": "300.0"}}
            look = await here.kraken.connector.look(Micros(0), balances=True)
            assert isinstance(look, Complete)
            assert look.open[0].client_id == CLIENT_ID
            assert look.trades[0].fee == Decimal("1.20000")
            assert look.balances is not None
            assert look.balances.is_stable
            assert [str(row.asset) for row in look.balances.rows] == ["USD"]
            assert here.accepted

    play(scene)
