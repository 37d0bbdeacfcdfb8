"""What do test groups look like?"""

from decimal import Decimal

from s1mpletrader.model.base import Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.inputs import MarketTick, Stamp
from s1mpletrader.model.records import AlertRaised


def group(number: int, *texts: str) -> Group:
    """Return a tick numbered `number` with one record per text."""
    return Group(
        Stamp(number, Micros(1_000 + number), Micros(2_000 + number)),
        MarketTick(
            Symbol("BTC/USD"), Decimal("50000.1"), Decimal("0.5"), "buy", number, Micros(number)
        ),
        tuple(AlertRaised("info", "test", each) for each in texts),
    )
