"""What is the exchange after a command?

Commands in, results and events out; synchronous, deterministic, without a clock. Folding the
same commands over the same tape gives the same venue, which is how a restart works.
"""

from dataclasses import dataclass, field

from s1mpletrader.errors import ConfigurationError, InternalError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Tick
from s1mpletrader.simulator import refusal
from s1mpletrader.simulator.account import Account, opening
from s1mpletrader.simulator.commands import (
    Amend,
    ArmDeadMan,
    Cancel,
    CancelAll,
    Command,
    Configured,
    Edit,
    Elapse,
    Founded,
    Heard,
    Place,
    Play,
    Push,
    SetStatus,
    Transfer,
    UseNonce,
)
from s1mpletrader.simulator.identity import Ids
from s1mpletrader.simulator.live_tape import LiveTape
from s1mpletrader.simulator.order_book import OrderBook
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.tape import Tape
from s1mpletrader.simulator.values import (
    Booked,
    Event,
    LedgerEntry,
    MarketTraded,
    Order,
    OrderType,
    StatusChanged,
    TapeEnded,
)

ONLINE = "online"
STATUSES = (ONLINE, "maintenance", "cancel_only", "post_only", "limit_only")


@dataclass(slots=True)
class Outcome:
    """What a command did: the orders it names, an id, and what everybody will hear."""

    orders: tuple[Order, ...] = ()
    id: str = ""
    count: int = 0
    events: list[Event] = field(default_factory=list)


