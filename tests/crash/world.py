"""What is there when the engine is not?

The exchange, the disk, the market and the people: everything that survives a crash, in one value
that can be copied. `run` lets simulated time pass, with or without a process.
"""

import pickle
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Self

from s1mpletrader.core.rules import Rules
from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ClientOrderId
from s1mpletrader.model.orders import NewOrder, OrderType
from tests.crash.scenarios import (
    BEGIN_US,
    BTC,
    CAPITAL,
    INSTRUMENT,
    PAIR,
    SCENARIOS,
    USD,
    ByHand,
    Command,
    Deposit,
    Price,
    Scenario,
    SetTrap,
)
from tests.durable.crash_disk import EMPTY, Image
from tests.fakes.dice import Dice
from tests.fakes.disk import WatchedDisk
from tests.fakes.engine import Engine
from tests.fakes.exchange import FakeExchange
from tests.fakes.messages import Delivery, Trap
from tests.fakes.temper import MS, Temper
from tests.fakes.timeline import Timeline, Whom

RULES = Rules()
TICK_EVERY_S = 2


class Witness:
    """Is told at every point where the process could die; this one lets everything pass."""

    def watch(self, world: "World", engine: Engine) -> None:
        """Learn who is watched."""

    def passes(self, point: str) -> None:
        """Note that a send is about to leave, or has left."""

    def disk_changes(self, what: str, path: Path | None, data: bytes) -> None:
        """Note that something on the disk is about to change."""


@dataclass(frozen=True)
class Tick:
    """Somebody trades in public."""

    number: int


@dataclass(frozen=True)
class Check:
    """The operator looks whether a command was answered."""

    command: Command
    run: int
    number: int


class World:
    """Everything but the process."""

    def __init__(self, scenario: Scenario, seed: int, temper: Temper) -> None:
        dice = Dice(seed)
        self.name = scenario.name
        self.seed = seed
        self.timeline = Timeline(BEGIN_US)
        totals = {USD: Decimal(100_000)}
        if seed % 2:
            totals[BTC] = Decimal(50)  # so that the exchange would execute a second sell
        self.exchange = FakeExchange(self.timeline, dice, temper, (INSTRUMENT,), totals)
        self.exchange.venue.prices[PAIR] = Decimal(100)
        self.image: Image = EMPTY
        self.runs = 0
        self.boot = 0
        self.ends_us = BEGIN_US + scenario.end_s * SECOND
        for at_s, step in scenario.steps:
            self.timeline.plan(BEGIN_US + at_s * SECOND, Whom.SCRIPT, step)
        for number in range(scenario.end_s // TICK_EVERY_S + 40):
            at = BEGIN_US + number * TICK_EVERY_S * SECOND + 500 * MS
            self.timeline.plan(at, Whom.SCRIPT, Tick(number))

    @property
    def scenario(self) -> Scenario:
        """The script, by name: it is not copied."""
        return SCENARIOS[self.name]

    def frozen(self) -> bytes:
        """Return a copy as bytes."""
        return pickle.dumps(self)

    @classmethod
    def thawed(cls, frozen: bytes) -> Self:
        """Return the world of that moment."""
        world: object = pickle.loads(frozen)  # noqa: S301 - our own bytes
        assert isinstance(world, cls)
        return world

    def boot_engine(self, witness: Witness) -> Engine:
        """Start a process on what the disk holds."""
        self.runs += 1
        self.timeline.forget(Whom.ENGINE)
        self.exchange.hang_up()
        disk = WatchedDisk(self.image)
        disk.witness = witness
        engine = Engine(self.timeline, self.exchange, disk, self.scenario.decide, witness, RULES)
        witness.watch(self, engine)
        run = inputs.RunStarted(
            version="test",
            python="3",
            config_hash="c",
            environment="paper",
            epoch=self.runs,
            start_bits=self.runs * 7 % 65536,
            seed=self.seed,
            host_id="host",
            boot_id=f"boot{self.boot}",
            instruments=(INSTRUMENT,),
        )
        engine.start(run, CAPITAL)
        return engine

    def run(self, engine: Engine | None, until_us: int) -> None:
        """Let time pass until `until_us`."""
        while (due := self.timeline.next(until_us)) is not None:
            whom, what = due
            if whom is Whom.EXCHANGE:
                self.exchange.handle(what)
            elif whom is Whom.SCRIPT:
                self._act(what, engine)
            elif engine is not None:
                engine.handle(what)

    def _act(self, what: object, engine: Engine | None) -> None:
        exchange, now = self.exchange, self.timeline.now_us
        match what:
            case Tick(number):
                price = exchange.venue.prices[PAIR]
                tick = inputs.MarketTick(PAIR, price, Decimal(1), "buy", number, Micros(now))
                if exchange.connection:
                    self.timeline.plan(now + 10 * MS, Whom.ENGINE, Delivery(0, tick))
            case Price(price):
                exchange.venue.move_price(PAIR, price)
            case SetTrap(price):
                exchange.trap = Trap(PAIR, price)
            case ByHand(side, qty):
                order = NewOrder(
                    client_id=ClientOrderId(""),
                    symbol=PAIR,
                    side=side,
                    type=OrderType.MARKET,
                    qty=qty,
                    deadline_us=Micros(now + SECOND),
                )
                exchange.venue.accept(order, None)
            case Deposit(amount):
                exchange.deposit(USD, amount)
            case Command():
                self._command(what, engine)
            case Check(command, run, number):
                if engine is None or run != self.runs or engine.durable_number < number:
                    self._command(command, engine)
            case other:
                raise AssertionError(other)
        exchange.tell_facts()

    def _command(self, command: Command, engine: Engine | None) -> None:
        number = 1 << 60
        if engine is not None:
            said = inputs.OperatorCommand(command.verb, "operator", arguments=command.arguments)
            engine.take(said)
            number = engine.trader.books.stamp.number
        check = Check(command, self.runs, number)
        self.timeline.plan(self.timeline.now_us + SECOND, Whom.SCRIPT, check)
