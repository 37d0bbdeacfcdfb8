"""What does the exchange tell, when, and on which connection?

Requests travel, answers get lost, the stream and the answers overtake each other, lists lag each
in its own way, connections break. Everything is drawn by name (`dice.py`); nothing is drawn that
the real one could not do.
"""

from decimal import Decimal

from s1mpletrader.model import inputs
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId
from s1mpletrader.model.looks import Balances, Complete, LedgerRow, Look, Partial
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import (
    Ack,
    AmendAnswer,
    Amended,
    CancelDone,
    Duplicate,
    NewOrder,
    Reject,
)
from tests.fakes.dice import Dice
from tests.fakes.messages import (
    AmendRequest,
    Arrival,
    Ask,
    Credit,
    Delivery,
    Drop,
    Execute,
    Fact,
    Finish,
    LookInProgress,
    Request,
    Trap,
)
from tests.fakes.shown import Shown
from tests.fakes.temper import MS, Temper
from tests.fakes.timeline import Timeline, Whom
from tests.fakes.venue import Venue


class FakeExchange:
    """One account at an unkind exchange."""

    def __init__(
        self,
        timeline: Timeline,
        dice: Dice,
        temper: Temper,
        instruments: tuple[Instrument, ...],
        totals: dict[Asset, Decimal],
    ) -> None:
        self.timeline = timeline
        self.dice = dice
        self.temper = temper
        self.venue = Venue(timeline, dice, temper, instruments, totals)
        self.shown = Shown(self.venue, dice, temper)
        self.connection = 0
        """The connection that is up, else 0."""
        self.arrived: list[ClientOrderId] = []
        """Every submit that ever arrived, accepted or not."""
        self.left: list[tuple[int, ClientOrderId]] = []
        """When which submit left the engine."""
        self.ledgers: list[LedgerRow] = []
        self.trap: Trap | None = None
        self._connections = 0
        self._requests = 0
        self._stream_until_us = 0

    @property
    def hides_until_us(self) -> int:
        """From when on no order is hidden any more."""
        orders = self.venue.orders.values()
        return max((self.venue.shows_from_us(each) for each in orders), default=0)

    # What the engine's connector calls.

    def connect(self) -> None:
        """Begin a connection: subscribed after a while, then perhaps a snapshot."""
        self._connections += 1
        self.connection = self._connections
        now = self.timeline.now_us
        hello = self.dice.number(f"hello{self.connection}", 1, 300 * MS)
        self._stream_until_us = now + hello
        self._deliver(hello, inputs.LeaseRenewed(Micros(now)))  # the token's call
        self._deliver(hello, inputs.ConnectionChanged(self.connection, "subscribed"))
        for order in self.venue.orders.values():
            is_shown = self.temper.shows_snapshot and not self.shown.is_hidden(order, now)
            if order.is_open and is_shown:
                self._stream(inputs.OrderEvent(order.txid, order.client_id, "open"))

    def hang_up(self) -> None:
        """Forget the engine's process; what it sent is still on its way."""
        self.connection = 0

    def send(self, request: Request) -> None:
        """Take a request off the engine's hands; it arrives later, if its bytes left."""
        name = self._next_name("request")
        if isinstance(request, NewOrder):
            self.left.append((self.timeline.now_us, request.client_id))
        travel = self.dice.number(f"{name}:travel", 1, 250 * MS)
        if self.dice.chance(f"{name}:late", self.temper.late_request_percent):
            travel = self.dice.number(f"{name}:travel", SECOND, 7 * SECOND)
        if self.connection == 0:
            return  # into a socket that is dead and not yet known to be
        now = self.timeline.now_us
        self.timeline.plan(now + travel, Whom.EXCHANGE, Arrival(self.connection, name, request))
        if self.dice.chance(f"{name}:drop", self.temper.drop_percent):
            at = now + self.dice.number(f"{name}:dropped", 1, 800 * MS)
            self.timeline.plan(at, Whom.EXCHANGE, Drop(self.connection))

    def look(self, since_us: Micros) -> None:
        """Read everything, one list after the other."""
        name, now = self._next_name("look"), Micros(self.timeline.now_us)
        self._plan_read(LookInProgress(self.connection, name, since_us, now))

    def ask(
        self,
        txid: ExchangeOrderId | None = None,
        *,
        balances: bool = False,
        asked_us: Micros | None = None,
    ) -> None:
        """Look one order up, or read the balances."""
        name, now = self._next_name("ask"), Micros(self.timeline.now_us)
        travel = self.dice.number(f"{name}:travel", 1, self.temper.call_us)
        ask = Ask(self.connection, name, now, txid, balances, asked_us)
        self.timeline.plan(now + travel, Whom.EXCHANGE, ask)

    # What happens at the exchange.

    def handle(self, what: object) -> None:
        """Let one planned thing happen."""
        match what:
            case Arrival():
                self._arrive(what)
            case Execute(txid, qty):
                self.venue.execute(txid, qty)
            case Finish(txid, reason):
                self.venue.finish(txid, reason)
            case Credit(fill):
                self.venue.credit(fill)
            case Drop(connection):
                self._drop(connection)
            case LookInProgress():
                self._read(what)
            case Ask():
                self._answer_ask(what)
            case other:
                raise AssertionError(other)
        self.tell_facts()

    def tell_facts(self) -> None:
        """Put what has just happened on the stream."""
        facts, self.venue.facts = self.venue.facts, []
        for fact in facts:
            self._tell(fact)

    def deposit(self, asset: Asset, amount: Decimal) -> None:
        """Book money that no trade moved."""
        ledger_id, now = self.venue.book(asset, amount), Micros(self.timeline.now_us)
        self.ledgers.append(LedgerRow(ledger_id, asset, amount, Decimal(0), "deposit", now))

    def _arrive(self, arrival: Arrival) -> None:
        request, name = arrival.request, arrival.name
        if isinstance(request, NewOrder):
            self.arrived.append(request.client_id)
            answer = self._open(request)
        elif isinstance(request, AmendRequest):
            answer = inputs.AmendAnswered(request.client_id, self._amend(request, name))
        else:
            known = self.venue.cancel(request.client_id, request.txid)
            answer = inputs.CancelAnswered(request.client_id, CancelDone(known))
        if answer is None or self.dice.chance(f"{name}:lost", self.temper.lost_answer_percent):
            return
        slow = self.dice.chance(f"{name}:slow", self.temper.late_answer_percent)
        bound = 12 * SECOND if slow else max(self.temper.answer_us, 1)
        at = self.timeline.now_us + self.dice.number(f"{name}:answer", 1, bound)
        call = request.call if isinstance(request, AmendRequest) else 0
        self.timeline.plan(at, Whom.ENGINE, Delivery(arrival.connection, answer, call))

    def _open(self, order: NewOrder) -> inputs.Input | None:
        done = self.venue.accept(order, order.client_id)
        if isinstance(done, str):
            refusal = Duplicate() if "Duplicate" in done else Reject(done)
            return inputs.Submitted(order.client_id, refusal)
        if self.shown.is_hidden(done, self.timeline.now_us):
            return None
        return inputs.Submitted(order.client_id, Ack(done.txid))

    def _amend(self, request: AmendRequest, name: str) -> AmendAnswer:
        if self.dice.chance(f"{name}:refused", self.temper.amend_refused_percent):
            return Reject("EService:Busy")
        refusal = self.venue.amend(request.txid, request.qty, request.trigger, request.deadline_us)
        return Amended() if refusal is None else Reject(refusal)

    def _drop(self, connection: int) -> None:
        if connection != self.connection or connection == 0:
            return
        self.connection = 0
        why = self.dice.pick(f"drop{connection}", ("reset by peer", "silence"))
        lag = self.dice.number(f"notice{connection}", 1, 3 * SECOND)
        self._deliver(lag, inputs.ConnectionChanged(connection, "down", why=why), any_one=True)

    def _tell(self, fact: Fact) -> None:
        order = self.venue.orders[fact.txid]
        if self.shown.is_hidden(order, self.timeline.now_us):
            return
        is_closed = fact.kind == "closed"
        event = inputs.OrderEvent(
            fact.txid,
            order.client_id,
            fact.kind,
            fill=fact.fill,
            vol_exec=order.executed if is_closed and self._states_volume(order.number) else None,
            reason=order.reason if is_closed else "",
        )
        self._stream(event)

    def _states_volume(self, number: int) -> bool:
        return self.dice.chance(f"volume{number}", 70)

    def _stream(self, event: inputs.OrderEvent) -> None:
        """Send on the stream: in order, late, and never over another connection."""
        if self.connection == 0:
            return
        name = self._next_name("event")
        lag = self.dice.number(name, 1, max(self.temper.stream_us, 1))
        at = max(self._stream_until_us, self.timeline.now_us + lag)
        self._stream_until_us = at
        self.timeline.plan(at, Whom.ENGINE, Delivery(self.connection, event))

    # Reads.

    def _plan_read(self, look: LookInProgress) -> None:
        lag = self.dice.number(f"{look.name}:{look.left[0]}", 1, max(self.temper.call_us, 1))
        self.timeline.plan(self.timeline.now_us + lag, Whom.EXCHANGE, look)

    def _read(self, look: LookInProgress) -> None:
        if look.connection != self.connection:
            return
        if self.dice.chance(f"{look.name}:failed", self.temper.failed_read_percent):
            self._deliver(1, inputs.LookTaken(Partial("EService:Unavailable")))
            return
        what = look.left.pop(0)
        if what == "open" and self.trap is not None:
            trap, self.trap = self.trap, None
            self.venue.move_price(trap.symbol, trap.price)
        match what:
            case "open":
                look.open = self.shown.open_rows()
            case "closed":
                look.closed = self.shown.closed_rows(look.since_us)
            case "trades":
                look.trades = self.shown.trades(look.since_us)
            case "ledger":
                look.ledger_id = self._ledger_id
            case "balances":
                look.rows = self.shown.balances()
                look.ledgers = tuple(each for each in self.ledgers if each.time_us >= look.since_us)
            case _:
                pass  # `again`: the last ledger id is read once more
        if look.left:
            self._plan_read(look)
        else:
            self._deliver(1, inputs.LeaseRenewed(look.began_us))
            self._deliver(2, inputs.LookTaken(self._complete(look)))

    def _complete(self, look: LookInProgress) -> Look:
        return Complete(
            connection=look.connection,
            began_us=look.began_us,
            ended_us=Micros(self.timeline.now_us),
            since_us=look.since_us,
            open=look.open,
            closed=look.closed,
            trades=look.trades,
            balances=Balances(look.rows, look.ledger_id, self._ledger_id, look.ledgers),
        )

    def _answer_ask(self, ask: Ask) -> None:
        if ask.connection != self.connection:
            return
        self._deliver(1, inputs.LeaseRenewed(ask.sent_us))
        if ask.txid is not None:
            lookup = self.shown.lookup(self.venue.orders.get(ask.txid))
            self._deliver(2, inputs.OrderLookedUp(ask.txid, lookup))
        elif ask.wants_balances:
            balances = Balances(self.shown.balances(), self._ledger_id, self._ledger_id)
            self._deliver(2, inputs.BalancesRead(balances, ask.asked_us or ask.sent_us))

    @property
    def _ledger_id(self) -> str:
        return f"L{self.venue.ledger_id:05}"

    def _deliver(self, lag_us: int, event: inputs.Input, *, any_one: bool = False) -> None:
        connection = 0 if any_one else self.connection
        delivery = Delivery(connection, event)
        self.timeline.plan(self.timeline.now_us + lag_us, Whom.ENGINE, delivery)

    def _next_name(self, kind: str) -> str:
        self._requests += 1
        return f"{kind}{self._requests}"
