"""Which rule is each there for? Each sabotage breaks one, and something bad must follow.

A sabotage replaces functions of the engine, changes a number of its rules, or breaks what lives in
its shell or in the exchange (`shell`). Those that nothing catches are listed with the reason.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from s1mpletrader.core import (
    execution,
    look_reactions,
    order_reactions,
    world_reactions,
)
from s1mpletrader.core import (
    exit as exit_machine,
)
from s1mpletrader.core.books import Books
from s1mpletrader.core.memory import Memory
from s1mpletrader.core.orders import Order
from s1mpletrader.model.orders import OrderStatus
from tests.model import fence, patches

Patch = tuple[Any, str, Any]
"""Where, which name, and what it is replaced by."""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """One broken rule, the scenarios to try in turn, and what must be found."""

    name: str
    scenarios: str
    patches: tuple[Patch, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)
    only: str = ""
    """Count only violations that begin so."""
    why_not_caught: str = ""

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Break the rule while the context lasts."""
        with ExitStack() as stack:
            for target, name, value in self.patches:
                stack.enter_context(mock.patch.object(target, name, value))
            yield


_LOOKS, _WORLD, _ANSWERS = look_reactions, world_reactions, order_reactions
_DOORLESS = (execution, "_depended_on", patches.depends_on_nothing)

