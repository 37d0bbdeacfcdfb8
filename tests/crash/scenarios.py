"""Which lives does the engine live before it is killed?

A scenario is a script on the exchange's clock: prices, what the strategy wants, what the operator
and other people do. The strategy decides anew while its window is open and nothing was executed.
"""

from dataclasses import dataclass
from decimal import Decimal

from s1mpletrader.core.trader import Trader
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset, LinkId, OpportunityId, Symbol, TradeId, WorkerId
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Side, TimeInForce
from s1mpletrader.model.signals import ExitSignal, RoutedTradePlan

D = Decimal
BEGIN_US = 1_000_000 * SECOND
BTC, USD = Asset("BTC"), Asset("USD")
PAIR = Symbol("BTC/USD")
ONE, TWO = LinkId("one"), LinkId("two")
INSTRUMENT = Instrument(PAIR, BTC, USD, D("0.01"), D("0.001"), D("0.0001"), D("0.01"), D("0.5"))
CAPITAL = (
    inputs.CapitalConfigured(ONE, USD, D(10_000)),
    inputs.CapitalConfigured(TWO, USD, D(10_000)),
)


@dataclass(frozen=True)
class Trade:
    """What the strategy wants: in between `enter_s` and `until_s`, out from `exit_s` on."""

    number: int
    link: LinkId
    enter_s: int
    until_s: int
    exit_s: int | None = None
    tif: TimeInForce = TimeInForce.IOC


@dataclass(frozen=True)
class Price:
    """The market moves, and stays there."""

    price: Decimal


@dataclass(frozen=True)
class SetTrap:
    """The market will move there when the next look begins."""

    price: Decimal


@dataclass(frozen=True)
class Command:
    """The operator says something, and repeats it until it is answered."""

    verb: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class ByHand:
    """Somebody trades on the account with another program."""

    side: Side
    qty: Decimal


@dataclass(frozen=True)
class Deposit:
    """Money arrives."""

    amount: Decimal


Step = Price | SetTrap | Command | ByHand | Deposit


@dataclass(frozen=True)
class Scenario:
    """A script; seconds count from its beginning."""

    name: str
    end_s: int
    trades: tuple[Trade, ...]
    steps: tuple[tuple[int, Step], ...] = ()

    def decide(self, trader: Trader, turn: Turn, tick: inputs.MarketTick) -> None:
        """Be the strategy: want what the script says, one trade at a time."""
        at_s = (tick.time_us - BEGIN_US) // SECOND
        for trade in self.trades:
            if trade.enter_s <= at_s < trade.until_s and not _was_executed(trader, trade):
                _enter(trader, turn, trade, at_s)
            if trade.exit_s is not None and at_s >= trade.exit_s:
                signal = ExitSignal(PAIR, WorkerId("exit"), "the script says so", Micros(0))
                trader.follow(turn, trade.link, exits=(signal,))


def phase_of(trade_id: TradeId) -> str:
    """Return which of the script's trades an attempt belongs to."""
    return trade_id.split("-")[0]


def _was_executed(trader: Trader, trade: Trade) -> bool:
    books = trader.books
    return any(
        order.fills or order.is_live
        for each in books.trades.values()
        if phase_of(each.trade_id) == f"t{trade.number}"
        for order in books.orders_of(each)
    )


def _enter(trader: Trader, turn: Turn, trade: Trade, at_s: int) -> None:
    why = OpportunityId(f"o{trade.number}-{at_s}")
    found = records.OpportunityFound(why, trade.link, PAIR, WorkerId("enter"), "the script")
    plan = RoutedTradePlan(
        trade_id=TradeId(f"t{trade.number}-{at_s}"),
        opportunity_id=why,
        link=trade.link,
        symbol=PAIR,
        qty=D(10),
        limit_price=D(101),
        stop_trigger=D(90),
        tif=trade.tif,
    )
    trader.follow(turn, trade.link, facts=(found,), plans=(plan,))


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("planned exit", 100, (Trade(1, ONE, 44, 64, exit_s=76),)),
        Scenario(
            "stop triggered",
            100,
            (Trade(1, ONE, 44, 64),),
            ((70, SetTrap(D(89))), (72, Command("reconcile")), (84, Price(D(89)))),
        ),
        Scenario(
            "resting entry and a halt",
            120,
            (Trade(1, ONE, 44, 58, 90, TimeInForce.GTC), Trade(2, TWO, 76, 84, 100)),
            ((60, Command("halt")), (70, Command("resume")), (86, Command("halt"))),
        ),
        Scenario(
            "emergency close",
            100,
            (Trade(1, ONE, 44, 60), Trade(2, TWO, 50, 60)),
            ((66, Command("halt", ("close_positions",))),),
        ),
        Scenario(
            "in and out at once",
            80,
            (Trade(1, ONE, 44, 50, 45), Trade(2, TWO, 50, 56, 51)),
            (
                (44, Command("reconcile")),
                (46, Command("reconcile")),
                (50, Command("reconcile")),
            ),
        ),
        Scenario(
            "strangers on the account",
            110,
            (Trade(1, ONE, 44, 60, 80), Trade(2, TWO, 48, 62)),
            (
                (52, ByHand(Side.BUY, D(1))),
                (64, Deposit(D(100))),
                (66, Price(D(97))),
                (70, SetTrap(D(89))),
                (71, Command("reconcile")),
                (90, Price(D(88))),
            ),
        ),
    )
}
