"""What does an account have, what do its orders hold, and what has it ever done?"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_CEILING, Decimal

import msgspec

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Asset
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator.pairs import HIGHEST_FEE, PAIRS, FeeTier, fee_tier
from s1mpletrader.simulator.values import LedgerEntry, Order, Trade

FEE_WINDOW_FOR_US = 30 * 86_400 * SECOND
_NOTHING = Decimal(0)


class Account:
    """Balances change only together with a ledger entry."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.balances: dict[Asset, Decimal] = {}
        self.orders: dict[str, Order] = {}
        self.open: dict[str, Order] = {}
        """The open ones among `orders`, in the order of acceptance."""
        self.closed: list[str] = []
        """Final orders in the order in which they became final."""
        self.trades: dict[str, Trade] = {}
        self.ledger: list[LedgerEntry] = []
        self.dead_man_us: Micros | None = None
        self._volume: deque[tuple[Micros, Decimal]] = deque()
        self._volume_sum = _NOTHING

    def held(self, asset: Asset, *, stops_hold: bool, without: str = "") -> Decimal:
        """Return what open orders set aside of `asset`, leaving out the order `without`."""
        holds = (
            hold_of(order, stops_hold=stops_hold)
            for order in self.open.values()
            if order.txid != without
        )
        return sum((amount for held, amount in holds if held == asset), _NOTHING)

    def free(self, asset: Asset, *, stops_hold: bool, without: str = "") -> Decimal:
        """Return what a new order could use of `asset`."""
        total = self.balances.get(asset, _NOTHING)
        return total - self.held(asset, stops_hold=stops_hold, without=without)

    def put(self, order: Order) -> None:
        """Store an order's present value and keep the lists."""
        self.orders[order.txid] = order
        if order.is_open:
            self.open[order.txid] = order
        elif self.open.pop(order.txid, None) is not None:
            self.closed.append(order.txid)

    def move(self, entry: LedgerEntry) -> LedgerEntry:
        """Book an entry: its amount and fee change the balance, which it then states."""
        balance = self.balances.get(entry.asset, _NOTHING) + entry.amount - entry.fee
        self.balances[entry.asset] = balance
        booked = msgspec.structs.replace(entry, balance=balance)
        self.ledger.append(booked)
        return booked

    def book_trade(self, trade: Trade, new_id: Callable[[str], str]) -> list[LedgerEntry]:
        """Book both legs of an execution and count it for the fee tier."""
        pair = PAIRS[trade.symbol]
        sign = 1 if trade.side is Side.BUY else -1
        legs = (
            (pair.base.name, sign * trade.qty, trade.base_fee),
            (pair.quote.name, -sign * trade.cost, _NOTHING if trade.base_fee else trade.fee),
        )
        entries = [
            self.move(
                LedgerEntry(
                    ledger_id=new_id("L"),
                    account=self.name,
                    ref_id=trade.exec_id,
                    kind="trade",
                    asset=asset,
                    amount=amount,
                    fee=fee,
                    balance=_NOTHING,
                    time_us=trade.time_us,
                )
            )
            for asset, amount, fee in legs
        ]
        ids = tuple(entry.ledger_id for entry in entries)
        self.trades[trade.exec_id] = msgspec.structs.replace(trade, ledgers=ids)
        self._volume.append((trade.time_us, trade.cost))
        self._volume_sum += trade.cost
        return entries

    def volume(self, now_us: Micros) -> Decimal:
        """Return the traded USD of the last 30 days."""
        while self._volume and self._volume[0][0] <= now_us - FEE_WINDOW_FOR_US:
            self._volume_sum -= self._volume.popleft()[1]
        return self._volume_sum

    def tier(self, now_us: Micros) -> FeeTier:
        """Return the fees in force."""
        return fee_tier(self.volume(now_us))

    def find(
        self, *, txid: str | None, client_id: str | None, userref: int | None = None
    ) -> list[Order]:
        """Return the open orders that one of the ids names; REST's txid may be a userref."""
        if txid is not None:
            by_txid = self.open.get(txid)
            if by_txid is not None:
                return [by_txid]
            userref = int(txid) if txid.isdecimal() else None
        if client_id is not None:
            return [order for order in self.open.values() if order.draft.client_id == client_id]
        if userref is None:
            return []
        return [order for order in self.open.values() if order.draft.userref == userref]


def hold_of(order: Order, *, stops_hold: bool) -> tuple[Asset, Decimal]:
    """Return what an open order sets aside; a buy includes the highest fee it could cost."""
    pair = PAIRS[order.draft.symbol]
    if order.draft.side is Side.SELL:
        asset = pair.base.name
        if order.is_sleeping and not stops_hold:
            return asset, _NOTHING
        return asset, order.remaining
    asset = pair.quote.name
    price = order.trigger_price if order.limit_price is None else order.limit_price
    if price is None or (order.is_sleeping and not stops_hold):
        return asset, _NOTHING
    return asset, with_fee(order.remaining * price, pair.cost_step)


def with_fee(cost: Decimal, cost_step: Decimal) -> Decimal:
    """Return what buying for `cost` can take at most, rounded up."""
    return (cost * (1 + HIGHEST_FEE)).quantize(cost_step, ROUND_CEILING)


def total(entries: Iterable[LedgerEntry], asset: Asset) -> Decimal:
    """Return what a ledger sums up to; equals the balance at all times."""
    return sum((e.amount - e.fee for e in entries if e.asset == asset), _NOTHING)


def opening(
    name: str,
    balances: Mapping[Asset, Decimal],
    at_us: Micros,
    new_id: Callable[[str], str],
) -> Account:
    """Return a new account whose first ledger entries are deposits of `balances`."""
    account = Account(name)
    for asset, amount in sorted(balances.items()):
        account.move(
            LedgerEntry(
                ledger_id=new_id("L"),
                account=name,
                ref_id=new_id("F"),
                kind="deposit",
                asset=asset,
                amount=amount,
                fee=_NOTHING,
                balance=_NOTHING,
                time_us=at_us,
            )
        )
    return account
