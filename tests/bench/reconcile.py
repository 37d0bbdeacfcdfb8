"""What does a look cost when the account has a long past?

The same look of the same few new rows, taken in by books with 100 and with 10,000 closed orders:
what it costs must depend on what is new, not on history.
"""

import time
from decimal import Decimal as D
from statistics import median

from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, ExecId, TradeId
from s1mpletrader.model.looks import Complete
from s1mpletrader.model.orders import Fill, NewOrder, OrderRole, OrderType, Side
from tests.core.specimens import closed_row
from tests.core.test_reactions import complete
from tests.core.test_trader import LINK, PAIR, USD, Stage

SHORT, LONG = 100, 10_000
ROWS = 20
"""New rows in each look: strangers' orders, so that each is judged anew."""
ROUNDS = 30
RATIO_MAX = 1.5
"""Above it a look costs what the account's past costs (hard)."""


def cost_ratio() -> tuple[float, float]:
    """Return (seconds of a look with the long past, ratio to the short past)."""
    short, long = _stage(SHORT), _stage(LONG)
    costs: dict[int, list[float]] = {SHORT: [], LONG: []}
    for number in range(ROUNDS):  # interleaved, so that both see the same machine
        for past, stage in ((SHORT, short), (LONG, long)):
            costs[past].append(_look_s(stage, number))
    slow, quick = median(costs[LONG]), median(costs[SHORT])
    return slow, slow / quick


def _look_s(stage: Stage, number: int) -> float:
    stage.now += 3 * SECOND
    rows = tuple(closed_row("0", client_id=None, txid=f"NEW{number}-{row}") for row in range(ROWS))
    look: Complete = complete(stage, closed=rows)
    began = time.process_time()
    stage.tell(inputs.LookTaken(look))
    return time.process_time() - began


def _stage(past: int) -> Stage:
    """Return a trader whose books hold `past` closed orders of closed trades."""
    stage = Stage()
    stage.start()
    for number in range(past // 2):
        _trade(stage, number)
    return stage


def _trade(stage: Stage, number: int) -> None:
    """Book a trade that bought and sold the same for the same price."""
    trade_id = TradeId(f"past{number}")
    for side, role in ((Side.BUY, OrderRole.ENTRY), (Side.SELL, OrderRole.EXIT)):
        name = ClientOrderId(f"past{number}{side}")
        txid = ExchangeOrderId(f"P{number}{side}")
        order = NewOrder(name, PAIR, side, OrderType.MARKET, D(1), Micros(stage.now))
        fill = Fill(
            *(ExecId(f"E{number}{side}"), txid, PAIR, side, D(1), D(100), D(100), D(0), USD),
            Micros(stage.now - SECOND),
        )
        for record in (
            records.Intended(order, role, LINK, trade_id, Micros(0), D(0)),
            records.Acked(name, txid, "stream"),
            records.Filled(name, fill),
            records.FinalVolume(name, D(1), "stream"),
        ):
            stage.trader.books.apply(record)
    stage.trader.books.apply(records.TradeClosed(trade_id, "", D(0), D(0)))
