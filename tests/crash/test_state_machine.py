"""Is every promise kept, whatever people, the market, the network and the power do next?

Hypothesis writes the script: it is the market, the strategy, the operator, other people on the
account, and what kills the process. At the end everything is left alone until it rests; then the
books are compared with the exchange's (`verdict.py`).
"""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from s1mpletrader.core.trader import Trader
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND
from s1mpletrader.model.ids import LinkId
from s1mpletrader.model.orders import Side, TimeInForce
from tests.crash.harness import POWER_DOWN_US, settle
from tests.crash.sabotages import SABOTAGES
from tests.crash.scenarios import (
    BEGIN_US,
    ONE,
    TWO,
    ByHand,
    Command,
    Deposit,
    Price,
    Scenario,
    SetTrap,
    Step,
    Trade,
)
from tests.crash.verdict import violations
from tests.crash.world import Witness, World
from tests.fakes.disk import Left
from tests.fakes.engine import Engine
from tests.fakes.messages import Drop
from tests.fakes.temper import STORMY, UNKIND
from tests.fakes.timeline import Whom

ENTER_FOR_S = 60
TRADES_MAX = 4
LIFE_S = 1_200
"""Ticks are planned for so long; nothing is wanted later."""


class Improvised:
    """A script that is written while it is played."""

    def __init__(self) -> None:
        self.script = Scenario("improvised", LIFE_S, ())

    @property
    def trades(self) -> tuple[Trade, ...]:
        """What the strategy has wanted so far."""
        return self.script.trades

    def decide(self, trader: Trader, turn: Turn, tick: inputs.MarketTick) -> None:
        """Want what the script says by now."""
        self.script.decide(trader, turn, tick)


class OpenWorld(World):
    """A world whose script is not known yet."""

    def __init__(self, seed: int, *, is_stormy: bool) -> None:
        self.improvised = Improvised()
        super().__init__(self.improvised.script, seed, STORMY if is_stormy else UNKIND)

    @property
    def scenario(self) -> Improvised:  # type: ignore[override]
        """The script so far."""
        return self.improvised


class Life(RuleBasedStateMachine):
    """One account's life."""

    @initialize(seed=st.integers(0, 10_000), is_stormy=st.booleans())
    def begin(self, seed: int, is_stormy: bool) -> None:
        self.world = OpenWorld(seed, is_stormy=is_stormy)
        self.engine: Engine = self.world.boot_engine(Witness())
        self.wait(44)  # the newcomer's wait, and a first look
        self.want_in(ONE, rests=False)
        self.wait(3)

    @property
    def now_s(self) -> int:
        return (self.world.timeline.now_us - BEGIN_US) // SECOND

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        self.world.run(self.engine, self.world.timeline.now_us + seconds * SECOND)

    @rule(ms=st.integers(1, 900))
    def wait_a_moment(self, ms: int) -> None:
        self.world.run(self.engine, self.world.timeline.now_us + ms * 1_000)

    @precondition(lambda self: len(self.world.improvised.trades) < TRADES_MAX)
    @rule(link=st.sampled_from([ONE, TWO]), rests=st.booleans())
    def want_in(self, link: LinkId, rests: bool) -> None:
        number = len(self.world.improvised.trades) + 1
        tif = TimeInForce.GTC if rests else TimeInForce.IOC
        self._want(Trade(number, link, self.now_s, self.now_s + ENTER_FOR_S, None, tif))

    @rule(data=st.data())
    def want_out(self, data: st.DataObject) -> None:
        wanted = [each for each in self.world.improvised.trades if each.exit_s is None]
        if wanted:
            trade = data.draw(st.sampled_from(wanted))
            script = self.world.improvised.script
            rest = tuple(
                replace(each, exit_s=self.now_s) if each is trade else each
                for each in script.trades
            )
            self.world.improvised.script = replace(script, trades=rest)

    @rule(price=st.sampled_from([85, 89, 95, 100, 102]), waits_for_look=st.booleans())
    def move_price(self, price: int, waits_for_look: bool) -> None:
        self._do((SetTrap if waits_for_look else Price)(Decimal(price)))

    @rule(
        verb=st.sampled_from(["halt", "resume", "reconcile"]),
        closes=st.booleans(),
    )
    def command(self, verb: str, closes: bool) -> None:
        arguments = ("close_positions",) if verb == "halt" and closes else ()
        self._do(Command(verb, arguments))

    @rule(amount=st.integers(1, 500))
    def pay_in(self, amount: int) -> None:
        self._do(Deposit(Decimal(amount)))

    @rule()
    def trade_by_hand(self) -> None:
        self._do(ByHand(Side.BUY, Decimal(1)))

    @rule()
    def cut_the_line(self) -> None:
        drop = Drop(self.world.exchange.connection)
        self.world.timeline.plan(self.world.timeline.now_us, Whom.EXCHANGE, drop)
        self.wait_a_moment(1)

    @rule(left=st.sampled_from(Left), down_s=st.integers(1, 40))
    def kill(self, left: Left, down_s: int) -> None:
        self.world.image = self.engine.disk.left(left)
        self.engine.stop()
        self.world.exchange.hang_up()
        is_kill = left is Left.SEEN
        self.world.boot += 0 if is_kill else 1
        down_us = down_s * SECOND + (0 if is_kill else POWER_DOWN_US)
        self.world.run(None, self.world.timeline.now_us + down_us)
        self.engine = self.world.boot_engine(Witness())

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.command("halt", closes=False)  # an entry that rests would rest for ever
        settle(self.world, self.engine)
        found = violations(self.world, self.engine)
        traded = sum(bool(each.fills) for each in self.engine.trader.books.orders.values())
        event(f"{min(traded, 3)} orders or more were executed")
        self.engine.stop()
        assert found == []

    def _want(self, trade: Trade) -> None:
        script = self.world.improvised.script
        self.world.improvised.script = replace(script, trades=(*script.trades, trade))

    def _do(self, step: Step) -> None:
        self.world.timeline.plan(self.world.timeline.now_us, Whom.SCRIPT, step)
        self.wait_a_moment(1)


LONG = settings(
    max_examples=400,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLife = pytest.mark.slow(Life.TestCase)
TestLife.settings = LONG


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resend on Unknown", "second sell while UNKNOWN"])
def test_an_improvised_life_notices_a_broken_engine(name: str) -> None:
    quick = settings(LONG, phases=[Phase.generate], database=None)
    with SABOTAGES[name](), pytest.raises(AssertionError):
        run_state_machine_as_test(Life, settings=quick)
