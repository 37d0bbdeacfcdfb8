"""Which broken engines must a short chaos run turn red?

Each patches the real code of the engine's process (tests/chaos/hasty_engine.py). A sabotage that
stays unnoticed means that the faults are too kind, or that the judge does not ask.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from s1mpletrader.core import (
    balance_reactions,
    execution,
    look_reactions,
    order_reactions,
    protection,
    reconciliation,
)
from s1mpletrader.core.books import Books
from s1mpletrader.core.identity import OrderIdentity
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.orders import Order
from s1mpletrader.core.turn import Turn
from s1mpletrader.exchange.account_codec import Page
from s1mpletrader.exchange.account_reader import AccountReader
from s1mpletrader.exchange.frame_codec import Executions
from s1mpletrader.exchange.kraken_connector import KrakenConnector
from s1mpletrader.exchange.names import NameBook
from s1mpletrader.exchange.talks import PrivateTalk
from s1mpletrader.model import inputs
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.looks import Complete
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Side


def executions_gap_ignored() -> None:
    """Go on after a lost message of the executions stream."""

    def take(self: PrivateTalk, executions: Executions) -> None:
        for report in executions.reports:
            self._watch.reported(report.txid)
            self._inbox.put(self._merge.merge(report))

    PrivateTalk._take = take  # type: ignore[method-assign]


def balance_difference_ignored() -> None:
    """Find that all balances equal the books (against SAFETY D7)."""
    vars(balance_reactions)["differences"] = lambda _turn, _balances: []


def lock_per_link() -> None:
    """Let another link enter while an order on the instrument is in doubt (against O6)."""
    honest = execution.refuse_plan

    def refuse_plan(books: Books, plan: object, rules: object) -> tuple[str, str] | None:
        link = getattr(plan, "link", None)

        class OwnBooks(Books):
            def is_locked(self, symbol: Symbol) -> bool:
                return any(
                    order.is_in_doubt
                    and order.intent.order.symbol == symbol
                    and order.intent.link == link
                    for order in self.live_orders()
                )

        own = OwnBooks()
        vars(own).update(vars(books))
        return honest(own, plan, rules)  # type: ignore[arg-type]

    vars(execution)["refuse_plan"] = refuse_plan


def fees_ignored_by_stops() -> None:
    """Take the sum of the fills for what is held (against O8)."""

    def holding(orders: Iterable[Order], instrument: Instrument) -> Decimal:
        del instrument
        fills = (fill for order in orders for fill in order.fills)
        return sum((f.qty if f.side is Side.BUY else -f.qty for f in fills), Decimal(0))

    vars(protection)["holding"] = holding


def closed_before_open() -> None:
    """Read the closed orders first: what closes meanwhile is in no list (against D1)."""

    async def lists(
        self: KrakenConnector, connection: int, since_us: Micros, names: NameBook
    ) -> Complete:
        began_us = self._protocol.now_us()
        closed_rows = await self._account.closed_orders(since_us, names)
        open_rows = await self._account.open_orders(names)
        trades = await self._account.trades(since_us, names)
        return Complete(
            connection=connection,
            began_us=began_us,
            ended_us=self._protocol.now_us(),
            since_us=since_us,
            open=open_rows,
            closed=closed_rows,
            trades=trades,
        )

    KrakenConnector._lists = lists  # type: ignore[method-assign]


def first_page_only() -> None:
    """Take the first page for the whole list (against D1)."""

    async def first(
        self: AccountReader,
        call: str,
        params: Mapping[str, str],
        read: Callable[[msgspec.Raw], Page[object]],
        key: object,
    ) -> tuple[object, ...]:
        del key
        return read(await self._rest.private(call, {**params, "ofs": "0"})).rows

    AccountReader._all = first  # type: ignore[method-assign, assignment]


def quantities_by_status_word() -> None:
    """Take `filled` for the whole quantity and `canceled` for none (against O5)."""
    honest = order_reactions.take_event

    def take_event(
        turn: Turn, event: inputs.OrderEvent, memory: Memory, maker: OrderIdentity
    ) -> None:
        order = turn.books.find(event.client_id, event.txid)
        if order is not None and event.kind == "closed":
            is_cancelled = bool(event.reason)
            event = replace(event, vol_exec=Decimal(0) if is_cancelled else order.qty)
        honest(turn, event, memory, maker)

    vars(order_reactions)["take_event"] = take_event


def absence_believed_early() -> None:
    """Call an order not placed before its deadline + G (against D2)."""
    honest = reconciliation.is_ripe

    def is_ripe(order: Order, began_us: Micros, run_us: Micros, visibility_us: Micros) -> bool:
        if order.is_in_doubt:
            return began_us >= order.intended_us + visibility_us
        return honest(order, began_us, run_us, visibility_us)

    vars(look_reactions)["is_ripe"] = is_ripe


@dataclass(frozen=True)
class Sabotage:
    """A broken engine, the faults that show it, and how the judge says it."""

    patch: Callable[[], None]
    kinds: tuple[str, ...]
    marks: tuple[str, ...]
    patience: Mapping[str, float] = field(default_factory=dict)
    """Numbers of the protocol in which it shows best."""
    arguments: Mapping[str, float] = field(default_factory=dict)
    """Of the faults, instead of those drawn."""


SABOTAGES: Mapping[str, Sabotage] = {
    each.patch.__name__: each
    for each in (
        Sabotage(executions_gap_ignored, ("messages lost in a row",), ("unnoticed:",)),
        Sabotage(balance_difference_ignored, ("money from nowhere",), ("unnoticed:",)),
        Sabotage(lock_per_link, ("request delayed", "answer too late"), ("despite doubt:",)),
        Sabotage(fees_ignored_by_stops, ("fee in base",), ("on sale", "cover", "halt:")),
        Sabotage(closed_before_open, ("slow looks",), ("look:",)),
        Sabotage(first_page_only, ("pages cut short",), ("look:",)),
        Sabotage(quantities_by_status_word, ("partial fill",), ("rest:",)),
        Sabotage(
            absence_believed_early,
            ("dropped with an order in flight",),
            ("halt: contradiction", "verdict:"),
            {"deadline_s": 3.0},
            {"delay_s": 2.5},
        ),
    )
}