class Venue:
    """Accounts, orders and the market, as far as the tape has been played."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.book = OrderBook(Ids(0))
        self.played: dict[Symbol, int] = dict.fromkeys(tape.tracks, 0)
        self.nonces: dict[str, int] = {}
        self.status = ONLINE
        self.at_us = Micros(0)
        """Protocol time of the last command."""

    @property
    def accounts(self) -> dict[str, Account]:
        """All accounts by name."""
        return self.book.accounts

    @property
    def tape_ended(self) -> bool:
        """Whether no trade will ever follow."""
        return self.tape.ends and self.tape.next_symbol(self.played) is None

    def market_us(self) -> Micros:
        """Return the market time of the last trade played."""
        return max(
            self.tape.tracks[symbol].time_us(count)
            for symbol, count in self.played.items()
            if count
        )

    def next_trade_us(self) -> Micros | None:
        """Return the market time of the next trade; None at the end of the tape."""
        symbol = self.tape.next_symbol(self.played)
        return None if symbol is None else self.tape.tracks[symbol].time_us(self.played[symbol] + 1)

    @property
    def system_status(self) -> str:
        """The state of the whole exchange; limit_only is a state of pairs."""
        return ONLINE if self.status == "limit_only" else self.status

    @property
    def pair_status(self) -> str:
        """The state of every pair."""
        return self.status if self.status in {"cancel_only", "post_only", "limit_only"} else ONLINE

    def has_due(self, at_us: Micros) -> bool:
        """Whether an `Elapse` at this moment would end an order or fire a dead-man switch."""
        fires = (account.dead_man_us for account in self.accounts.values())
        return bool(self.book.due(at_us)) or any(f is not None and f <= at_us for f in fires)

    def apply(self, command: Command) -> Outcome:
        """Change by one command; raises `Refused` and then has changed nothing."""
        if command.at_us < self.at_us:
            raise InternalError(f"a command of {command.at_us} after one of {self.at_us}")
        outcome = self._dispatch(command)
        self.at_us = command.at_us
        outcome.events = self.book.events
        self.book.events = []
        return outcome

    def _dispatch(self, command: Command) -> Outcome:  # noqa: C901, PLR0911, PLR0912 - an arm a command
        match command:
            case Place():
                self._check_status(post_only=command.draft.post_only)
                if self.status == "limit_only" and command.draft.type is not OrderType.LIMIT:
                    raise Refused(refusal.LIMIT_ONLY)
                return Outcome(orders=(self.book.place(command),))
            case Edit():
                self._check_status(post_only=bool(command.post_only))
                return Outcome(orders=self.book.edit(command))
            case Push():
                return Outcome(count=self.book.push(command))
            case Amend():
                self._check_status(post_only=command.post_only)
                return Outcome(id=self.book.amend(command))
            case Cancel():
                return self._cancel(command)
            case CancelAll():
                return self._cancel_all(command)
            case Play():
                return self._play(command)
            case Heard():
                return self._hear(command)
            case Elapse():
                return self._elapse(command)
            case UseNonce():
                return self._use_nonce(command)
            case ArmDeadMan():
                self.accounts[command.account].dead_man_us = command.fires_us
                return Outcome()
            case Transfer():
                return self._transfer(command)
            case SetStatus():
                return self._set_status(command)
            case Configured():
                self.book.rules = command.rules
                return Outcome()
            case Founded():
                return self._found(command)

    def _found(self, command: Founded) -> Outcome:
        if command.tape_sha256 != self.tape.sha256:
            raise ConfigurationError(
                f"this state was made with the tape {command.tape_sha256[:12]}..., "
                f"not with {self.tape.sha256[:12]}...",
                hint="use the tape it was made with, or another --state directory",
            )
        if isinstance(self.tape, LiveTape):
            self.tape.take(command.ticks)
        self.book = OrderBook(Ids(command.seed))
        for name, balances in command.balances.items():
            account = opening(name, balances, command.at_us, self.book.ids.new)
            self.book.accounts[name] = account
        for symbol, track in self.tape.tracks.items():
            # At least one trade has always happened, so that there is a price.
            begun = len(track) if command.ticks else command.played.get(symbol, 1)
            self.played[symbol] = max(1, begun)
            self.book.last[symbol] = track.tick(self.played[symbol]).price
        return Outcome()

    def _check_status(self, *, post_only: bool) -> None:
        if self.status == "maintenance":
            raise Refused(refusal.UNAVAILABLE)
        if self.status == "cancel_only":
            raise Refused(refusal.CANCEL_ONLY)
        if self.status == "post_only" and not post_only:
            raise Refused(refusal.POST_ONLY)

    def _cancel(self, command: Cancel) -> Outcome:
        if self.status == "maintenance":
            raise Refused(refusal.UNAVAILABLE)
        account = self.accounts[command.account]
        found = account.find(
            txid=command.txid, client_id=command.client_id, userref=command.userref
        )
        if not found:
            raise Refused(refusal.UNKNOWN_ORDER)
        for order in found:
            self.book.cancel(order, command.at_us)
        return Outcome(orders=tuple(found), count=len(found))

    def _cancel_all(self, command: CancelAll) -> Outcome:
        if self.status == "maintenance":
            raise Refused(refusal.UNAVAILABLE)
        found = tuple(self.accounts[command.account].open.values())
        for order in found:
            self.book.cancel(order, command.at_us)
        return Outcome(orders=found, count=len(found))

    def _play(self, command: Play) -> Outcome:
        played = 0
        for _ in range(command.trades):
            symbol = self.tape.next_symbol(self.played)
            if symbol is None:
                break
            played += 1
            self.played[symbol] += 1
            self._trade(self.tape.tracks[symbol].tick(self.played[symbol]), command.at_us)
        if played and self.tape_ended:
            self.book.events.append(TapeEnded())
        return Outcome(count=played)

    def _hear(self, command: Heard) -> Outcome:
        if not isinstance(self.tape, LiveTape):
            raise InternalError("trades of a feed, but this exchange plays a tape")
        new = self.tape.take(command.ticks)
        for tick in new:
            self.played[tick.symbol] += 1
            self._trade(tick, command.at_us)
        return Outcome(count=len(new))

    def _trade(self, tick: Tick, at_us: Micros) -> None:
        self.book.events.append(MarketTraded(tick))
        self.book.trade_on_tape(tick, at_us)

    def _elapse(self, command: Elapse) -> Outcome:
        due = self.book.due(command.at_us)
        for order, reason in due:
            self.book.cancel(order, command.at_us, reason)
        for account in self.accounts.values():
            if account.dead_man_us is not None and account.dead_man_us <= command.at_us:
                account.dead_man_us = None
        return Outcome(count=len(due))

    def _use_nonce(self, command: UseNonce) -> Outcome:
        if command.nonce <= self.nonces.get(command.key, 0):
            raise Refused(refusal.INVALID_NONCE)
        self.nonces[command.key] = command.nonce
        return Outcome()

    def _transfer(self, command: Transfer) -> Outcome:
        account = self.accounts[command.account]
        if command.amount < 0 and -command.amount > account.balances.get(command.asset, 0):
            raise Refused(refusal.INSUFFICIENT_FUNDS)
        entry = account.move(
            LedgerEntry(
                ledger_id=self.book.ids.new("L"),
                account=account.name,
                ref_id=self.book.ids.new("F"),
                kind="deposit" if command.amount >= 0 else "withdrawal",
                asset=command.asset,
                amount=command.amount,
                fee=command.amount * 0,
                balance=command.amount * 0,
                time_us=command.at_us,
            )
        )
        self.book.events.append(Booked(entry))
        return Outcome(id=entry.ledger_id)

    def _set_status(self, command: SetStatus) -> Outcome:
        if command.status not in STATUSES:
            raise Refused(refusal.INVALID_ARGUMENTS)
        self.status = command.status
        self.book.events.append(StatusChanged(command.status))
        return Outcome()
