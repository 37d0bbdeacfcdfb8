"""What would a look change, if it were taken in (`reconcile --dry-run`)?

The look goes through the very same decisions on a copy of books and memory; nothing of it is
written, sent or remembered.
"""

import copy
from typing import TypeVar

from s1mpletrader.core.books import Books
from s1mpletrader.core.corrections import Plan, plan
from s1mpletrader.core.ledger import StrategyLedger
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.reconciliation_result import ReconciliationResult, result_of_look
from s1mpletrader.core.trader import Trader
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.inputs import LookTaken, Stamp
from s1mpletrader.model.looks import Complete

T = TypeVar("T", Books, Memory)


class Rehearsal(Value, frozen=True):
    """What the engine would do by itself, and what it would leave to a person."""

    result: ReconciliationResult
    plan: Plan


def rehearse(trader: Trader, look: Complete) -> Rehearsal:
    """Return what `look` would lead to; the trader stays as it is."""
    twin = copy.copy(trader)
    twin.books = copied(trader.books)
    twin.memory = _shallow(trader.memory)
    before = trader.books.stamp
    now_us = Micros(max(before.protocol_us, look.ended_us))
    stamp = Stamp(before.number + 1, before.market_us, now_us)
    event = LookTaken(look)
    turn = twin.begin(stamp, event)
    result = result_of_look(look, turn.effects.records)
    return Rehearsal(result, plan(turn, look))


def copied(books: Books) -> Books:
    """Return books that change apart from `books`; the values in them never change."""
    twin = _shallow(books)
    twin.ledgers = {
        link: StrategyLedger(link, dict(ledger.amounts)) for link, ledger in books.ledgers.items()
    }
    return twin


def _shallow(thing: T) -> T:
    twin = copy.copy(thing)
    for name, value in vars(thing).items():
        if isinstance(value, dict | set):
            setattr(twin, name, value.copy())
    return twin