SABOTAGES = (
    Sabotage("no R2 (single look)", "S1b S5a", ((_LOOKS, "recount", patches.one_look),)),
    Sabotage("SP = 0", "S5a S1b", changes={"SP": 0}),
    Sabotage("SP = 0 (wrong verdicts only)", "S5a", changes={"SP": 0}, only="P3"),
    Sabotage("SP = V_closed - 1 (wrong verdicts only)", "S5a", changes={"SP": 1}, only="P3"),
    Sabotage("SP = V_closed - 1", "S5a S5b", changes={"SP": 1}),
    Sabotage("G = 0", "S5a S1b S5c", ((Order, "ripe_us", property(patches.no_grace)),)),
    Sabotage("G = V_open - 1", "S5a S5c", changes={"G": 1}),
    Sabotage(
        "no wait for the deadline at all",
        "S1b S5e",
        ((_LOOKS, "is_ripe", patches.ripe_for(OrderStatus.INTENT, OrderStatus.UNKNOWN)),),
    ),
    Sabotage("clock ahead by 1, G = V_open", "S5d", changes={"G": 1}),
    Sabotage(
        "R1: partial read taken for a complete one", "S5e S1b S3", changes={"shell": ("partial",)}
    ),
    Sabotage(
        "R1: order T, C, O (with R2)",
        "S5e S5c",
        changes={"shell": ("reversed",)},
        why_not_caught="two ripe looks suffice in any order of reading; one look needs it (below)",
    ),
    Sabotage(
        "one look, no lag, right order (wrong verdicts only)",
        "S5e",
        ((_LOOKS, "recount", patches.one_look),),
        only="P3",
        why_not_caught="read in the right order even single looks are right where no list lags",
    ),
    Sabotage(
        "one look, no lag, order T, C, O (wrong verdicts only)",
        "S5e",
        ((_LOOKS, "recount", patches.one_look),),
        {"shell": ("reversed",)},
        only="P3",
    ),
    Sabotage("R3 dropped", "S3", ((_WORLD, "_take_connection", patches.keeps_gate),)),
    Sabotage("R3 without V", "S3 S1a", ((_WORLD, "take_look_result", patches.visible_at_once),)),
    Sabotage(
        "R3 with V = V_closed < V_open",
        "S5c",
        changes={"V": 1, "drops": 1, "expires": False},
        why_not_caught="the trades list betrays the missed fill while the open list lags",
    ),
    Sabotage("R3 with V = V_open < V_closed", "S5b", changes={"V": 0, "drops": 1}),
    Sabotage("R4 dropped (stale ledger)", "S2 S3 S5a", changes={"shell": ("stale",)}),
    Sabotage(
        "CLOSED on cancel ack", "S2", ((_ANSWERS, "react", patches.reacts(done=patches.close)),)
    ),
    Sabotage(
        '"unknown order" on cancel = NOT_PLACED',
        "S2",
        ((_ANSWERS, "react", patches.reacts(unknown=patches.deny)),),
    ),
    Sabotage(
        "CLOSED before all fills are booked", "S5a S2", ((Order, "settled", patches.closed_early),)
    ),
    Sabotage(
        "open seen beats closed seen", "S5c S5a", ((_LOOKS, "judge", patches.open_beats_closed),)
    ),
    Sabotage(
        "closed order: a look begun before it closed counts",
        "S3",
        ((_LOOKS, "is_ripe", patches.ripe_for(OrderStatus.CLOSED)),),
    ),
    Sabotage(
        "acked order: absence counts at once",
        "S5a S3",
        ((_LOOKS, "is_ripe", patches.ripe_for(OrderStatus.ACKED)),),
    ),
    Sabotage(
        "unexplained trade: alert counts at once",
        "S5a S1b",
        ((_LOOKS, "_count_strange", patches.alarm_any),),
    ),
    Sabotage(
        "unexplained trade: alert on one look",
        "S1b",
        ((_LOOKS, "_count_strange", patches.alarm_first),),
    ),
    Sabotage(
        "unexplained trade: counted per symbol, not per trade",
        "S7a",
        ((_LOOKS, "_count_strange", patches.per_symbol),),
    ),
    Sabotage(
        "resend on UNKNOWN",
        "S1a",
        (
            (Books, "is_locked", patches.no_doubt),
            (Books, "open_trade", patches.no_trade),
            _DOORLESS,
        ),
    ),
    Sabotage("journal after send", "S1a", changes={"shell": ("send_first",)}),
    Sabotage(
        "journal after send (doubled orders only)",
        "S1a",
        changes={"shell": ("send_first",)},
        only="P1",
    ),
    Sabotage(
        "exchange accepts after the deadline (assumption)",
        "S1b",
        changes={"shell": ("late_accept",)},
    ),
    Sabotage(
        "unexplained trade attributed by guess",
        "S4b S4a",
        ((_LOOKS, "sight", patches.guessed),),
    ),
    Sabotage(
        "unexplained trade attributed by guess, two links",
        "S7a",
        ((_LOOKS, "sight", patches.guessed),),
    ),
    Sabotage(
        "NOT_PLACED in spite of an unexplained trade",
        "S5a",
        ((_LOOKS, "judge", patches.blind_to_strangers),),
        only="P3",
        why_not_caught="two ripe looks exclude it; it is what is left when a bound is wrong",
    ),
    Sabotage(
        "resume close-all without confirming",
        "S6a",
        ((exit_machine, "_finish_first", patches.nothing_first), _DOORLESS),
    ),
    Sabotage(
        "close with UNKNOWN outstanding",
        "S6a",
        ((exit_machine, "_finish_first", patches.doubt_is_nothing), _DOORLESS),
    ),
    Sabotage(
        "close-all sells the free balance",
        "S6a",
        ((exit_machine, "next_step", patches.sells_what_is_free),),
    ),
    Sabotage(
        "link sells the free balance",
        "S7b",
        ((exit_machine, "next_step", patches.sells_what_is_free),),
    ),
    Sabotage(
        "no epoch",
        "S8a",
        ((fence, "next_epoch", patches.no_epoch),),
        {"shell": ("clock_nonce",)},
    ),
    Sabotage("nonce not epoch-prefixed", "S8a", changes={"shell": ("clock_nonce",)}),
    Sabotage('"invalid nonce" answered by a higher counter', "S8a", changes={"shell": ("resync",)}),
    Sabotage(
        "own tag with a higher epoch ignored",
        "S8a S8b",
        ((_ANSWERS, "meet_stranger", patches.meets_nobody),),
        why_not_caught="nonce and lease fence already; the tag only stops the older copy earlier",
    ),
    Sabotage("orders by WebSocket, no lease", "S8b", changes={"shell": ("no_lease",)}),
    Sabotage(
        "lease, but the newcomer does not wait",
        "S8b",
        ((_WORLD, "newcomer_wait_us", patches.waits()),),
    ),
    Sabotage(
        "lease, the newcomer waits L only",
        "S8b",
        ((_WORLD, "newcomer_wait_us", patches.waits("lease_us")),),
    ),
    Sabotage(
        "lease, the newcomer's wait counts from the sending of its first call",
        "S8b",
        ((_WORLD, "_take_lease", patches.from_sending),),
    ),
    Sabotage(
        "lease, the newcomer sells without renewing it after the wait",
        "S8d",
        ((Memory, "may_order", patches.no_renewal),),
    ),
    Sabotage(
        "a restart on the spot skips the wait its run before had not finished",
        "S8d",
        (
            (
                _WORLD,
                "newcomer_wait_us",
                patches.spares(lambda before, now, rules: now < before.leased_us + rules.lease_us),
            ),
        ),
    ),
    Sabotage(
        "a restart on the spot skips the wait after its lease ran out",
        "S8d",
        (
            (
                _WORLD,
                "newcomer_wait_us",
                patches.spares(lambda before, now, rules: before.agreed_us >= before.started_us),  # noqa: ARG005
            ),
        ),
    ),
)
