"""What may a person decide that the engine must not decide alone?

Some differences last: coins moved as if an order in doubt had been executed and no list shows it;
an acknowledged order is nowhere; a trade belongs to nobody; the balances differ. The engine halts
and keeps what it knows. `plan` says what a person may make of it, after one look has taken in
everything that proves itself; the person orders exactly that plan by its id (SAFETY D8), and it is
carried out when two further looks still lead to it.
"""

import hashlib
from decimal import Decimal

from s1mpletrader.core.balance_reactions import differences, is_moving
from s1mpletrader.core.look_reactions import NOWHERE, sight, unexplained
from s1mpletrader.core.memory import Memory, PlanWish
from s1mpletrader.core.reconciliation import is_ripe
from s1mpletrader.core.turn import Turn
from s1mpletrader.model import records
from s1mpletrader.model.base import Value
from s1mpletrader.model.discrepancies import DiscrepancyKind as Kind
from s1mpletrader.model.ids import UNALLOCATED
from s1mpletrader.model.looks import Complete

ZERO = Decimal(0)
ID_LENGTH = 8


class Correction(Value, frozen=True):
    """One difference and what ordering its correction would write."""

    kind: Kind
    subject: str
    found: str
    action: str
    record: records.Record


class Plan(Value, frozen=True):
    """Everything that one look leaves to a person; empty: nothing."""

    corrections: tuple[Correction, ...] = ()

    @property
    def plan_id(self) -> str:
        """Name the plan by what it would do: another plan has another id; `` if empty."""
        if not self.corrections:
            return ""
        lines = (f"{c.kind}|{c.subject}|{c.found}|{c.action}" for c in self.corrections)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:ID_LENGTH]


def plan(turn: Turn, look: Complete) -> Plan:
    """Return what `look` leaves open, once the turn's books have taken it in.

    Balances come last: they say nothing while an order or a trade is unclear.
    """
    found = [*_doubtful(turn, look), *_strange(turn, look)]
    return Plan(tuple(found or _unbalanced(turn, look)))


def carry_out(turn: Turn, look: Complete, memory: Memory) -> None:
    """Write the plan that a person ordered, if two looks SP apart still lead to it."""
    wish = memory.plan_wish
    if wish is None or look.began_us < wish.since_us:
        return
    found = plan(turn, look)
    if found.plan_id != wish.plan_id:
        memory.plan_wish = None
        now = f"the plan is now {found.plan_id}" if found.plan_id else "nothing is left to correct"
        turn.record(records.PlanDecided(wish.plan_id, wish.by, applied=False, why=now))
        return
    memory.look_is_wanted = True
    if wish.seen_us is None:
        memory.plan_wish = PlanWish(wish.plan_id, wish.by, wish.why, wish.since_us, look.ended_us)
    elif look.began_us - wish.seen_us >= turn.rules.look_spacing_us:
        memory.plan_wish = None
        turn.record(records.PlanDecided(wish.plan_id, wish.by, applied=True, why=wish.why))
        for each in found.corrections:
            action = f"{each.action}, ordered by {wish.by}"
            turn.record(
                records.Discrepancy(each.kind, each.subject, each.found, "see the plan", action),
                each.record,
            )


def _doubtful(turn: Turn, look: Complete) -> list[Correction]:
    """Return own orders that the look shows nowhere although it is time."""
    found: list[Correction] = []
    for order in turn.books.live_orders():
        ripe = is_ripe(order, look.began_us, turn.books.run_us, turn.rules.visibility_us)
        if not ripe or sight(look, order) != NOWHERE:
            continue
        subject = f"{order.role} {order.client_id}"
        if order.is_in_doubt:
            record: records.Record = records.NotPlaced(order.client_id, "ordered by a person")
            found.append(
                Correction(Kind.NOT_PLACED, subject, "absent", "count as never placed", record)
            )
        elif order.final_volume is None:
            record = records.FinalVolume(order.client_id, order.executed, "operator")
            text = f"acknowledged as {order.txid} and absent, {order.executed} executed"
            found.append(
                Correction(Kind.MISSING, subject, text, "count as ended with that", record)
            )
    return found


def _strange(turn: Turn, look: Complete) -> list[Correction]:
    return [
        Correction(
            Kind.UNEXPLAINED_TRADE,
            fill.exec_id,
            f"{fill.side} {fill.qty} {fill.symbol} at {fill.price} of order {fill.txid}",
            "book to unallocated",
            records.ForeignFill(fill),
        )
        for fill in unexplained(turn, look)
        if look.began_us >= fill.time_us + turn.rules.visibility_us
    ]


def _unbalanced(turn: Turn, look: Complete) -> list[Correction]:
    balances = look.balances
    if balances is None or not balances.is_stable or is_moving(turn, look):
        return []
    return [
        Correction(
            Kind.BALANCE,
            asset,
            f"exchange {there}, books {here}",
            f"book {there - here:+} {asset} to unallocated",
            records.Booked(
                f"correction:{turn.stamp.number}:{asset}",
                UNALLOCATED,
                asset,
                there - here,
                "correction",
            ),
        )
        for asset, there, here in differences(turn, balances)
    ]
