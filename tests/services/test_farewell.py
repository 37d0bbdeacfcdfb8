"""Does the last line of a stop name everything that is left behind?"""

from s1mpletrader.model import inputs
from s1mpletrader.model.ids import ExchangeOrderId
from s1mpletrader.model.orders import Ack
from s1mpletrader.services.farewell import farewell
from tests.core.test_trader import Stage, submit_in


def test_a_stop_with_nothing_held_says_so() -> None:
    stage = Stage()
    stage.start()
    assert farewell(stage.trader.books) == "stopped; nothing is held"


def test_a_stop_names_each_position_its_stop_and_every_doubt() -> None:
    """SAFETY W4."""
    stage = Stage()
    stage.start()
    entry = submit_in(stage.plan())
    stop = submit_in(stage.fill(entry, "10", "100", "O1")).order
    stage.close(entry, "10", "O1")
    in_doubt = f"stop {stop.client_id} is in doubt"
    assert farewell(stage.trader.books).endswith(in_doubt)
    stage.tell(inputs.Submitted(stop.client_id, Ack(ExchangeOrderId("O2"))))
    assert farewell(stage.trader.books) == (
        "stopped; btc_trend holds 10 of BTC/USD, guarded at the exchange by a stop of 10 at 90"
    )
